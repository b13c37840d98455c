import * as tf from "@tensorflow/tfjs";
import type { ProgramSource } from "../engine.js";
import { withBackend } from "../with-backend.js";
import { TRACE_BACKEND, traceBackend } from "./backend.js";
import { GraphBuilder } from "./builder.js";
import type { Graph, Value } from "./graph.js";

/**
 * Records what a program computes. The function is called once, synchronously; neither tfjs's active backend nor tensors
 * of other backends are changed. tfjs must be ready.
 * @throws UnsupportedOperationError if the program uses an operation that cannot be compiled.
 */
export function trace(source: ProgramSource): Graph {
  const graph = new GraphBuilder();
  const backend = traceBackend();
  const outputs: Value[] = [];
  const record = () => {
    const inputs = source.inputs.map((spec) => backend.tensor(graph.input(spec.shape, spec.dtype ?? "float32")));
    const constants = (source.constants ?? []).map(hostTensor);
    for (const output of source.fn(...inputs, ...constants)) outputs.push(backend.graphValue(output));
  };
  withBackend(TRACE_BACKEND, () => backend.recording(graph, () => tf.tidy(record)));
  return graph.finish(source.name, outputs);
}

/** A tensor on the active backend. */
export function hostTensor({ data, shape }: { data: Float32Array | Int32Array; shape: readonly number[] }): tf.Tensor {
  return tf.tensor(data, [...shape], data instanceof Int32Array ? "int32" : "float32");
}
