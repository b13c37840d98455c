import type { GraphBuilder } from "../builder.js";
import type { Operations, ReduceOp, Value } from "../graph.js";
import { cast, where } from "../ops/elementwise.js";
import { reshape } from "../ops/layout.js";
import { reduce } from "../ops/reduce.js";
import type { Kernel } from "./kernel.js";
import { axesOf, axisOf } from "./kernel.js";

const reduction =
  (op: ReduceOp): Kernel =>
  (g, { x }, { axis, keepDims }) =>
    reduce(g, op, x, { axes: axesOf(axis, x), keepDims: keepDims ?? false });

/** Kernels that combine the values along axes. */
export const reduceKernels: Record<string, Kernel> = {
  Sum: reduction("reduceSum"),
  Max: (g, { x }, { reductionIndices, keepDims }) =>
    reduce(g, "reduceMax", x, { axes: axesOf(reductionIndices, x), keepDims: keepDims ?? false }),
  Min: reduction("reduceMin"),
  Prod: reduction("reduceProd"),
  Mean: (g, { x }, { axis, keepDims }) =>
    reduce(g, "reduceMean", cast(g, x, "float32"), { axes: axesOf(axis, x), keepDims: keepDims ?? false }),
  Any: (g, { x }, { axis, keepDims }) =>
    cast(g, reduce(g, "reduceMax", x, { axes: axesOf(axis, x), keepDims: keepDims ?? false }), "bool"),
  All: (g, { x }, { axis, keepDims }) =>
    cast(g, reduce(g, "reduceMin", x, { axes: axesOf(axis, x), keepDims: keepDims ?? false }), "bool"),
  ArgMax: (g, { x }, { axis }) => argExtreme(g, "argMax", x, axisOf(axis, x)),
  ArgMin: (g, { x }, { axis }) => argExtreme(g, "argMin", x, axisOf(axis, x)),
  Softmax: (g, { logits }, { dim }) =>
    g.emit("softmax", [logits], { axis: dim }, { shape: logits.shape, dtype: "float32" }),
  Cumsum: (g, { x }, { axis, exclusive, reverse }) =>
    g.emit("cumsum", [x], { axis: axisOf(axis, x), exclusive, reverse }, { shape: x.shape, dtype: x.dtype }),
  Cumprod: (g, { x }, { axis, exclusive, reverse }) =>
    cumulativeProduct(g, x, { axis: axisOf(axis, x), exclusive, reverse }),
};

function argExtreme(g: GraphBuilder, op: "argMax" | "argMin", x: Value, axis: number): Value {
  return g.emit(op, [x], { axis }, { shape: x.shape.filter((_, i) => i !== axis), dtype: "int32" });
}

/** Row i of the result is the product over a masked copy of x; the gradient of a product needs it, on short axes. */
function cumulativeProduct(g: GraphBuilder, x: Value, { axis, exclusive, reverse }: Operations["cumsum"]): Value {
  const n = x.shape[axis];
  const included = (i: number, j: number) => (i === j ? !exclusive : reverse ? j > i : j < i);
  const mask = Uint8Array.from({ length: n * n }, (_, k) => Number(included(Math.floor(k / n), k % n)));
  const after = x.shape.slice(axis + 1);
  const maskValue = g.constant(mask, [n, n, ...after.map(() => 1)], "bool");
  const rows = reshape(g, x, [...x.shape.slice(0, axis), 1, n, ...after]);
  return reduce(g, "reduceProd", where(g, maskValue, rows, g.scalar(1, x.dtype)), {
    axes: [axis + 1],
    keepDims: false,
  });
}
