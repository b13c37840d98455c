/** The graph that tracing produces: small, typed, printable; every value has a static shape. */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly constants: readonly Constant[];
  /** In an order in which every node comes after the nodes it reads. */
  readonly nodes: readonly GraphNode[];
  readonly outputs: readonly Value[];
}

export type DType = "float32" | "int32" | "bool";

/** A value of the graph. Identity matters: two values are the same only if they are the same object. */
export interface Value {
  readonly id: number;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** Row-major values; bool is stored as 0 and 1. */
export type ConstantData = Float32Array | Int32Array | Uint8Array;

export interface Constant {
  readonly value: Value;
  readonly data: ConstantData;
}

export type UnaryOp =
  | ("abs" | "neg" | "sign" | "floor" | "ceil" | "round" | "exp" | "log" | "sqrt" | "reciprocal" | "erf")
  | ("sin" | "cos" | "tan" | "asin" | "acos" | "atan" | "sinh" | "cosh" | "tanh" | "asinh" | "acosh" | "atanh")
  | ("sigmoid" | "relu" | "elu" | "softplus" | "isNan" | "isInf" | "not");

/** fmod has the sign of the dividend (floats); floorMod that of the divisor (integers). */
export type BinaryOp =
  | ("add" | "sub" | "mul" | "div" | "pow" | "max" | "min" | "fmod" | "floorMod")
  | ("greater" | "greaterEqual" | "less" | "lessEqual" | "equal" | "and" | "or");

export type ReduceOp = "reduceSum" | "reduceMean" | "reduceMax" | "reduceMin" | "reduceProd";

type None = Readonly<Record<never, never>>;
/** Which axes a reduction removes, or keeps with length 1. */
export type Reduce = { readonly axes: readonly number[]; readonly keepDims: boolean };

/** Every operation of the graph with its attributes; target shapes and types are those of the node's output. */
export type Operations = Record<UnaryOp | BinaryOp, None> &
  Record<ReduceOp, Reduce> & {
    where: None;
    /** Inputs: values, lower bound, upper bound; the bounds are scalars. */
    clip: None;
    cast: None;
    matmul: None;
    reshape: None;
    expand: None;
    transpose: { readonly perm: readonly number[] };
    concat: { readonly axis: number };
    slice: { readonly begin: readonly number[]; readonly end: readonly number[] };
    reverse: { readonly axes: readonly number[] };
    pad: { readonly before: readonly number[]; readonly after: readonly number[]; readonly value: number };
    tile: { readonly repeats: readonly number[] };
    argMax: { readonly axis: number };
    argMin: { readonly axis: number };
    cumsum: { readonly axis: number; readonly exclusive: boolean; readonly reverse: boolean };
    gather: { readonly axis: number };
    softmax: { readonly axis: number };
    einsum: { readonly equation: string };
  };

export type OpName = keyof Operations;

export type GraphNode = {
  readonly [K in OpName]: {
    readonly op: K;
    readonly inputs: readonly Value[];
    readonly attributes: Operations[K];
    readonly output: Value;
  };
}[OpName];

/** The number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, n) => size * n, 1);
}

/** The graph as text, one value a line, for people and tests. */
export function printGraph(graph: Graph): string {
  const lines = [
    `graph ${graph.name}`,
    ...graph.inputs.map((value) => `  input ${declare(value)}`),
    ...graph.constants.map(({ value, data }) => `  const ${declare(value)} = ${printData(data)}`),
    ...graph.nodes.map((node) => `  ${declare(node.output)} = ${printCall(node)}`),
    `  return ${graph.outputs.map(reference).join(", ")}`,
  ];
  return lines.join("\n");
}

const reference = (value: Value): string => `%${value.id}`;
const declare = (value: Value): string => `${reference(value)}: ${value.dtype}[${value.shape.join(",")}]`;

function printCall(node: GraphNode): string {
  const attributes = Object.entries(node.attributes).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `${node.op}(${[...node.inputs.map(reference), ...attributes].join(", ")})`;
}

function printData(data: ConstantData): string {
  const shown = Array.from(data.subarray(0, 4), (v) => String(Number(v.toPrecision(6)))).join(", ");
  return data.length > 4 ? `${shown}, ... (${data.length} values)` : shown;
}
