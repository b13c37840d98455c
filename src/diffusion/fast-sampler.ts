import type { Denoise, SamplerStep } from "./denoise.js";
import { fastFactors, fastStep, type Estimate } from "./fast-step.js";
import type { NoiseSource } from "./noise.js";
import type { Schedule } from "./schedule.js";
import type { DiffusionState, Field } from "./state.js";
import { fieldRecord, zeroFields } from "./state.js";

/** Settings of the fast sampler. */
export interface FastSamplerOptions {
  /** Evaluations of the denoiser. Default 100. */
  readonly steps?: number;
  /** Noise of types and lattice, 0: none (DDIM); 1, the default: as much as the ancestral sampler's. */
  readonly eta?: number;
  /**
   * The same for the coordinates; above 1 their noise is renewed faster than its level falls. `"all"`, the default unless
   * `eta` is 0: every step draws all of it anew, which makes crystals more regular (as correctors do) and fewer different ones.
   */
  readonly coordEta?: number | "all";
  /** 1: each step believes the last evaluation; 2, the default: it extrapolates the last two (multistep). */
  readonly order?: 1 | 2;
  /** Time indices go down like (1 - i / steps)^spacing; above 1 they lie denser where the noise is low. Default 1. */
  readonly spacing?: number;
  /** First time index; by default the last one where alpha_bar is above 1e-4 (beyond, errors are multiplied by 1/sqrt(ab)). */
  readonly startTime?: number;
  /** Largest length of a predicted clean lattice row, in the state's units. */
  readonly latticeBound?: number;
}

/**
 * Strided sampler: one evaluation a step, tens of steps. Every field moves by an exponential integrator, exact while the
 * estimate of the clean crystal stays the same: generalised DDIM steps for types and lattice (Song et al.,
 * arXiv:2010.02502, eq. 12), their counterpart for variance-exploding noise for the coordinates, where the clean estimate
 * x_0 = x - sigma^2 score lies on the torus's cover, so only the result is wrapped. Order 2 extrapolates the clean
 * estimates in the logarithm of signal over noise (DPM-Solver++ 2M, Lu et al., arXiv:2211.01095; with eta 1 its SDE
 * variant). With order 1, both etas 1 and every t visited it is the reference's predictor.
 */
export async function* fastSampler(
  denoise: Denoise,
  start: DiffusionState,
  schedule: Schedule,
  noise: NoiseSource,
  options: FastSamplerOptions = {},
): AsyncGenerator<SamplerStep, DiffusionState> {
  const { steps = 100, eta = 1, coordEta = eta > 0 ? "all" : 0, order = 2, spacing = 1 } = options;
  const { startTime = firstUsefulTime(schedule), latticeBound = Infinity } = options;
  const times = stride(startTime, steps, spacing);
  const nothing = zeroFields(start);
  let state = start;
  let before: Estimate = nothing;
  for (let i = 0; i + 1 < times.length; i++) {
    const [last, t, next] = [order === 2 ? times[i - 1] : undefined, times[i], times[i + 1]];
    const factors = fastFactors(last, t, next, schedule, { eta, coordEta, latticeBound });
    const noisy = (field: Field): boolean => next > 0 && (field === "fracCoords" ? coordEta : eta) !== 0;
    const z = fieldRecord((field) => (noisy(field) ? noise(field, t, "predictor") : nothing[field]));
    const made = denoise.fused
      ? await denoise.fused.fast(state, t, before, z, factors)
      : fastStep(state, await denoise(state, t), before, z, factors);
    state = { ...state, ...made.state };
    before = made.estimate;
    yield { t, step: i + 1, stepCount: times.length - 1, state };
  }
  return state;
}

/** Largest t whose alpha_bar is above 1e-4. */
export function firstUsefulTime({ timesteps, alphasCumprod }: Schedule): number {
  let t = timesteps;
  while (t > 1 && alphasCumprod[t] < 1e-4) t--;
  return t;
}

/** Decreasing time indices from `startTime` to 0; each is used once, so there may be fewer than `steps`. */
export function stride(startTime: number, steps: number, spacing = 1): number[] {
  const count = Math.min(steps, startTime);
  const times = Array.from({ length: count + 1 }, (_, i) => Math.round(startTime * ((count - i) / count) ** spacing));
  return [...new Set(times)];
}
