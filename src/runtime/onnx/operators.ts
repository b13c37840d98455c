import { typedArray } from "../trace/builder.js";
import type { BinaryOp, GraphNode, OpName, Operations, ReduceOp, UnaryOp, Value } from "../trace/graph.js";
import type { OnnxWriter } from "./writer.js";
import { CONTRIB_DOMAIN, ELEMENT_TYPE, nameOf } from "./writer.js";

/** Writes one node of the graph as ONNX nodes (opset 18). */
type Operator<K extends OpName> = (
  writer: OnnxWriter,
  inputs: readonly Value[],
  output: Value,
  attributes: Operations[K],
) => void;

type Operators = { readonly [K in OpName]: Operator<K> };

export function writeNode(writer: OnnxWriter, node: GraphNode): void {
  const operator = operators[node.op] as Operator<OpName>;
  operator(writer, node.inputs, node.output, node.attributes);
}

/** An operator whose ONNX counterpart takes the same inputs and no attributes. */
const plain =
  (opType: string): Operator<UnaryOp | BinaryOp | "where" | "clip"> =>
  (writer, inputs, output) =>
    writer.node(opType, inputs, output);

const unary: Record<UnaryOp, Operator<UnaryOp>> = {
  ...{ abs: plain("Abs"), neg: plain("Neg"), sign: plain("Sign"), floor: plain("Floor"), ceil: plain("Ceil") },
  ...{ round: plain("Round"), exp: plain("Exp"), log: plain("Log"), sqrt: plain("Sqrt"), erf: plain("Erf") },
  ...{ reciprocal: plain("Reciprocal"), sin: plain("Sin"), cos: plain("Cos"), tan: plain("Tan") },
  ...{ asin: plain("Asin"), acos: plain("Acos"), atan: plain("Atan"), sinh: plain("Sinh"), cosh: plain("Cosh") },
  ...{ tanh: plain("Tanh"), asinh: plain("Asinh"), acosh: plain("Acosh"), atanh: plain("Atanh") },
  ...{ sigmoid: plain("Sigmoid"), relu: plain("Relu"), elu: plain("Elu"), softplus: plain("Softplus") },
  ...{ isNan: plain("IsNaN"), isInf: plain("IsInf"), not: plain("Not") },
};

const binary: Record<BinaryOp, Operator<BinaryOp>> = {
  ...{ add: plain("Add"), sub: plain("Sub"), mul: plain("Mul"), div: plain("Div"), pow: plain("Pow") },
  ...{ max: plain("Max"), min: plain("Min"), and: plain("And"), or: plain("Or"), equal: plain("Equal") },
  ...{ greater: plain("Greater"), greaterEqual: plain("GreaterOrEqual") },
  ...{ less: plain("Less"), lessEqual: plain("LessOrEqual") },
  fmod: (writer, inputs, output) => writer.node("Mod", inputs, output, { fmod: 1 }),
  floorMod: (writer, inputs, output) => writer.node("Mod", inputs, output, { fmod: 0 }),
};

const reduction =
  (opType: string): Operator<ReduceOp> =>
  (writer, [x], output, { axes, keepDims }) =>
    writer.node(opType, [x, writer.int64(axes)], output, { keepdims: Number(keepDims) });

const reductions: Record<ReduceOp, Operator<ReduceOp>> = {
  reduceSum: reduction("ReduceSum"),
  reduceMean: reduction("ReduceMean"),
  reduceMax: reduction("ReduceMax"),
  reduceMin: reduction("ReduceMin"),
  reduceProd: reduction("ReduceProd"),
};

/** ONNX counts positions in int64, tfjs in int32. */
const argExtreme =
  (opType: string): Operator<"argMax" | "argMin"> =>
  (writer, [x], output, { axis }) => {
    const wide = `${nameOf(output)}_int64`;
    writer.node(opType, [x], wide, { axis, keepdims: 0 });
    writer.node("Cast", [wide], output, { to: ELEMENT_TYPE.int32 });
  };

const cast: Operator<"cast"> = (writer, [x], output) =>
  writer.node("Cast", [x], output, { to: ELEMENT_TYPE[output.dtype] });

const reshape: Operator<"reshape"> = (writer, [x], output) =>
  writer.node("Reshape", [x, writer.int64(output.shape)], output);

const expand: Operator<"expand"> = (writer, [x], output) =>
  writer.node("Expand", [x, writer.int64(output.shape)], output);

const transpose: Operator<"transpose"> = (writer, [x], output, { perm }) =>
  writer.node("Transpose", [x], output, { perm });

const concat: Operator<"concat"> = (writer, inputs, output, { axis }) =>
  writer.node("Concat", inputs, output, { axis });

/** Only the axes that are cut are named. */
const slice: Operator<"slice"> = (writer, [x], output, { begin, end }) => {
  const axes = begin.map((_, i) => i).filter((i) => begin[i] !== 0 || end[i] !== x.shape[i]);
  const at = (values: readonly number[]) => writer.int64(axes.map((i) => values[i]));
  writer.node("Slice", [x, at(begin), at(end), writer.int64(axes)], output);
};

const reverse: Operator<"reverse"> = (writer, [x], output, { axes }) => {
  const last = writer.int64(axes.map(() => -1));
  const beforeFirst = writer.int64(axes.map((axis) => -x.shape[axis] - 1));
  writer.node("Slice", [x, last, beforeFirst, writer.int64(axes), last], output);
};

const pad: Operator<"pad"> = (writer, [x], output, { before, after, value }) => {
  const fill = writer.scalar(`${nameOf(output)}_fill`, x.dtype, typedArray(x.dtype, [value]));
  writer.node("Pad", [x, writer.int64([...before, ...after]), fill], output);
};

const tile: Operator<"tile"> = (writer, [x], output, { repeats }) =>
  writer.node("Tile", [x, writer.int64(repeats)], output);

const cumsum: Operator<"cumsum"> = (writer, [x], output, { axis, exclusive, reverse }) =>
  writer.node("CumSum", [x, writer.int64([axis])], output, { exclusive: Number(exclusive), reverse: Number(reverse) });

const gather: Operator<"gather"> = (writer, inputs, output, { axis }) =>
  writer.node("Gather", inputs, output, { axis });

const softmax: Operator<"softmax"> = (writer, inputs, output, { axis }) =>
  writer.node("Softmax", inputs, output, { axis });

const einsum: Operator<"einsum"> = (writer, inputs, output, { equation }) =>
  writer.node("Einsum", inputs, output, { equation });

/** By a weight that may be rounded, in 8-bit integers (onnxruntime rounds the other factor) or in half precision. */
const matmul: Operator<"matmul"> = (writer, [x, y], output) => {
  const precision = writer.weights.precision(y);
  if (precision === "int8")
    writer.node("DynamicQuantizeMatMul", [x, ...writer.int8(y)], output, { domain: CONTRIB_DOMAIN });
  else if (precision === "float16") {
    const halves = [x, y].map((factor) => writer.half(factor));
    writer.node("MatMul", halves, `${nameOf(output)}_half`);
    writer.node("Cast", [`${nameOf(output)}_half`], output, { to: ELEMENT_TYPE.float32 });
  } else writer.node("MatMul", [x, y], output);
};

const operators: Operators = {
  ...unary,
  ...binary,
  ...reductions,
  ...{ where: plain("Where"), clip: plain("Clip"), matmul },
  ...{ cast, reshape, expand, transpose, concat, slice, reverse, pad, tile, cumsum, gather, softmax, einsum },
  ...{ argMax: argExtreme("ArgMax"), argMin: argExtreme("ArgMin") },
};
