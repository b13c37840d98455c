import { util } from "@tensorflow/tfjs";
import type { GraphBuilder } from "../builder.js";
import type { DType, Value } from "../graph.js";

/** How one tfjs kernel is written with graph operations. */
export type Kernel = (graph: GraphBuilder, inputs: KernelInputs, attributes: KernelAttributes) => Value | Value[];

/** By tfjs's names; optional inputs that were not given are undefined. Lists have the keys "0", "1", ... */
export type KernelInputs = Readonly<Record<string, Value>>;

/** All attributes of the kernels we record; which of them are there depends on the kernel (see tfjs's kernel_names.ts). */
export interface KernelAttributes {
  readonly activation: "linear" | "relu" | "relu6" | "elu" | "sigmoid" | "leakyrelu" | "prelu";
  readonly alpha: number;
  readonly axis: number | number[];
  readonly batchDims: number;
  readonly begin: number | number[];
  readonly clipValueMax: number;
  readonly clipValueMin: number;
  readonly constantValue: number;
  readonly depth: number;
  readonly dim: number;
  readonly dims: number | number[];
  readonly dtype: DType;
  readonly equation: string;
  readonly exclusive: boolean;
  readonly keepDims: boolean;
  readonly leakyreluAlpha: number;
  readonly numOrSizeSplits: number | number[];
  readonly numSegments: number;
  readonly offValue: number;
  readonly onValue: number;
  readonly paddings: [number, number][];
  readonly perm: number[];
  readonly reductionIndices: number | number[];
  readonly reps: number[];
  readonly reverse: boolean;
  readonly shape: number[];
  readonly size: number | number[];
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Axes counted from the front; undefined means all of them. */
export function axesOf(axis: number | number[] | undefined, x: Value): number[] {
  return util.parseAxisParam(axis as number | number[], [...x.shape]);
}

export function axisOf(axis: number | number[], x: Value): number {
  return axesOf(axis, x)[0];
}
