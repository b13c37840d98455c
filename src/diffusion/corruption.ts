import type { Schedule } from "./schedule.js";
import type { DiffusionState, Fields } from "./state.js";
import { wrap } from "./state.js";
import { wrappedNormalScore } from "./wrapped-normal.js";

/** A corrupted block and what a perfect denoiser would say of it. */
export interface Corrupted {
  readonly state: DiffusionState;
  /** Noise of types and lattice, coordinate score over sqrt(lambda). */
  readonly targets: Fields;
}

/**
 * Forward process q(x_t | x_0) of the three fields.
 * @param clean one-hot types, coordinates in [0, 1), lattice
 * @param times [B], time index of each crystal, 1..T
 * @param noise standard normal numbers shaped as the fields
 */
export function corrupt(clean: DiffusionState, schedule: Schedule, times: ArrayLike<number>, noise: Fields): Corrupted {
  const state = {
    ...clean,
    types: diffuse(clean.types, noise.types, schedule, times),
    lattice: diffuse(clean.lattice, noise.lattice, schedule, times),
    fracCoords: clean.fracCoords.slice(),
  };
  const scores = new Float32Array(clean.fracCoords.length);
  const perCrystal = clean.atomsPerCrystal * 3;
  for (let i = 0; i < scores.length; i++) {
    const t = times[Math.floor(i / perCrystal)];
    const shift = schedule.coordSigmas[t] * noise.fracCoords[i];
    state.fracCoords[i] = wrap(clean.fracCoords[i] + shift);
    scores[i] = wrappedNormalScore(shift, schedule.coordSigmas[t]) / Math.sqrt(schedule.scoreNorms[t]);
  }
  return { state, targets: { types: noise.types, fracCoords: scores, lattice: noise.lattice } };
}

/** sqrt(ab_t) x + sqrt(1 - ab_t) eps, with each crystal's own t. */
function diffuse(
  clean: Float32Array,
  noise: Float32Array,
  { alphasCumprod }: Schedule,
  times: ArrayLike<number>,
): Float32Array {
  const perCrystal = clean.length / times.length;
  return clean.map((value, i) => {
    const level = alphasCumprod[times[Math.floor(i / perCrystal)]];
    return Math.sqrt(level) * value + Math.sqrt(1 - level) * noise[i];
  });
}
