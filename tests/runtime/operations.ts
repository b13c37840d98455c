import * as tf from "@tensorflow/tfjs";
import type { TensorSpec } from "../../src/runtime/index.js";

type T = tf.Tensor;

/** One tfjs operation on given shapes; values are random in `range`. */
export interface OperationCase {
  readonly name: string;
  readonly fn: (...tensors: T[]) => T | T[];
  readonly inputs: readonly TensorSpec[];
  /** Float inputs are uniform in it; default [-2, 2]. */
  readonly range?: readonly [number, number];
  /** Integer inputs are in 0 ... below; default 3. */
  readonly below?: number;
  /** False where tfjs defines no gradient. */
  readonly gradient?: boolean;
}

const f = (...shape: number[]): TensorSpec => ({ shape });
const i = (...shape: number[]): TensorSpec => ({ shape, dtype: "int32" });
const positive = { range: [0.2, 3] as const };
const inner = { range: [-0.9, 0.9] as const };
// tfjs sums no gradient over the axes that these operations broadcast.
const sameShape = { inputs: [f(2, 3), f(2, 3)] };
const noGradient = { gradient: false };

function one(name: string, fn: (x: T) => T | T[], options: Partial<OperationCase> = {}): OperationCase {
  return { name, fn: fn, inputs: [f(3, 4)], ...options };
}

function two(name: string, fn: (a: T, b: T) => T | T[], options: Partial<OperationCase> = {}): OperationCase {
  return { name, fn: fn, inputs: [f(2, 3, 4), f(3, 1)], ...options };
}

const elementwise: OperationCase[] = [
  two("add", tf.add),
  two("sub", tf.sub),
  two("mul", tf.mul),
  two("div", tf.div, positive),
  two("pow", tf.pow, positive),
  two("maximum", tf.maximum, sameShape),
  two("minimum", tf.minimum, sameShape),
  two("mod", tf.mod, { inputs: [f(2, 3, 4), f(3, 4)] }),
  two("floorDiv", tf.floorDiv, {
    inputs: [i(5), i(1)],
    gradient: false,
    below: 9,
    fn: (a, b) => tf.floorDiv(a, tf.add(b, tf.scalar(1, "int32"))),
  }),
  two("integer mod", tf.mod, {
    inputs: [i(5)],
    gradient: false,
    below: 9,
    fn: (a) => tf.mod(tf.sub(a, tf.scalar(4, "int32")), tf.scalar(3, "int32")),
  }),
  two("squaredDifference", tf.squaredDifference, sameShape),
  two("addN", (a, b) => tf.addN([a, b, a]), { inputs: [f(2, 3), f(2, 3)] }),
  two(
    "comparisons",
    (a, b) => [tf.greater(a, b), tf.greaterEqual(a, b), tf.less(a, b), tf.lessEqual(a, b)],
    noGradient,
  ),
  two("equality", (a, b) => [tf.equal(a, b), tf.notEqual(a, b)], { inputs: [i(2, 6), i(6)], gradient: false }),
  two(
    "logic",
    (a, b) => [
      tf.logicalAnd(tf.greater(a, 0), tf.greater(b, 0)),
      tf.logicalOr(tf.greater(a, 0), tf.greater(b, 0)),
      tf.logicalNot(tf.greater(a, 0)),
    ],
    noGradient,
  ),
  two("where", (a, b) => tf.where(tf.greaterEqual(a, 0), tf.mul(a, a), b)),
  ...[tf.abs, tf.neg, tf.exp, tf.sin, tf.cos, tf.sinh, tf.cosh, tf.tanh, tf.atan, tf.asinh, tf.square, tf.expm1].map(
    (op) => one(op.name, op),
  ),
  ...[tf.sigmoid, tf.relu, tf.relu6, tf.elu, tf.softplus, tf.erf, tf.leakyRelu].map((op) => one(op.name, op)),
  ...[tf.floor, tf.ceil, tf.round, tf.sign].map((op) => one(op.name, op)),
  ...[tf.log, tf.log1p, tf.sqrt, tf.rsqrt, tf.reciprocal].map((op) => one(op.name, op, positive)),
  ...[tf.tan, tf.asin, tf.acos, tf.atanh].map((op) => one(op.name, op, inner)),
  one("acosh", tf.acosh, { range: [1.2, 3] }),
  one("step", (x) => tf.step(x, 0.3), noGradient),
  one("clipByValue", (x) => tf.clipByValue(x, -0.5, 1)),
  one(
    "isNan and isInf",
    (x) => [tf.isNaN(tf.log(x)), tf.isInf(tf.div(1, tf.relu(x))), tf.isFinite(tf.sqrt(x))],
    noGradient,
  ),
  one("cast", (x) => [tf.cast(x, "int32"), tf.cast(tf.cast(x, "int32"), "float32")], noGradient),
  one("cast to bool", (x) => tf.cast(tf.round(x), "bool"), noGradient),
  one("clone", (x) => tf.mul(tf.clone(x), x)),
  one("silu", (x) => tf.mul(x, tf.sigmoid(x))),
];

const layout: OperationCase[] = [
  one("reshape", (x) => tf.reshape(tf.reshape(x, [2, -1]), [6, 2])),
  one("expandDims and squeeze", (x) => tf.mul(tf.squeeze(tf.expandDims(tf.expandDims(x, 1), -1)), x)),
  one("transpose", (x) => tf.transpose(x, [2, 0, 1]), { inputs: [f(2, 3, 4)] }),
  one("transpose twice", (x) => tf.transpose(tf.transpose(x, [2, 0, 1]), [1, 2, 0]), { inputs: [f(2, 3, 4)] }),
  one("reverse", (x) => tf.reverse(x, [0, 2]), { inputs: [f(2, 3, 4)] }),
  two("concat", (a, b) => tf.concat([a, b, a], -1), { inputs: [f(2, 3), f(2, 2)] }),
  two("stack", (a, b) => tf.stack([a, b], 1), { inputs: [f(2, 3), f(2, 3)] }),
  one("unstack", (x) => tf.unstack(x, 1)),
  one("slice", (x) => tf.slice(x, [1, 1], [-1, 2])),
  one("split", (x) => tf.split(x, [1, 3], 1)),
  one("split evenly", (x) => tf.split(x, 2, -1)),
  one("pad", (x) =>
    tf.pad(
      x,
      [
        [1, 0],
        [2, 3],
      ],
      1.5,
    ),
  ),
  one("tile", (x) => tf.tile(x, [2, 3])),
  one("broadcastTo", (x) => tf.broadcastTo(x, [2, 3, 4]), { inputs: [f(3, 1)] }),
  one("likes", (x) => [tf.mul(x, tf.onesLike(x)), tf.add(x, tf.zerosLike(x)), tf.concat([x, tf.onesLike(x)])]),
  one("fill and range", (x) => tf.add(tf.mul(x, tf.range(0, 4)), tf.fill([3, 4], 2.5))),
  one("meshgrid", (x) => tf.mul(x, tf.meshgrid(tf.linspace(0, 1, 4), tf.range(0, 3))[0])),
];

const reductions: OperationCase[] = [
  one("sum", (x) => [tf.sum(x, 1), tf.sum(x, [0, 2], true), tf.sum(x)], { inputs: [f(2, 3, 4)] }),
  one("mean", (x) => [tf.mean(x, 1), tf.mean(x, -1, true), tf.mean(x)], { inputs: [f(2, 3, 4)] }),
  one("max", (x) => [tf.max(x, 1), tf.max(x, 0, true)]),
  one("min", (x) => [tf.min(x, 1), tf.min(x, 0, true)]),
  one("prod", (x) => [tf.prod(x, 1), tf.prod(x, [0], true)]),
  one("sum of a scalar", (x) => tf.sum(x), { inputs: [f()] }),
  one("any and all", (x) => [tf.any(tf.greater(x, 1.5), 1), tf.all(tf.greater(x, -1), 0)], noGradient),
  one("argMax", (x) => [tf.argMax(x, 1), tf.argMin(x, 0)], noGradient),
  one("softmax", (x) => tf.softmax(x)),
  one("logSoftmax", (x) => tf.logSoftmax(x)),
  one("logSumExp", (x) => tf.logSumExp(x, 1)),
  one("cumsum", (x) => [tf.cumsum(x, 1), tf.cumsum(x, 1, true, true)]),
  one("cumprod", (x) => [tf.cumprod(x, 1), tf.cumprod(x, 0, true, true)], noGradient),
  one("layer norm", (x) => {
    const centred = tf.sub(x, tf.mean(x, -1, true));
    return tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), 1e-5)));
  }),
  one("norm", (x) => tf.norm(x, 2, 1)),
];

const linear: OperationCase[] = [
  two("matMul", (a, b) => tf.matMul(a, b), { inputs: [f(3, 4), f(4, 5)] }),
  two("matMul transposed", (a, b) => tf.matMul(a, b, true, true), { inputs: [f(4, 3), f(5, 4)] }),
  two("batched matMul", (a, b) => tf.matMul(a, b, false, true), { inputs: [f(2, 3, 4), f(2, 5, 4)] }),
  two("broadcast matMul", (a, b) => tf.matMul(a, b), { inputs: [f(2, 3, 4), f(1, 4, 5)], gradient: false }),
  ...(["linear", "relu", "elu", "sigmoid"] as const).map((activation) => ({
    name: `fused matMul ${activation}`,
    fn: (a: T, b: T, bias: T) => tf.fused.matMul({ a: a, b: b, bias, activation }),
    inputs: [f(3, 4), f(4, 5), f(5)],
    gradient: activation === "linear" || activation === "relu",
  })),
  two("einsum", (a, b) => tf.einsum("bij,bjk->bik", a, b), { inputs: [f(2, 3, 4), f(2, 4, 5)], gradient: false }),
  two("dot", (a, b) => tf.dot(a, b), { inputs: [f(4), f(4)] }),
  two("gather", (x, at) => tf.gather(x, tf.cast(at, "int32"), 1), { inputs: [f(2, 3, 2), i(5)] }),
  one("oneHot", (x) => tf.oneHot(tf.cast(x, "int32"), 3, 2, -1), { inputs: [i(2, 5)], gradient: false }),
  two("unsortedSegmentSum", (x, at) => tf.unsortedSegmentSum(x, tf.cast(at, "int32") as tf.Tensor1D, 4), {
    inputs: [f(5, 2), i(5)],
  }),
  one(
    "integer arithmetic",
    (x) => [tf.add(x, x), tf.sum(x, 0), tf.max(x, 1), tf.concat([x, x]), tf.maximum(x, tf.neg(x))],
    { inputs: [i(2, 3)], gradient: false },
  ),
];

export const operations: readonly OperationCase[] = [...elementwise, ...layout, ...reductions, ...linear];
