import type { Denoise } from "./denoise.js";
import { cleanEstimate } from "./fast-sampler.js";
import type { NoiseSource } from "./noise.js";
import type { Schedule } from "./schedule.js";
import type { DiffusionState, Field, Fields } from "./state.js";

/**
 * Something that a generated block must obey. It wraps a denoiser (`before` rewrites what the network sees, `after` what
 * it says) and has the last word on the final state (`finish`), so no sampler knows of it.
 */
export interface Constraint {
  before?(state: DiffusionState, t: number): DiffusionState;
  after?(state: DiffusionState, t: number, estimate: Fields): Fields;
  finish(state: DiffusionState): DiffusionState;
  /** [C]: where `after` does nothing but set clean types of some classes to 0, their places; a program can do it then. */
  readonly classMask?: Float32Array;
}

/** A denoiser under constraints, applied in order; steps stay fused where the constraint is a choice of classes alone. */
export function constrainDenoise(denoise: Denoise, constraints: readonly Constraint[]): Denoise {
  const constrained = async (state: DiffusionState, t: number): Promise<Fields> => {
    const seen = constraints.reduce((s, c) => c.before?.(s, t) ?? s, state);
    const estimate = await denoise(seen, t);
    return constraints.reduce((e, c) => c.after?.(seen, t, e) ?? e, estimate);
  };
  const [mask, ...others] = constraints.map(({ classMask }) => classMask);
  const fused = mask && others.length === 0 ? denoise.fused?.withClasses(mask) : undefined;
  return Object.assign(constrained, { fused });
}

/** The final state, as the constraints want it. */
export function finishState(state: DiffusionState, constraints: readonly Constraint[]): DiffusionState {
  return constraints.reduce((s, c) => c.finish(s), state);
}

/** Clean values of one field and which of its rows (atoms; crystals for the lattice) they hold. */
export interface HeldField {
  readonly field: Field;
  /** Full-size array of the block. */
  readonly values: Float32Array;
  /** One entry per row. */
  readonly rows: readonly boolean[];
}

/**
 * Keeps rows of a field at given clean values: at each t the network sees them noised to that t, as it was trained, and
 * is told to have recognised that noise; what the sampler keeps of these rows is never looked at, and at the end they are
 * exact. (The reference puts clean values back instead.)
 */
export function hold({ field, values, rows }: HeldField, schedule: Schedule, noise: NoiseSource): Constraint {
  const width = values.length / rows.length;
  const replace = (array: Float32Array, value: (i: number) => number): Float32Array =>
    array.map((old, i) => (rows[Math.floor(i / width)] ? value(i) : old));
  return {
    before(state, t) {
      const z = noise(field, t, "hold");
      return { ...state, [field]: replace(state[field], (i) => noised(field, values[i], z[i], t, schedule)) };
    },
    after(_state, t, estimate) {
      const z = noise(field, t, "hold");
      if (field === "fracCoords") return estimate;
      return { ...estimate, [field]: replace(estimate[field], (i) => z[i]) };
    },
    finish: (state) => ({ ...state, [field]: replace(state[field], (i) => values[i]) }),
  };
}

/** What the clean type vectors of one crystal, [N, C] and written in place, may become. */
export type TypeProjection = (clean: Float32Array, atomsPerCrystal: number, classCount: number) => void;

/**
 * Restricts types: the network's clean estimate is projected softly at every step (`soften`), and at the end `decide`
 * turns each crystal's type vectors into one-hot ones that obey.
 * @param classMask [C] where all that `soften` does is to set the classes where it is 0 to 0
 */
export function restrictTypes(
  schedule: Schedule,
  soften: TypeProjection,
  decide: TypeProjection,
  classMask?: Float32Array,
): Constraint {
  const eachCrystal = (types: Float32Array, state: DiffusionState, project: TypeProjection): Float32Array => {
    const size = state.atomsPerCrystal * state.classCount;
    for (let at = 0; at < types.length; at += size)
      project(types.subarray(at, at + size), state.atomsPerCrystal, state.classCount);
    return types;
  };
  return {
    classMask,
    after(state, t, estimate) {
      const clean = eachCrystal(cleanEstimate(state.types, estimate.types, t, schedule), state, soften);
      const ab = schedule.alphasCumprod[t];
      const types = clean.map((x0, i) => (state.types[i] - Math.sqrt(ab) * x0) / Math.sqrt(1 - ab));
      return { ...estimate, types };
    },
    finish: (state) => ({ ...state, types: eachCrystal(state.types.slice(), state, decide) }),
  };
}

function noised(field: Field, value: number, z: number, t: number, schedule: Schedule): number {
  if (field === "fracCoords") return value + schedule.coordSigmas[t] * z;
  const ab = schedule.alphasCumprod[t];
  return Math.sqrt(ab) * value + Math.sqrt(1 - ab) * z;
}
