import { backend_util } from "@tensorflow/tfjs";
import type { GraphBuilder } from "../builder.js";
import type { BinaryOp, DType, UnaryOp, Value } from "../graph.js";
import { expand } from "./layout.js";

const COMPARISONS = new Set<BinaryOp>(["greater", "greaterEqual", "less", "lessEqual", "equal", "and", "or"]);
const INTEGER_UNARY = new Set<UnaryOp>(["abs", "neg", "sign", "relu"]);
const TO_BOOL = new Set<UnaryOp>(["isNan", "isInf", "not"]);

/** A function of one tensor. Integers are computed as float32 where the operation is not defined on integers. */
export function unary(graph: GraphBuilder, op: UnaryOp, x: Value): Value {
  const argument = op === "not" ? cast(graph, x, "bool") : INTEGER_UNARY.has(op) ? x : cast(graph, x, "float32");
  const dtype: DType = TO_BOOL.has(op) ? "bool" : argument.dtype;
  return elementwise(graph, [argument], x.shape, (values, shape) => graph.emit(op, values, {}, { shape, dtype }));
}

/** A function of two tensors of one type, broadcast against each other. */
export function binary(graph: GraphBuilder, op: BinaryOp, a: Value, b: Value): Value {
  const neutral = withoutNeutral(graph, op, a, b);
  if (neutral) return neutral;
  const dtype = COMPARISONS.has(op) ? "bool" : a.dtype;
  const outShape = broadcastShape(a.shape, b.shape);
  return elementwise(graph, [a, b], outShape, (values, shape) => graph.emit(op, values, {}, { shape, dtype }));
}

/** `yes` where the condition holds, else `no`; broadcast. */
export function where(graph: GraphBuilder, condition: Value, yes: Value, no: Value): Value {
  const outShape = broadcastShape(condition.shape, broadcastShape(yes.shape, no.shape));
  const values = [cast(graph, condition, "bool"), yes, no];
  return elementwise(graph, values, outShape, (args, shape) =>
    graph.emit("where", args, {}, { shape, dtype: yes.dtype }),
  );
}

/** min(max(x, low), high), in one pass over x. */
export function clip(graph: GraphBuilder, x: Value, low: number, high: number): Value {
  const bounds = [graph.scalar(low, x.dtype), graph.scalar(high, x.dtype)];
  return elementwise(graph, [x, ...bounds], x.shape, (values, shape) =>
    graph.emit("clip", values, {}, { shape, dtype: x.dtype }),
  );
}

export function cast(graph: GraphBuilder, x: Value, dtype: DType): Value {
  if (x.dtype === dtype) return x;
  return elementwise(graph, [x], x.shape, (values, shape) => graph.emit("cast", values, {}, { shape, dtype }));
}

export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  return backend_util.assertAndGetBroadcastShape([...a], [...b]);
}

/**
 * Elementwise operations commute with broadcasting: they are computed on what was expanded, and only the result is
 * expanded if it must be. The gradients of reductions lean on this.
 */
function elementwise(
  graph: GraphBuilder,
  values: readonly Value[],
  outShape: readonly number[],
  emit: (values: readonly Value[], shape: readonly number[]) => Value,
): Value {
  const sources = values.map((value) => beforeExpand(graph, value));
  const shape = sources.map((v) => v.shape).reduce((a, b) => broadcastShape(a, b));
  return expand(graph, emit(sources, shape), outShape);
}

function beforeExpand(graph: GraphBuilder, value: Value): Value {
  const node = graph.producer(value);
  return node?.op === "expand" ? node.inputs[0] : value;
}

/** x + 0, x - 0, x * 1, x / 1 and x ^ 1 are x. */
function withoutNeutral(graph: GraphBuilder, op: BinaryOp, a: Value, b: Value): Value | undefined {
  const is = (value: Value, number: number) => graph.constantData(beforeExpand(graph, value))?.[0] === number;
  const scalar = (value: Value) => beforeExpand(graph, value).shape.length === 0;
  const outShape = broadcastShape(a.shape, b.shape);
  const right = op === "add" || op === "sub" ? 0 : op === "mul" || op === "div" || op === "pow" ? 1 : undefined;
  if (right === undefined) return undefined;
  if (scalar(b) && is(b, right)) return expand(graph, a, outShape);
  if ((op === "add" || op === "mul") && scalar(a) && is(a, right)) return expand(graph, b, outShape);
  return undefined;
}
