import onnxProto from "onnx-proto";
import type { Graph, Value } from "../trace/graph.js";
import { writeNode } from "./operators.js";
import type { Precision, RoundedWeights } from "./rounded-weights.js";
import { roundedWeights } from "./rounded-weights.js";
import { CONTRIB_DOMAIN, ELEMENT_TYPE, nameOf, OnnxWriter, valueInfo } from "./writer.js";

const IR_VERSION = 8;
const OPSET_VERSION = 18;

export const inputName = (i: number): string => `input${i}`;
export const outputName = (i: number): string => `output${i}`;

/** An output that is not a tensor and comes before all others, see `encodeOnnx`. */
export const stopName = "stop";

export interface EncodeOptions {
  readonly stop?: boolean;
  readonly precision?: Precision;
}

/**
 * A graph as the bytes of an ONNX model with inputs input0, input1, ... and outputs output0, output1, ...
 * @param options.stop adds the output `stop`, an empty sequence, as the first one
 * @param options.precision of products with large constant matrices; 8-bit integers by an operator of onnxruntime's own
 */
export function encodeOnnx(graph: Graph, { stop = false, precision = "float32" }: EncodeOptions = {}): Uint8Array {
  const weights = roundedWeights(graph, precision);
  const writer = new OnnxWriter(weights);
  const needed = reached(graph, weights);
  for (const { value, data } of graph.constants) if (needed.has(value)) writer.constant(value, data);
  graph.inputs.forEach((value, i) => writer.node("Identity", [inputName(i)], value));
  for (const node of graph.nodes) if (needed.has(node.output)) writeNode(writer, node);
  nameOutputs(writer, graph);
  if (stop) writer.node("SequenceEmpty", [], stopName);
  const { ModelProto } = onnxProto.onnx;
  const model = ModelProto.create({
    irVersion: IR_VERSION,
    producerName: "dosmith",
    opsetImport: [
      { domain: "", version: OPSET_VERSION },
      ...(precision === "int8" ? [{ domain: CONTRIB_DOMAIN, version: 1 }] : []),
    ],
    graph: {
      name: graph.name,
      node: writer.nodes,
      initializer: writer.initializers,
      input: graph.inputs.map((value, i) => describe(inputName(i), value)),
      output: [
        ...(stop ? [{ name: stopName, type: sequenceType }] : []),
        ...graph.outputs.map((value, i) => describe(outputName(i), value)),
      ],
    },
  });
  return ModelProto.encode(model).finish();
}

/** What the outputs need; weights in 8-bit integers are written by themselves. */
function reached(graph: Graph, weights: RoundedWeights): Set<Value> {
  const found = new Set<Value>(graph.outputs);
  for (const { op, inputs, output } of [...graph.nodes].reverse()) {
    if (!found.has(output)) continue;
    const own = op === "matmul" && weights.precision(inputs[1]) === "int8";
    for (const input of own ? inputs.slice(0, 1) : inputs) found.add(input);
  }
  return found;
}

/**
 * The values that leave the graph. What a node computes gets the output's name, so that nothing is copied; an input, a
 * constant or what is another output already is copied under a name of its own.
 */
function nameOutputs(writer: OnnxWriter, graph: Graph): void {
  const computed = new Set(graph.nodes.map(({ output }) => output));
  const names = new Map<string, string>();
  graph.outputs.forEach((value, i) => {
    if (computed.delete(value)) names.set(nameOf(value), outputName(i));
  });
  writer.rename(names);
  graph.outputs.forEach((value, i) => {
    const name = names.get(nameOf(value)) ?? nameOf(value);
    if (name !== outputName(i)) writer.node("Identity", [name], outputName(i));
  });
}

const sequenceType = { sequenceType: { elemType: { tensorType: { elemType: ELEMENT_TYPE.float32 } } } };

const describe = (name: string, value: Value) => valueInfo(name, value.dtype, value.shape);
