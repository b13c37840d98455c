import type { Denoise, SamplerStep } from "./denoise.js";
import type { NoiseSource } from "./noise.js";
import type { Schedule } from "./schedule.js";
import type { DiffusionState } from "./state.js";
import { wrap } from "./state.js";

export interface PredictorCorrectorOptions {
  /** Step size of the Langevin corrector at the smallest sigma. */
  readonly stepLr?: number;
  /**
   * What the predictor knows of the coordinates: `corrected` evaluates again at the corrected ones; `uncorrected` uses
   * the corrector's evaluation again (the reference's unmasked sampler), at half the cost.
   */
  readonly predictorInput?: "corrected" | "uncorrected";
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
  const { stepLr = 1e-5, predictorInput = "corrected", startTime = schedule.timesteps } = options;
  let state = start;
  for (let t = startTime; t >= 1; t--) {
    const first = await denoise(state, t);
    const corrected = { ...state, fracCoords: correct(state.fracCoords, first.fracCoords, t, schedule, noise, stepLr) };
    const second = predictorInput === "corrected" ? await denoise(corrected, t) : first;
    state = {
      ...corrected,
      fracCoords: reverseVe(corrected.fracCoords, second.fracCoords, t, schedule, noise),
      types: ancestral(state.types, second.types, t, schedule, t > 1 ? noise("types", t, "predictor") : null),
      lattice: ancestral(state.lattice, second.lattice, t, schedule, t > 1 ? noise("lattice", t, "predictor") : null),
    };
    yield { t, step: startTime - t + 1, stepCount: startTime, state };
  }
  return state;
}

/** x - s score sqrt(lambda) + sqrt(2 s) z, s = stepLr (sigma_t / sigma_1)^2. Not wrapped: only the predictor wraps. */
function correct(
  x: Float32Array,
  score: Float32Array,
  t: number,
  schedule: Schedule,
  noise: NoiseSource,
  stepLr: number,
): Float32Array {
  const s = stepLr * (schedule.coordSigmas[t] / schedule.coordSigmas[1]) ** 2;
  const drift = s * Math.sqrt(schedule.scoreNorms[t]);
  const spread = Math.sqrt(2 * s);
  const z = t > 1 ? noise("fracCoords", t, "corrector") : null;
  return x.map((value, i) => value - drift * score[i] + (z ? spread * z[i] : 0));
}

function reverseVe(
  x: Float32Array,
  score: Float32Array,
  t: number,
  schedule: Schedule,
  noise: NoiseSource,
): Float32Array {
  const variance = schedule.coordSigmas[t] ** 2;
  const next = schedule.coordSigmas[t - 1] ** 2;
  const drift = (variance - next) * Math.sqrt(schedule.scoreNorms[t]);
  const spread = Math.sqrt((next * (variance - next)) / variance);
  const z = t > 1 ? noise("fracCoords", t, "predictor") : null;
  return x.map((value, i) => wrap(value - drift * score[i] + (z ? spread * z[i] : 0)));
}

/** DDPM: (v - (1 - alpha) / sqrt(1 - ab) eps) / sqrt(alpha) + sigma_t z. */
function ancestral(
  v: Float32Array,
  eps: Float32Array,
  t: number,
  schedule: Schedule,
  z: Float32Array | null,
): Float32Array {
  const scale = 1 / Math.sqrt(schedule.alphas[t]);
  const pull = (1 - schedule.alphas[t]) / Math.sqrt(1 - schedule.alphasCumprod[t]);
  const spread = schedule.sigmas[t];
  return v.map((value, i) => scale * (value - pull * eps[i]) + (z ? spread * z[i] : 0));
}
