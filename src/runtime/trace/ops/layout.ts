import type { GraphBuilder } from "../builder.js";
import type { Value } from "../graph.js";
import { sizeOf } from "../graph.js";

/** Operations that only move values. Each returns its argument when there is nothing to do. */
export function reshape(graph: GraphBuilder, x: Value, shape: readonly number[]): Value {
  const node = graph.producer(x);
  if (node?.op === "reshape") return reshape(graph, node.inputs[0], shape);
  if (sameShape(x.shape, shape)) return x;
  // A scalar that was expanded can be expanded to the new shape at once.
  if (node?.op === "expand" && sizeOf(node.inputs[0].shape) === 1)
    return expand(graph, reshape(graph, node.inputs[0], []), shape);
  return graph.emit("reshape", [x], {}, { shape, dtype: x.dtype });
}

/** Broadcasts x to `shape`. */
export function expand(graph: GraphBuilder, x: Value, shape: readonly number[]): Value {
  if (sameShape(x.shape, shape)) return x;
  const node = graph.producer(x);
  return graph.emit("expand", [node?.op === "expand" ? node.inputs[0] : x], {}, { shape, dtype: x.dtype });
}

export function transpose(graph: GraphBuilder, x: Value, perm: readonly number[]): Value {
  const node = graph.producer(x);
  if (node?.op === "transpose") {
    const inner = node.attributes.perm;
    return transpose(
      graph,
      node.inputs[0],
      perm.map((p) => inner[p]),
    );
  }
  if (perm.every((p, i) => p === i)) return x;
  return graph.emit("transpose", [x], { perm }, { shape: perm.map((p) => x.shape[p]), dtype: x.dtype });
}

/** The last two axes exchanged. */
export function transposeMatrix(graph: GraphBuilder, x: Value): Value {
  const batch = x.shape.slice(0, -2).map((_, i) => i);
  return transpose(graph, x, [...batch, batch.length + 1, batch.length]);
}

/** Consecutive pieces that a whole was cut into are that whole again. */
export function concat(graph: GraphBuilder, parts: readonly Value[], axis: number): Value {
  const filled = parts.filter((part) => sizeOf(part.shape) > 0);
  if (filled.length === 1) return filled[0];
  const whole = wholeOf(graph, filled, axis);
  if (whole) return whole;
  const shape = [...parts[0].shape];
  shape[axis] = parts.reduce((total, part) => total + part.shape[axis], 0);
  return graph.emit("concat", filled, { axis }, { shape, dtype: parts[0].dtype });
}

/** What all pieces were cut from, if they are the whole of it in order. */
function wholeOf(graph: GraphBuilder, pieces: readonly Value[], axis: number): Value | undefined {
  let whole: Value | undefined;
  let at = 0;
  for (const piece of pieces) {
    const node = graph.producer(piece);
    if (node?.op !== "slice") return undefined;
    const { begin, end } = node.attributes;
    whole ??= node.inputs[0];
    const { shape } = whole;
    const others = begin.every((start, i) => i === axis || (start === 0 && end[i] === shape[i]));
    if (node.inputs[0] !== whole || begin[axis] !== at || !others) return undefined;
    at = end[axis];
  }
  return whole && at === whole.shape[axis] ? whole : undefined;
}

/** A piece of what was joined from parts is cut from its part, which often is the piece itself. */
export function slice(graph: GraphBuilder, x: Value, begin: readonly number[], size: readonly number[]): Value {
  if (sameShape(x.shape, size)) return x;
  const end = begin.map((start, i) => start + size[i]);
  const found = partAround(graph, x, begin, end);
  return found
    ? slice(graph, found.part, found.begin, size)
    : graph.emit("slice", [x], { begin, end }, { shape: size, dtype: x.dtype });
}

/** The part of what was joined that holds a whole piece, and where the piece begins in it. */
function partAround(
  graph: GraphBuilder,
  x: Value,
  begin: readonly number[],
  end: readonly number[],
): { readonly part: Value; readonly begin: number[] } | undefined {
  const joined = graph.producer(x);
  if (joined?.op !== "concat") return undefined;
  const { axis } = joined.attributes;
  let to = 0;
  for (const part of joined.inputs) {
    const from = to;
    to += part.shape[axis];
    if (begin[axis] >= from && end[axis] <= to)
      return { part, begin: begin.map((b, i) => (i === axis ? b - from : b)) };
  }
  return undefined;
}

/** Consecutive pieces of the given sizes along one axis. */
export function split(graph: GraphBuilder, x: Value, sizes: readonly number[], axis: number): Value[] {
  let start = 0;
  return sizes.map((length) => {
    const begin = x.shape.map((_, i) => (i === axis ? start : 0));
    start += length;
    return slice(
      graph,
      x,
      begin,
      x.shape.map((n, i) => (i === axis ? length : n)),
    );
  });
}

export function tile(graph: GraphBuilder, x: Value, repeats: readonly number[]): Value {
  const shape = x.shape.map((n, i) => n * repeats[i]);
  if (x.shape.every((n, i) => n === 1 || repeats[i] === 1)) return expand(graph, x, shape);
  return graph.emit("tile", [x], { repeats }, { shape, dtype: x.dtype });
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}
