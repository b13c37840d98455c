import type { Denoise, SamplerStep } from "./denoise.js";
import type { NoiseSource } from "./noise.js";
import type { Schedule } from "./schedule.js";
import type { DiffusionState } from "./state.js";
import { wrap } from "./state.js";

export interface FastSamplerOptions {
  /** Evaluations of the denoiser. */
  readonly steps?: number;
  /** 0: deterministic (DDIM); 1: as noisy as the ancestral sampler. */
  readonly eta?: number;
  /** First time index; by default the last one where alpha_bar is above 1e-4 (beyond, errors are multiplied by 1/sqrt(ab)). */
  readonly startTime?: number;
  /** Largest length of a predicted clean lattice row, in the state's units. */
  readonly latticeBound?: number;
}

/**
 * Strided sampler: one evaluation a step, tens of steps. Types and lattice take generalised DDIM steps (Song et al.,
 * arXiv:2010.02502, eq. 12); the coordinates its counterpart for variance-exploding noise, where the clean estimate
 * x_0 = x - sigma^2 score lies on the torus's cover, so only the result is wrapped. With eta = 1 and every t visited it
 * is the reference's predictor.
 */
export async function* fastSampler(
  denoise: Denoise,
  start: DiffusionState,
  schedule: Schedule,
  noise: NoiseSource,
  options: FastSamplerOptions = {},
): AsyncGenerator<SamplerStep, DiffusionState> {
  const { steps = 100, eta = 1, startTime = firstUsefulTime(schedule), latticeBound = Infinity } = options;
  const times = stride(startTime, steps);
  let state = start;
  for (let i = 0; i + 1 < times.length; i++) {
    const [t, next] = [times[i], times[i + 1]];
    const estimate = await denoise(state, t);
    const z = (field: "types" | "fracCoords" | "lattice"): Float32Array | null =>
      next > 0 && eta > 0 ? noise(field, t, "predictor") : null;
    state = {
      ...state,
      types: ddim(
        state.types,
        cleanTypes(state.types, estimate.types, t, schedule),
        t,
        next,
        eta,
        schedule,
        z("types"),
      ),
      lattice: ddim(
        state.lattice,
        cleanLattice(state.lattice, estimate.lattice, t, schedule, latticeBound),
        t,
        next,
        eta,
        schedule,
        z("lattice"),
      ),
      fracCoords: reverseVe(state.fracCoords, estimate.fracCoords, t, next, eta, schedule, z("fracCoords")),
    };
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

/** Decreasing time indices from `startTime` to 0, as evenly as integers allow. */
export function stride(startTime: number, steps: number): number[] {
  const count = Math.min(steps, startTime);
  return Array.from({ length: count + 1 }, (_, i) => Math.round((startTime * (count - i)) / count));
}

/** x' = sqrt(ab') x0 + sqrt(1 - ab' - s^2) eps + s z with eps recomputed from the bounded x0. */
function ddim(
  x: Float32Array,
  clean: Float32Array,
  t: number,
  next: number,
  eta: number,
  { alphasCumprod }: Schedule,
  z: Float32Array | null,
): Float32Array {
  const [ab, abNext] = [alphasCumprod[t], alphasCumprod[next]];
  const s = eta * Math.sqrt(((1 - abNext) / (1 - ab)) * (1 - ab / abNext));
  const keep = Math.sqrt(Math.max(0, 1 - abNext - s * s) / (1 - ab));
  return x.map(
    (value, i) => Math.sqrt(abNext) * clean[i] + keep * (value - Math.sqrt(ab) * clean[i]) + (z ? s * z[i] : 0),
  );
}

function reverseVe(
  x: Float32Array,
  score: Float32Array,
  t: number,
  next: number,
  eta: number,
  schedule: Schedule,
  z: Float32Array | null,
): Float32Array {
  const variance = schedule.coordSigmas[t] ** 2;
  const nextVariance = schedule.coordSigmas[next] ** 2;
  const s2 = (eta * eta * nextVariance * (variance - nextVariance)) / variance;
  // x - x0 = sigma^2 score; the step keeps the fraction sqrt(sigma'^2 - s^2) / sigma of it.
  const drift = (1 - Math.sqrt((nextVariance - s2) / variance)) * variance * Math.sqrt(schedule.scoreNorms[t]);
  return x.map((value, i) => wrap(value - drift * score[i] + (z ? Math.sqrt(s2) * z[i] : 0)));
}

/** Clean estimate (x_t - sqrt(1 - ab) eps) / sqrt(ab). */
export function cleanEstimate(
  x: Float32Array,
  eps: Float32Array,
  t: number,
  { alphasCumprod }: Schedule,
): Float32Array {
  const [signal, spread] = [Math.sqrt(alphasCumprod[t]), Math.sqrt(1 - alphasCumprod[t])];
  return x.map((value, i) => (value - spread * eps[i]) / signal);
}

/** A one-hot vector has no entry outside [0, 1]. */
function cleanTypes(x: Float32Array, eps: Float32Array, t: number, schedule: Schedule): Float32Array {
  return cleanEstimate(x, eps, t, schedule).map((value) => Math.min(1, Math.max(0, value)));
}

/** Shrinks the crystals whose predicted clean lattice has a row beyond the bound; a scalar keeps the rotation law. */
function cleanLattice(x: Float32Array, eps: Float32Array, t: number, schedule: Schedule, bound: number): Float32Array {
  const clean = cleanEstimate(x, eps, t, schedule);
  for (let at = 0; at < clean.length; at += 9) {
    const longest = Math.max(
      ...[0, 3, 6].map((row) => Math.hypot(clean[at + row], clean[at + row + 1], clean[at + row + 2])),
    );
    if (longest > bound) for (let i = at; i < at + 9; i++) clean[i] *= bound / longest;
  }
  return clean;
}
