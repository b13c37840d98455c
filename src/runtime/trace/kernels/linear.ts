import type { GraphBuilder } from "../builder.js";
import type { Value } from "../graph.js";
import { binary, broadcastShape, cast, clip, unary, where } from "../ops/elementwise.js";
import { reshape, transposeMatrix } from "../ops/layout.js";
import { leakyRelu } from "./elementwise.js";
import type { Kernel, KernelAttributes } from "./kernel.js";
import { axisOf } from "./kernel.js";

/** Matrix products, and selections that are products with one-hot matrices. */
export const linearKernels: Record<string, Kernel> = {
  BatchMatMul: (g, { a, b }, attributes) => matMul(g, a, b, attributes),
  _FusedMatMul: (g, { a, b, bias, preluActivationWeights }, attributes) => {
    const product = matMul(g, a, b, attributes);
    return activate(g, bias ? binary(g, "add", product, bias) : product, attributes, preluActivationWeights);
  },
  Einsum: (g, inputs, { equation }) => einsum(g, Object.values(inputs), equation),
  GatherV2: (g, { x, indices }, { axis, batchDims = 0 }) => {
    if (batchDims !== 0) throw new Error("tf.gather with batchDims is not supported by the compiled engine");
    return gather(g, x, indices, axisOf(axis, x));
  },
  OneHot: (g, { indices }, { depth, onValue, offValue, dtype }) => {
    const type = dtype ?? "float32";
    return where(g, isIndex(g, indices, depth), g.scalar(onValue ?? 1, type), g.scalar(offValue ?? 0, type));
  },
  UnsortedSegmentSum: (g, { x, segmentIds }, { numSegments }) => segmentSum(g, x, segmentIds, numSegments),
};

function matMul(g: GraphBuilder, a: Value, b: Value, { transposeA, transposeB }: KernelAttributes): Value {
  const left = transposeA ? transposeMatrix(g, a) : a;
  const right = transposeB ? transposeMatrix(g, b) : b;
  const batch = broadcastShape(left.shape.slice(0, -2), right.shape.slice(0, -2));
  const shape = [...batch, left.shape[left.shape.length - 2], right.shape[right.shape.length - 1]];
  return g.emit("matmul", [left, right], {}, { shape, dtype: a.dtype });
}

function activate(g: GraphBuilder, x: Value, attributes: KernelAttributes, prelu?: Value): Value {
  switch (attributes.activation ?? "linear") {
    case "linear":
      return x;
    case "relu6":
      return clip(g, x, 0, 6);
    case "leakyrelu":
      return leakyRelu(g, x, attributes.leakyreluAlpha);
    case "prelu":
      return where(g, binary(g, "less", x, g.scalar(0, "float32")), binary(g, "mul", x, prelu as Value), x);
    default:
      return unary(g, attributes.activation as "relu" | "elu" | "sigmoid", x);
  }
}

/** The sizes of the output's letters come from the inputs' letters. */
function einsum(g: GraphBuilder, inputs: readonly Value[], equation: string): Value {
  const [left, right] = equation.replace(/\s/g, "").split("->");
  const sizes = new Map(
    left.split(",").flatMap((term, k) => [...term].map((c, i) => [c, inputs[k].shape[i]] as const)),
  );
  const shape = [...right].map((letter) => sizes.get(letter) as number);
  return g.emit("einsum", inputs, { equation: `${left}->${right}` }, { shape, dtype: inputs[0].dtype });
}

function gather(g: GraphBuilder, x: Value, indices: Value, axis: number): Value {
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  return g.emit("gather", [x, cast(g, indices, "int32")], { axis }, { shape, dtype: x.dtype });
}

/** [..., depth]: whether the index equals the position on the last axis. */
function isIndex(g: GraphBuilder, indices: Value, depth: number): Value {
  const positions = g.constant(
    Int32Array.from({ length: depth }, (_, i) => i),
    [depth],
    "int32",
  );
  return binary(g, "equal", reshape(g, cast(g, indices, "int32"), [...indices.shape, 1]), positions);
}

/** A matrix product with the one-hot matrix: deterministic, unlike a scatter, and fast for the few rows we have. */
function segmentSum(g: GraphBuilder, x: Value, segmentIds: Value, numSegments: number): Value {
  const count = segmentIds.shape[0];
  const rest = x.shape.slice(1);
  const oneHot = transposeMatrix(g, cast(g, isIndex(g, segmentIds, numSegments), "float32"));
  const columns = rest.reduce((size, n) => size * n, 1);
  const rows = reshape(g, cast(g, x, "float32"), [count, columns]);
  const sums = g.emit("matmul", [oneHot, rows], {}, { shape: [numSegments, columns], dtype: "float32" });
  return cast(g, reshape(g, sums, [numSegments, ...rest]), x.dtype);
}
