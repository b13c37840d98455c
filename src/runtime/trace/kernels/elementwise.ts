import type { GraphBuilder } from "../builder.js";
import type { BinaryOp, UnaryOp, Value } from "../graph.js";
import { binary, cast, clip, unary, where } from "../ops/elementwise.js";
import type { Kernel } from "./kernel.js";

const UNARY: Record<string, UnaryOp> = {
  ...{ Abs: "abs", Neg: "neg", Sign: "sign", Floor: "floor", Ceil: "ceil", Round: "round" },
  ...{ Exp: "exp", Log: "log", Sqrt: "sqrt", Reciprocal: "reciprocal", Erf: "erf" },
  ...{ Sin: "sin", Cos: "cos", Tan: "tan", Asin: "asin", Acos: "acos", Atan: "atan" },
  ...{ Sinh: "sinh", Cosh: "cosh", Tanh: "tanh", Asinh: "asinh", Acosh: "acosh", Atanh: "atanh" },
  ...{ Sigmoid: "sigmoid", Relu: "relu", Elu: "elu", Softplus: "softplus" },
  ...{ IsNan: "isNan", IsInf: "isInf", LogicalNot: "not" },
};

const ARITHMETIC: Record<string, BinaryOp> = {
  ...{ Add: "add", Sub: "sub", Multiply: "mul", RealDiv: "div", Pow: "pow", Maximum: "max", Minimum: "min" },
};

const COMPARISON: Record<string, BinaryOp> = {
  ...{ Greater: "greater", GreaterEqual: "greaterEqual", Less: "less", LessEqual: "lessEqual", Equal: "equal" },
  ...{ LogicalAnd: "and", LogicalOr: "or" },
};

/** Kernels that act on each element by itself. */
export const elementwiseKernels: Record<string, Kernel> = {
  ...mapKernels(
    UNARY,
    (op) =>
      (g, { x }) =>
        unary(g, op, x),
  ),
  ...mapKernels(
    ARITHMETIC,
    (op) =>
      (g, { a, b }) =>
        binary(g, op, numeric(g, a), numeric(g, b)),
  ),
  ...mapKernels(
    COMPARISON,
    (op) =>
      (g, { a, b }) =>
        binary(g, op, a, b),
  ),
  NotEqual: (g, { a, b }) => unary(g, "not", binary(g, "equal", a, b)),
  IsFinite: (g, { x }) => unary(g, "not", binary(g, "or", unary(g, "isNan", x), unary(g, "isInf", x))),
  Identity: (_g, { x }) => x,
  Cast: (g, { x }, { dtype }) => cast(g, x, dtype),
  Square: (g, { x }) => binary(g, "mul", x, x),
  SquaredDifference: (g, { a, b }) => square(g, binary(g, "sub", a, b)),
  AddN: (g, inputs) => Object.values(inputs).reduce((sum, x) => binary(g, "add", sum, x)),
  Rsqrt: (g, { x }) => unary(g, "reciprocal", unary(g, "sqrt", x)),
  Log1p: (g, { x }) => log1p(g, x),
  Expm1: (g, { x }) => expm1(g, x),
  FloorDiv: (g, { a, b }) => floorDivide(g, a, b),
  Mod: (g, { a, b }) => floorModulo(g, a, b),
  Step: (g, { x }, { alpha }) => step(g, x, alpha ?? 0),
  EluGrad: (g, { dy, y }) => eluGradient(g, dy, y),
  Relu6: (g, { x }) => clip(g, x, 0, 6),
  LeakyRelu: (g, { x }, { alpha }) => leakyRelu(g, x, alpha),
  ClipByValue: (g, { x }, { clipValueMin, clipValueMax }) => clip(g, x, clipValueMin, clipValueMax),
  Select: (g, { condition, t, e }) => where(g, condition, t, e),
};

function mapKernels<T>(table: Record<string, T>, kernel: (op: T) => Kernel): Record<string, Kernel> {
  return Object.fromEntries(Object.entries(table).map(([name, op]) => [name, kernel(op)]));
}

const numeric = (g: GraphBuilder, x: Value): Value => (x.dtype === "bool" ? cast(g, x, "int32") : x);
const square = (g: GraphBuilder, x: Value): Value => binary(g, "mul", x, x);

export function leakyRelu(g: GraphBuilder, x: Value, alpha: number): Value {
  return where(g, binary(g, "greater", x, g.scalar(0, x.dtype)), x, binary(g, "mul", x, g.scalar(alpha, x.dtype)));
}

function step(g: GraphBuilder, x: Value, alpha: number): Value {
  const sign = where(g, binary(g, "greater", x, g.scalar(0, x.dtype)), g.scalar(1, x.dtype), g.scalar(alpha, x.dtype));
  return x.dtype === "float32" ? where(g, unary(g, "isNan", x), x, sign) : sign;
}

function eluGradient(g: GraphBuilder, dy: Value, y: Value): Value {
  const below = binary(g, "mul", dy, binary(g, "add", y, g.scalar(1, "float32")));
  return where(g, binary(g, "greaterEqual", y, g.scalar(0, "float32")), dy, below);
}

function floorDivide(g: GraphBuilder, a: Value, b: Value): Value {
  const quotient = binary(g, "div", cast(g, a, "float32"), cast(g, b, "float32"));
  return cast(g, unary(g, "floor", quotient), "int32");
}

/** The remainder with the sign of the divisor. */
function floorModulo(g: GraphBuilder, a: Value, b: Value): Value {
  if (a.dtype !== "float32") return binary(g, "floorMod", a, b);
  const zero = g.scalar(0, "float32");
  const remainder = binary(g, "fmod", a, b);
  const sameSign = binary(g, "equal", binary(g, "less", a, zero), binary(g, "less", b, zero));
  return where(g, sameSign, remainder, binary(g, "fmod", binary(g, "add", remainder, b), b));
}

/** log(1 + x) without cancellation: the rounding error of u = 1 + x cancels in log(u) x / (u - 1) (Kahan). */
function log1p(g: GraphBuilder, x: Value): Value {
  const one = g.scalar(1, "float32");
  const u = binary(g, "add", x, one);
  const d = binary(g, "sub", u, one);
  const logU = unary(g, "log", u);
  const corrected = binary(g, "mul", logU, binary(g, "div", x, d));
  const exact = where(g, binary(g, "equal", d, x), logU, corrected);
  return where(g, binary(g, "equal", d, g.scalar(0, "float32")), x, exact);
}

/** exp(x) - 1 = 2 tanh(x/2) / (1 - tanh(x/2)) near zero, where the difference would cancel. */
function expm1(g: GraphBuilder, x: Value): Value {
  const one = g.scalar(1, "float32");
  const t = unary(g, "tanh", binary(g, "mul", x, g.scalar(0.5, "float32")));
  const small = binary(g, "div", binary(g, "add", t, t), binary(g, "sub", one, t));
  const near = binary(g, "less", unary(g, "abs", x), one);
  return where(g, near, small, binary(g, "sub", unary(g, "exp", x), one));
}
