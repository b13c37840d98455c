import * as tf from "@tensorflow/tfjs";
import type { HostTensor } from "../runtime/index.js";
import type { BlockShape, Field, Fields } from "./state.js";

/** Tensors of a block's three fields inside a program: types [B, N, C], fracCoords [B, N, 3], lattice [B, 3, 3]. */
export type Block = Readonly<Record<Field, tf.Tensor>>;

/** Arrays that a program is fed, by name. */
export type Inputs = Readonly<Record<string, HostTensor>>;

/** The same inside the program. */
export type Tensors = Readonly<Record<string, tf.Tensor>>;

/** A block whose fields are made one by one. */
export function mapFields(make: (field: Field) => tf.Tensor): Block {
  return { types: make("types"), fracCoords: make("fracCoords"), lattice: make("lattice") };
}

/** A block's fields in the order in which programs take and return them. */
export const blockList = ({ types, fracCoords, lattice }: Block): tf.Tensor[] => [types, fracCoords, lattice];

/** The shape of a field's array. */
export function fieldShape(field: Field, { batchSize: B, atomsPerCrystal: N, classCount: C }: BlockShape): number[] {
  return { types: [B, N, C], fracCoords: [B, N, 3], lattice: [B, 3, 3] }[field];
}

/** A block's arrays as a program's inputs. */
export function blockInputs(fields: Fields, shape: BlockShape): Record<Field, HostTensor> {
  const input = (field: Field): HostTensor => ({ shape: fieldShape(field, shape), data: fields[field] });
  return { types: input("types"), fracCoords: input("fracCoords"), lattice: input("lattice") };
}

/** x mod 1 in [0, 1), also where rounding would give 1. */
export function wrapTensor(x: tf.Tensor): tf.Tensor {
  const wrapped = x.sub(x.floor());
  return tf.where(wrapped.greaterEqual(1), tf.zerosLike(wrapped), wrapped);
}
