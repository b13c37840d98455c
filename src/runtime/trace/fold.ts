import * as tf from "@tensorflow/tfjs";
import { typedArray } from "./builder.js";
import type { ConstantData, DType } from "./graph.js";
import { sizeOf } from "./graph.js";

export interface FoldedTensor {
  readonly data: ConstantData;
  readonly shape: number[];
  readonly dtype: DType;
}

/** Elements that may be read (and written) to compute something while tracing; onnxruntime folds what is larger. */
const FOLD_LIMIT = 1 << 16;

/**
 * Kernels that only move values: folded at any size, so that a transposed weight is a weight again. Not slices: tfjs
 * cuts element by element, ten seconds for the full model's weights, and onnxruntime folds them in a blink.
 */
const MOVES = new Set(["Identity", "Reshape", "ExpandDims", "Transpose", "Concat", "Pack"]);

/**
 * The result of a tfjs kernel whose inputs are all known, computed by tfjs's cpu kernel of that name; undefined if they
 * are not all known or too large.
 */
export function foldOnCpu(
  kernelName: string,
  inputs: tf.NamedTensorInfoMap,
  attributes: object,
  knownData: (info: tf.TensorInfo) => ConstantData | undefined,
): FoldedTensor | FoldedTensor[] | undefined {
  const named = Object.entries(inputs).flatMap(([key, info]) => (info ? [[key, info] as const] : []));
  const data = named.map(([, info]) => knownData(info));
  if (
    data.includes(undefined) ||
    isTooLarge(
      kernelName,
      named.map(([, info]) => info),
      attributes,
    )
  )
    return undefined;
  return runOnCpu(kernelName, named, data as ConstantData[], attributes);
}

function isTooLarge(kernelName: string, inputs: readonly tf.TensorInfo[], attributes: object): boolean {
  if (inputs.length === 0 || MOVES.has(kernelName)) return false;
  if (inputs.reduce((total, info) => total + sizeOf(info.shape), 0) > FOLD_LIMIT) return true;
  return (
    kernelName === "Tile" && sizeOf(inputs[0].shape) * sizeOf((attributes as { reps: number[] }).reps) > FOLD_LIMIT
  );
}

function runOnCpu(
  kernelName: string,
  named: readonly (readonly [string, tf.TensorInfo])[],
  data: readonly ConstantData[],
  attributes: object,
): FoldedTensor | FoldedTensor[] | undefined {
  const kernel = tf.getKernel(kernelName, "cpu");
  if (!kernel) return undefined;
  const cpu = tf.findBackend("cpu");
  const inputs = named.map(([key, info], i) => {
    const dataId = cpu.write(data[i], info.shape, info.dtype);
    return [key, { dataId, shape: info.shape, dtype: info.dtype }] as const;
  });
  const outputs = kernel.kernelFunc({
    // Kernels such as Concat take a list.
    inputs: (named[0]?.[0] === "0"
      ? inputs.map(([, info]) => info)
      : Object.fromEntries(inputs)) as tf.NamedTensorInfoMap,
    backend: cpu,
    attrs: attributes as tf.NamedAttrMap,
  });
  const results = (Array.isArray(outputs) ? outputs : [outputs]).map((output) => readFrom(cpu, output));
  for (const [, info] of inputs) cpu.disposeData(info.dataId, true);
  for (const output of Array.isArray(outputs) ? outputs : [outputs]) cpu.disposeData(output.dataId, true);
  return Array.isArray(outputs) ? results : results[0];
}

function readFrom(cpu: tf.KernelBackend, output: tf.TensorInfo): FoldedTensor {
  const dtype = output.dtype as DType;
  const values = cpu.readSync(output.dataId) as ConstantData;
  return { data: typedArray(dtype, values), shape: output.shape, dtype };
}
