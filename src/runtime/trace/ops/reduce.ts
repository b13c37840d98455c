import type { GraphBuilder } from "../builder.js";
import type { Reduce, ReduceOp, Value } from "../graph.js";
import { cast } from "./elementwise.js";
import { reshape } from "./layout.js";

/** Reduces over `axes`; where all of them have length 1 (or there are none), nothing is left to compute. */
export function reduce(graph: GraphBuilder, op: ReduceOp, x: Value, { axes, keepDims }: Reduce): Value {
  const argument = x.dtype === "bool" ? cast(graph, x, "int32") : x;
  const shape = keepDims
    ? x.shape.map((n, i) => (axes.includes(i) ? 1 : n))
    : x.shape.filter((_, i) => !axes.includes(i));
  if (axes.every((axis) => x.shape[axis] === 1)) return reshape(graph, argument, shape);
  return graph.emit(op, [argument], { axes, keepDims }, { shape, dtype: argument.dtype });
}
