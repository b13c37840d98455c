import { backend_util, slice_util, util } from "@tensorflow/tfjs";
import type { Tensor } from "@tensorflow/tfjs";
import type { GraphBuilder } from "../builder.js";
import { filled } from "../builder.js";
import type { Value } from "../graph.js";
import { sizeOf } from "../graph.js";
import { concat, reshape, slice, split, tile, transpose } from "../ops/layout.js";
import type { Kernel } from "./kernel.js";
import { axesOf, axisOf } from "./kernel.js";

/** Kernels that move or create values. */
export const layoutKernels: Record<string, Kernel> = {
  Reshape: (g, { x }, { shape }) => reshape(g, x, util.inferFromImplicitShape(shape, sizeOf(x.shape))),
  ExpandDims: (g, { input }, { dim }) => expandDims(g, input, dim),
  Transpose: (g, { x }, { perm }) => transpose(g, x, perm),
  Reverse: (g, { x }, { dims }) =>
    g.emit("reverse", [x], { axes: axesOf(dims, x) }, { shape: x.shape, dtype: x.dtype }),
  Concat: (g, inputs, { axis }) => concat(g, Object.values(inputs), axisOf(axis, inputs["0"])),
  Pack: (g, inputs, { axis }) => pack(g, Object.values(inputs), axis as number),
  Unpack: (g, { value }, { axis }) => unpack(g, value, axisOf(axis, value)),
  Slice: (g, { x }, { begin, size }) => {
    // parseSliceParams reads only the shape.
    const [from, length] = slice_util.parseSliceParams(x as unknown as Tensor, begin, size);
    return slice(g, x, from, length);
  },
  SplitV: (g, { x }, { numOrSizeSplits, axis }) => {
    const splitAxis = axisOf(axis, x);
    const sizes = backend_util.prepareSplitSize(x as unknown as Tensor, numOrSizeSplits, splitAxis);
    return split(g, x, sizes, splitAxis);
  },
  PadV2: (g, { x }, { paddings, constantValue }) => pad(g, x, paddings, constantValue),
  Tile: (g, { x }, { reps }) => tile(g, x, reps),
  OnesLike: (g, { x }) => filled(g, 1, x.shape, x.dtype),
  ZerosLike: (g, { x }) => filled(g, 0, x.shape, x.dtype),
};

function expandDims(g: GraphBuilder, x: Value, dim: number): Value {
  const shape = [...x.shape];
  shape.splice(dim < 0 ? dim + shape.length + 1 : dim, 0, 1);
  return reshape(g, x, shape);
}

function pack(g: GraphBuilder, parts: readonly Value[], axis: number): Value {
  const at = axis < 0 ? axis + parts[0].shape.length + 1 : axis;
  return concat(
    g,
    parts.map((part) => expandDims(g, part, at)),
    at,
  );
}

function unpack(g: GraphBuilder, x: Value, axis: number): Value[] {
  const ones = new Array<number>(x.shape[axis]).fill(1);
  const shape = x.shape.filter((_, i) => i !== axis);
  return split(g, x, ones, axis).map((part) => reshape(g, part, shape));
}

function pad(g: GraphBuilder, x: Value, paddings: readonly [number, number][], value: number): Value {
  const before = paddings.map(([b]) => b);
  const after = paddings.map(([, a]) => a);
  const shape = x.shape.map((n, i) => before[i] + n + after[i]);
  return g.emit("pad", [x], { before, after, value }, { shape, dtype: x.dtype });
}
