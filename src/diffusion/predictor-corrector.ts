import type { Denoise, SamplerStep } from "./denoise.js";
import type { NoiseSource } from "./noise.js";
import type { Schedule } from "./schedule.js";
import type { DiffusionState, Fields } from "./state.js";
import { fieldRecord, wrap, zeroFields } from "./state.js";

/** What the predictor step sees: the state after the corrector, or before it. */
export type PredictorInput = "corrected" | "uncorrected";

/** Noise of the predictor by field, and the corrector's of the coordinates. */
export type CorrectorNoise = Fields & { readonly corrector: Float32Array };

/** Settings of the predictor-corrector sampler. */
export interface PredictorCorrectorOptions {
  /** Step size of the Langevin corrector at the smallest sigma. */
  readonly correctorStepSize?: number;
  /**
   * What the predictor knows of the coordinates: `corrected` evaluates again at the corrected ones; `uncorrected` uses
   * the corrector's evaluation again (the reference's unmasked sampler), at half the cost.
   */
  readonly predictorInput?: PredictorInput;
  /** First time index; T if absent. A warm start begins lower. */
  readonly startTime?: number;
}

/**
 * The reference's sampler: at each t a Langevin corrector of the coordinates, then an ancestral step of all fields
 * (DDPM for types and lattice, reverse VE for the coordinates; Song et al. 2021, DOSMatGen).
 */
export async function* predictorCorrector(
  denoise: Denoise,
  start: DiffusionState,
  schedule: Schedule,
  noise: NoiseSource,
  options: PredictorCorrectorOptions = {},
): AsyncGenerator<SamplerStep, DiffusionState> {
  const { correctorStepSize = 1e-5, predictorInput = "corrected", startTime = schedule.timesteps } = options;
  const nothing = zeroFields(start);
  let state = start;
  for (let t = startTime; t >= 1; t--) {
    const factors = stepFactors(t, schedule, correctorStepSize);
    const z = {
      ...fieldRecord((field) => (t > 1 ? noise(field, t, "predictor") : nothing[field])),
      corrector: t > 1 ? noise("fracCoords", t, "corrector") : nothing.fracCoords,
    };
    const fields = denoise.fused
      ? await denoise.fused.predictorCorrector(state, t, z, factors, predictorInput)
      : await correctAndPredict(denoise, state, t, z, factors, predictorInput);
    state = { ...state, ...fields };
    yield { t, step: startTime - t + 1, stepCount: startTime, state };
  }
  return state;
}

/** The numbers of the step at one time index. */
export interface PredictorCorrectorFactors {
  /** Corrector: x - correctorDrift score + correctorSpread z. Not wrapped: only the predictor wraps. */
  readonly correctorDrift: number;
  readonly correctorSpread: number;
  /** Reverse VE: x - coordDrift score + coordSpread z. */
  readonly coordDrift: number;
  readonly coordSpread: number;
  /** DDPM: scale (v - pull eps) + spread z. */
  readonly scale: number;
  readonly pull: number;
  readonly spread: number;
}

/** Corrector: s = correctorStepSize (sigma_t / sigma_1)^2, drift s sqrt(lambda), spread sqrt(2 s). */
function stepFactors(
  t: number,
  { coordSigmas, scoreNorms, alphas, alphasCumprod, sigmas }: Schedule,
  correctorStepSize: number,
): PredictorCorrectorFactors {
  const s = correctorStepSize * (coordSigmas[t] / coordSigmas[1]) ** 2;
  const [variance, next] = [coordSigmas[t] ** 2, coordSigmas[t - 1] ** 2];
  return {
    correctorDrift: s * Math.sqrt(scoreNorms[t]),
    correctorSpread: Math.sqrt(2 * s),
    coordDrift: (variance - next) * Math.sqrt(scoreNorms[t]),
    coordSpread: Math.sqrt((next * (variance - next)) / variance),
    scale: 1 / Math.sqrt(alphas[t]),
    pull: (1 - alphas[t]) / Math.sqrt(1 - alphasCumprod[t]),
    spread: sigmas[t],
  };
}

/** The step on the host; `FusedSteps.predictorCorrector` is the same inside a program. */
async function correctAndPredict(
  denoise: Denoise,
  state: DiffusionState,
  t: number,
  z: CorrectorNoise,
  f: PredictorCorrectorFactors,
  predictorInput: PredictorInput,
): Promise<Fields> {
  const first = await denoise(state, t);
  const fracCoords = state.fracCoords.map(
    (x, i) => x - f.correctorDrift * first.fracCoords[i] + f.correctorSpread * z.corrector[i],
  );
  const second = predictorInput === "corrected" ? await denoise({ ...state, fracCoords }, t) : first;
  const ancestral = (v: Float32Array, eps: Float32Array, fresh: Float32Array): Float32Array =>
    v.map((value, i) => f.scale * (value - f.pull * eps[i]) + f.spread * fresh[i]);
  return {
    fracCoords: fracCoords.map((x, i) =>
      wrap(x - f.coordDrift * second.fracCoords[i] + f.coordSpread * z.fracCoords[i]),
    ),
    types: ancestral(state.types, second.types, z.types),
    lattice: ancestral(state.lattice, second.lattice, z.lattice),
  };
}
