import type { Tensor } from "@tensorflow/tfjs";
import type { Sampler, StepTimes } from "./sampler.js";
import type { Schedule } from "./schedule.js";

/** Settings of the predictor-corrector sampler. */
export interface PredictorCorrectorOptions {
  /** Step size of the Langevin corrector at the smallest sigma. Default 1e-5. */
  readonly correctorStepSize?: number;
  /**
   * What the predictor knows of the coordinates: `corrected`, the default, evaluates again at the corrected ones;
   * `uncorrected` uses the corrector's evaluation again (the reference's unmasked sampler), at half the cost.
   */
  readonly predictorInput?: "corrected" | "uncorrected";
}

/** The numbers of the step at one time index; d is the displacement to the clean coordinates, -sigma^2 score. */
export type PredictorCorrectorFactor =
  /** Corrector: x + correctorMove d + correctorSpread z. */
  | ("correctorMove" | "correctorSpread")
  /** Reverse VE: x + coordMove d + coordSpread z. */
  | ("coordMove" | "coordSpread")
  /** DDPM posterior: clean x0 + keep x + spread z. */
  | ("clean" | "keep" | "spread");

/**
 * The reference's sampler: at each t a Langevin corrector of the coordinates, then an ancestral step of all fields
 * (DDPM for types and lattice, reverse VE for the coordinates; Song et al. 2021, DOSMatGen).
 */
export function predictorCorrector(options: PredictorCorrectorOptions = {}): Sampler<PredictorCorrectorFactor> {
  const { correctorStepSize = 1e-5, predictorInput = "corrected" } = options;
  return {
    name: `predictor-corrector (${predictorInput})`,
    times: (_schedule, startTime) => Array.from({ length: startTime + 1 }, (_, i) => startTime - i),
    factors: (times, schedule) => stepFactors(times, schedule, correctorStepSize),
    draws: {
      corrector: { fracCoords: "correctorSpread" },
      predictor: { types: "spread", lattice: "spread", fracCoords: "coordSpread" },
    },
    step({ x, denoise, f, noise: { corrector, predictor } }) {
      const first = denoise(x);
      const corrected = x.fracCoords.add(first.fracCoords.mul(f.correctorMove)).add(corrector.fracCoords);
      const denoised = predictorInput === "corrected" ? denoise({ ...x, fracCoords: corrected }) : first;
      const ancestral = (field: "types" | "lattice"): Tensor =>
        denoised[field].mul(f.clean).add(x[field].mul(f.keep)).add(predictor[field]);
      const fracCoords = corrected.add(denoised.fracCoords.mul(f.coordMove)).add(predictor.fracCoords);
      return {
        x: { types: ancestral("types"), lattice: ancestral("lattice"), fracCoords },
        // Seen from where the step began.
        denoised: { ...denoised, fracCoords: denoised.fracCoords.add(corrected).sub(x.fracCoords) },
      };
    },
  };
}

/** Corrector: a step s = size (sigma_t / sigma_1)^2 against the score, with noise sqrt(2 s); none in the last step. */
function stepFactors(
  { t, next }: StepTimes,
  { coordSigmas, alphas, alphasCumprod, sigmas }: Schedule,
  size: number,
): Record<PredictorCorrectorFactor, number> {
  const s = size * (coordSigmas[t] / coordSigmas[1]) ** 2;
  const [variance, nextVariance] = [coordSigmas[t] ** 2, coordSigmas[next] ** 2];
  const [ab, abNext] = [alphasCumprod[t], alphasCumprod[next]];
  return {
    correctorMove: s / variance,
    correctorSpread: next > 0 ? Math.sqrt(2 * s) : 0,
    coordMove: 1 - nextVariance / variance,
    coordSpread: Math.sqrt((nextVariance * (variance - nextVariance)) / variance),
    clean: (Math.sqrt(abNext) * (1 - alphas[t])) / (1 - ab),
    keep: (Math.sqrt(alphas[t]) * (1 - abNext)) / (1 - ab),
    spread: sigmas[t],
  };
}
