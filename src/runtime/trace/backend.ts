import * as tf from "@tensorflow/tfjs";
import type { GraphBuilder } from "./builder.js";
import { typedArray } from "./builder.js";
import { foldOnCpu } from "./fold.js";
import type { ConstantData, DType, Value } from "./graph.js";
import type { Kernel, KernelAttributes, KernelInputs } from "./kernels/kernel.js";
import { elementwiseKernels } from "./kernels/elementwise.js";
import { layoutKernels } from "./kernels/layout.js";
import { linearKernels } from "./kernels/linear.js";
import { reduceKernels } from "./kernels/reduce.js";

export const TRACE_BACKEND = "dosmith-trace";

/** Every tfjs kernel that can be compiled, by tfjs's name. */
export const traceKernels: Readonly<Record<string, Kernel>> = {
  ...elementwiseKernels,
  ...layoutKernels,
  ...reduceKernels,
  ...linearKernels,
};

/** Thrown while compiling a function that uses an operation the compiled engine does not know. */
export class UnsupportedOperationError extends Error {
  override readonly name = "UnsupportedOperationError";
  constructor(readonly operation: string) {
    super(`operation ${operation} is not supported by the compiled engine`);
  }
}

/** What a tensor of this backend stands for: known values, or a value of the graph being recorded. */
type TensorRecord = { readonly data: ConstantData } | { readonly graph: GraphBuilder; readonly value: Value };

/**
 * A tfjs backend that computes nothing: its kernels append nodes to a graph. tfjs's own automatic differentiation runs
 * on top of it, so gradients are recorded like everything else. What depends only on known values is computed at once.
 */
export class TraceBackend extends tf.KernelBackend {
  private readonly records = new Map<object, TensorRecord>();
  private graph: GraphBuilder | undefined;

  /** Runs a synchronous function whose tensor operations are recorded in `graph`. */
  recording<T>(graph: GraphBuilder, fn: () => T): T {
    this.graph = graph;
    try {
      return fn();
    } finally {
      this.graph = undefined;
    }
  }

  /** A tensor that stands for a value of the graph. */
  tensor(value: Value): tf.Tensor {
    return tf.engine().makeTensorFromTensorInfo(this.store(value), this);
  }

  /** The graph's value for a tensor, of this backend or (by reading it) of any other. */
  graphValue(info: tf.TensorInfo): Value {
    const graph = this.currentGraph();
    const record = this.recordOf(info);
    if ("data" in record) return graph.constant(record.data, info.shape, info.dtype as DType);
    if (record.graph !== graph) throw new Error("a tensor of one traced function was used in another one");
    return record.value;
  }

  /** Records one kernel call, or computes it if all its inputs are known. */
  run(kernelName: string, inputs: tf.NamedTensorInfoMap, attributes: object): tf.TensorInfo | tf.TensorInfo[] {
    const folded = foldOnCpu(kernelName, inputs, attributes, (info) => this.knownData(info));
    if (folded) return mapOneOrMany(folded, ({ data, shape, dtype }) => this.known(data, shape, dtype));
    const kernel = traceKernels[kernelName];
    if (!kernel) throw new UnsupportedOperationError(kernelName);
    const values = Object.entries(inputs).flatMap(([key, t]) => (t ? [[key, this.graphValue(t)] as const] : []));
    const named: KernelInputs = Object.fromEntries(values);
    const output = kernel(this.currentGraph(), named, attributes as KernelAttributes);
    return mapOneOrMany(output, (value) => this.store(value));
  }

  override write(values: tf.BackendValues, _shape: number[], dtype: tf.DataType): object {
    const dataId = {};
    this.records.set(dataId, { data: asConstantData(values, dtype) });
    return dataId;
  }

  override move(dataId: object, values: tf.BackendValues, _shape: number[], dtype: tf.DataType): void {
    this.records.set(dataId, { data: asConstantData(values, dtype) });
  }

  override readSync(dataId: object): tf.BackendValues {
    const record = this.records.get(dataId);
    if (record && "data" in record) return record.data;
    throw new Error("a tensor's values were read while compiling: a compiled function may only use tensor operations");
  }

  // Not an async function: tfjs expects the error of a wrong read now, not later.
  override read(dataId: object): Promise<tf.BackendValues> {
    return Promise.resolve(this.readSync(dataId));
  }

  override disposeData(dataId: object): boolean {
    this.records.delete(dataId);
    return true;
  }

  override numDataIds(): number {
    return this.records.size;
  }

  // Every kernel call makes new data, so nothing is ever shared.
  override refCount(): number {
    return 1;
  }
  override incRef(): void {}

  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }
  override floatPrecision(): 16 | 32 {
    return 32;
  }
  override epsilon(): number {
    return 1e-7;
  }
  override timerAvailable(): boolean {
    return false;
  }

  private currentGraph(): GraphBuilder {
    if (!this.graph) throw new Error(`the tfjs backend "${TRACE_BACKEND}" only records functions being compiled`);
    return this.graph;
  }

  private store(value: Value): tf.TensorInfo {
    const dataId = {};
    this.records.set(dataId, { graph: this.currentGraph(), value });
    return { dataId, shape: [...value.shape], dtype: value.dtype };
  }

  private known(data: ConstantData, shape: number[], dtype: DType): tf.TensorInfo {
    return { dataId: this.write(data, shape, dtype), shape, dtype };
  }

  private knownData(info: tf.TensorInfo): ConstantData | undefined {
    const record = this.recordOf(info);
    return "data" in record ? record.data : undefined;
  }

  /** A tensor of another backend is read, not moved: it must stay where it lives. */
  private recordOf(info: tf.TensorInfo): TensorRecord {
    const record = this.records.get(info.dataId);
    if (record) return record;
    const home = tf.engine().state.tensorInfo.get(info.dataId)?.backend;
    if (!home) throw new Error("a disposed tensor was used while compiling");
    return { data: asConstantData(home.readSync(info.dataId), info.dtype) };
  }
}

function asConstantData(values: tf.BackendValues, dtype: tf.DataType): ConstantData {
  if (dtype !== "float32" && dtype !== "int32" && dtype !== "bool")
    throw new UnsupportedOperationError(`on ${dtype} tensors`);
  const numbers = values as Float32Array | Int32Array | Uint8Array;
  const fits = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[dtype];
  return numbers instanceof fits ? numbers : typedArray(dtype, numbers);
}

function mapOneOrMany<A, B>(items: A | A[], fn: (item: A) => B): B | B[] {
  return Array.isArray(items) ? items.map(fn) : fn(items);
}

/** Every kernel that tfjs has is registered, so that an unsupported one is still folded, or named in the error. */
function registerTraceBackend(): void {
  // Priority 0: never chosen as the default backend.
  tf.registerBackend(TRACE_BACKEND, () => new TraceBackend(), 0);
  const names = new Set([...tf.getKernelsForBackend("cpu").map((k) => k.kernelName), ...Object.keys(traceKernels)]);
  for (const kernelName of names)
    tf.registerKernel({
      kernelName,
      backendName: TRACE_BACKEND,
      kernelFunc: ({ inputs, attrs, backend }) => (backend as TraceBackend).run(kernelName, inputs, attrs ?? {}),
    });
}

export function traceBackend(): TraceBackend {
  if (!tf.engine().registryFactory[TRACE_BACKEND]) registerTraceBackend();
  return tf.findBackend(TRACE_BACKEND) as TraceBackend;
}
