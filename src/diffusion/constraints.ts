import type { Denoise } from "./denoise.js";
import { cleanEstimate } from "./fast-step.js";
import type { NoiseSource } from "./noise.js";
import type { Schedule } from "./schedule.js";
import type { DiffusionState, Field, Fields } from "./state.js";

/**
 * Something that a generated block must obey. It wraps a denoiser (`before` rewrites what the network sees, `after` what
 * it says) and has the last word on the final state (`finish`), so no sampler knows of it.
 */
export interface Constraint {
  /** What the denoiser sees instead of the state. */
  before?(state: DiffusionState, t: number): DiffusionState;
  /** Corrects the estimate of the denoiser. */
  after?(state: DiffusionState, t: number, estimate: Fields): Fields;
  /** Makes the finished crystals obey exactly. */
  finish(state: DiffusionState): DiffusionState;
  /** [C], 0 for forbidden classes: given only where setting their clean types to 0 is all that `before` and `after` do. */
  readonly classMask?: Float32Array;
}

/** A denoiser under constraints, applied in order; steps stay fused where all constraints are choices of classes. */
export function constrainDenoise(denoise: Denoise, constraints: readonly Constraint[]): Denoise {
  const constrained = async (state: DiffusionState, t: number): Promise<Fields> => {
    const seen = constraints.reduce((s, c) => c.before?.(s, t) ?? s, state);
    const estimate = await denoise(seen, t);
    return constraints.reduce((e, c) => c.after?.(seen, t, e) ?? e, estimate);
  };
  const masks = constraints.map(({ classMask }) => classMask);
  const fused = masks.every((mask) => mask !== undefined)
    ? masks.reduce((steps, mask) => steps?.withClasses(mask), denoise.fused)
    : undefined;
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

/** What types may become. */
export interface TypeRestriction {
  /** Applied to the network's clean estimate at every step. */
  readonly soften: TypeProjection;
  /** Turns the final type vectors into one-hot ones that obey. */
  readonly decide: TypeProjection;
  /** [C], 0 for forbidden classes: given only where setting them to 0 is all that `soften` does. */
  readonly classMask?: Float32Array;
}

/** Restricts types softly at every step, and strictly at the end. */
export function restrictTypes(schedule: Schedule, { soften, decide, classMask }: TypeRestriction): Constraint {
  const eachCrystal = (types: Float32Array, state: DiffusionState, project: TypeProjection): Float32Array => {
    const size = state.atomsPerCrystal * state.classCount;
    for (let at = 0; at < types.length; at += size)
      project(types.subarray(at, at + size), state.atomsPerCrystal, state.classCount);
    return types;
  };
  return {
    classMask,
    after(state, t, estimate) {
      const ab = schedule.alphasCumprod[t];
      const [signal, spread] = [Math.sqrt(ab), Math.sqrt(1 - ab)];
      const clean = eachCrystal(cleanEstimate(state.types, estimate.types, { signal, noise: spread }), state, soften);
      const types = clean.map((x0, i) => (state.types[i] - signal * x0) / spread);
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
