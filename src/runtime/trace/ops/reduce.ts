import type { GraphBuilder } from "../builder.js";
import type { ReduceOp, Value } from "../graph.js";
import { cast } from "./elementwise.js";

/** Reduces over `axes`; no axes means nothing to reduce. */
export function reduce(graph: GraphBuilder, op: ReduceOp, x: Value, axes: readonly number[], keepDims: boolean): Value {
  const argument = x.dtype === "bool" ? cast(graph, x, "int32") : x;
  if (axes.length === 0) return argument;
  const shape = keepDims
    ? x.shape.map((n, i) => (axes.includes(i) ? 1 : n))
    : x.shape.filter((_, i) => !axes.includes(i));
  return graph.emit(op, [argument], { axes, keepDims }, shape, argument.dtype);
}
