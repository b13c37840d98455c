import type { ConstantData, Graph, GraphNode, Value } from "../trace/graph.js";

/** How a program that may be rounded multiplies by its constant weights. */
export type Precision = "float32" | "float16" | "int8";

/** The weights of a graph whose products are rounded: constants, or parts of constants in any arrangement. */
export interface RoundedWeights {
  /** How to multiply by a value. */
  precision(value: Value): Precision;
  /** The numbers of a weight that is rounded. */
  data(weight: Value): ConstantData;
}

const exactWeights: RoundedWeights = {
  precision: () => "float32",
  data: (weight) => unknownWeight(weight),
};

/** Rows and columns from which on a weight's products take long enough to pay for rounding what meets it. */
const least = 128;

export function roundedWeights(graph: Graph, precision: Precision): RoundedWeights {
  if (precision === "float32") return exactWeights;
  const constants = new Map(graph.constants.map(({ value, data }) => [value, data]));
  const nodes = new Map<Value, GraphNode>(graph.nodes.map((node) => [node.output, node]));
  const isWeight = ({ shape, dtype }: Value): boolean =>
    dtype === "float32" && shape.length === 2 && shape.every((n) => n >= least);
  const isKnown = (value: Value): boolean => {
    if (constants.has(value)) return true;
    const node = nodes.get(value);
    return node !== undefined && value.shape.length === 2 && arranges(node) && node.inputs.every(isKnown);
  };
  const data = (value: Value): ConstantData => {
    const node = nodes.get(value);
    return constants.get(value) ?? (node ? arranged(node, node.inputs.map(data)) : unknownWeight(value));
  };
  return { precision: (value) => (isWeight(value) && isKnown(value) ? precision : "float32"), data };
}

function unknownWeight({ id }: Value): never {
  throw new Error(`onnx: value ${id} is not a weight whose products are rounded`);
}

const arranges = ({ op }: GraphNode): boolean => op === "transpose" || op === "slice" || op === "concat";

/** The result of a node that only moves the numbers of matrices. */
function arranged(node: GraphNode, inputs: readonly ConstantData[]): ConstantData {
  const [rows, columns] = node.output.shape;
  const result = new Float32Array(rows * columns);
  if (node.op === "transpose") {
    for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[i * columns + j] = inputs[0][j * rows + i];
  } else if (node.op === "slice") {
    const [top, left] = node.attributes.begin;
    const width = node.inputs[0].shape[1];
    for (let i = 0; i < rows; i++) {
      const at = (top + i) * width + left;
      result.set(inputs[0].subarray(at, at + columns), i * columns);
    }
  } else if (node.op === "concat") {
    let at = 0;
    node.inputs.forEach(({ shape: [height, width] }, k) => {
      for (let i = 0; i < height; i++) {
        const to = node.attributes.axis === 0 ? at + i * columns : i * columns + at;
        result.set(inputs[k].subarray(i * width, (i + 1) * width), to);
      }
      at += node.attributes.axis === 0 ? height * columns : width;
    });
  }
  return result;
}
