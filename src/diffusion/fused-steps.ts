import * as tf from "@tensorflow/tfjs";
import type { FastFactors } from "./fast-step.js";
import type { FieldTensors } from "./loss.js";
import type { PredictorCorrectorFactors, PredictorInput } from "./predictor-corrector.js";

/** The network with its guidance, inside a program. */
export type DenoiseTensors = (state: FieldTensors) => FieldTensors;

/** Samplers' factors in the order in which a program takes them. */
// prettier-ignore
export const fastFactorNames = [
  "signal", "noise", "way", "latticeBound", "nextSignal", "keep", "spread",
  "move", "coordSpread", "along", "coordAlong", "localised",
] as const satisfies readonly (keyof FastFactors)[];
// prettier-ignore
export const predictorCorrectorFactorNames = [
  "correctorDrift", "correctorSpread", "coordDrift", "coordSpread", "scale", "pull", "spread",
] as const satisfies readonly (keyof PredictorCorrectorFactors)[];

type Scalars<Name extends string> = Readonly<Record<Name, tf.Tensor>>;

/** A vector's numbers by name, each a scalar. */
export function scalarsOf<Name extends string>(names: readonly Name[], vector: tf.Tensor): Scalars<Name> {
  const values = tf.unstack(vector);
  return Object.fromEntries(names.map((name, i) => [name, values[i]])) as Scalars<Name>;
}

/** `fastStep` with the evaluation in it. */
export function fastStepTensors(
  denoise: DenoiseTensors,
  state: FieldTensors,
  before: FieldTensors,
  z: FieldTensors,
  f: Scalars<keyof FastFactors>,
): { readonly state: FieldTensors; readonly estimate: FieldTensors } {
  const said = denoise(state);
  const clean = (x: tf.Tensor, eps: tf.Tensor): tf.Tensor => x.sub(eps.mul(f.noise)).div(f.signal);
  const now: FieldTensors = {
    types: clean(state.types, said.types).clipByValue(0, 1),
    lattice: boundRows(clean(state.lattice, said.lattice), f.latticeBound),
    fracCoords: said.fracCoords.mul(f.way),
  };
  const beyond = (field: keyof FieldTensors, c: tf.Tensor): tf.Tensor =>
    now[field].add(now[field].sub(before[field]).mul(c));
  const vp = (field: "types" | "lattice"): tf.Tensor => {
    const x0 = beyond(field, f.along);
    return x0
      .mul(f.nextSignal)
      .add(state[field].sub(x0.mul(f.signal)).mul(f.keep))
      .add(z[field].mul(f.spread));
  };
  const moves = beyond("fracCoords", f.coordAlong).mul(f.move);
  const kicks = z.fracCoords.mul(f.coordSpread);
  return {
    state: {
      types: vp("types"),
      lattice: vp("lattice"),
      fracCoords: wrapTensor(state.fracCoords.add(moves).add(kicks)),
    },
    estimate: { ...now, fracCoords: now.fracCoords.sub(moves).sub(kicks.mul(f.localised)) },
  };
}

/** The predictor-corrector step with its one or two evaluations in it. */
export function predictorCorrectorTensors(
  denoise: DenoiseTensors,
  state: FieldTensors,
  z: FieldTensors & { readonly corrector: tf.Tensor },
  f: Scalars<keyof PredictorCorrectorFactors>,
  predictorInput: PredictorInput,
): FieldTensors {
  const first = denoise(state);
  const fracCoords = state.fracCoords
    .sub(first.fracCoords.mul(f.correctorDrift))
    .add(z.corrector.mul(f.correctorSpread));
  const second = predictorInput === "corrected" ? denoise({ ...state, fracCoords }) : first;
  const ancestral = (field: "types" | "lattice"): tf.Tensor =>
    state[field].sub(second[field].mul(f.pull)).mul(f.scale).add(z[field].mul(f.spread));
  const moved = fracCoords.sub(second.fracCoords.mul(f.coordDrift)).add(z.fracCoords.mul(f.coordSpread));
  return { types: ancestral("types"), fracCoords: wrapTensor(moved), lattice: ancestral("lattice") };
}

/** x mod 1 in [0, 1), also where rounding would give 1. */
function wrapTensor(x: tf.Tensor): tf.Tensor {
  const wrapped = x.sub(x.floor());
  return tf.where(wrapped.greaterEqual(1), tf.zerosLike(wrapped), wrapped);
}

/** Shrinks the lattices [B, 3, 3] that have a row beyond the bound. */
function boundRows(lattices: tf.Tensor, bound: tf.Tensor): tf.Tensor {
  const longest = lattices.square().sum(2).sqrt().max(1).reshape([-1, 1, 1]);
  return lattices.mul(bound.div(longest.maximum(bound)));
}
