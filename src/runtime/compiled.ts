import { availableParallelism } from "node:os";
import { setImmediate } from "node:timers/promises";
import * as tf from "@tensorflow/tfjs";
import * as ort from "onnxruntime-node";
import { Disposal } from "../base/disposed.js";
import type { Engine, Program, ProgramSource, TensorSpec } from "./engine.js";
import { checkInputs, checkOutputs } from "./inputs.js";
import type { EncodeOptions } from "./onnx/model.js";
import { encodeOnnx, inputName, outputName, stopName } from "./onnx/model.js";
import { tfjsReady } from "./tfjs-backends.js";
import type { Precision } from "./onnx/rounded-weights.js";
import { checkProducts, roundingErrors } from "./products.js";
import { sizeOf } from "./trace/graph.js";
import { trace } from "./trace/trace.js";

// The core never prints, and what onnxruntime logs as an error it throws as well.
ort.env.logLevel = "fatal";

/** Where onnxruntime runs a program. */
export type ExecutionProvider = "cpu" | "webgpu" | "cuda";

/** Threads, device and precision of a compiled engine. */
export interface CompiledOptions {
  /** Threads of one operation; default: the machine's cores. */
  readonly threads?: number;
  /** Where onnxruntime runs; default "cpu". */
  readonly executionProvider?: ExecutionProvider;
  /**
   * How long a thread spins for the next operation before it sleeps, microseconds; default 20. On idle cores that saves a
   * quarter of a small network's time, and spinning on without end saves no more; on cores that other work wants equally
   * it costs a third, and endless spinning twofold (measured; 0 never spins).
   */
  readonly spinMicroseconds?: number;
  /**
   * How programs that may be rounded (a sampler's network) multiply by their constant weights; default "float32".
   * "float16": both factors in half precision, for graphics processors that are faster at it; errors of about 0.1 %.
   * "int8", on processors only: 8-bit integers, every column of a weight with a scale of its own, what meets it with one for all
   * its rows, found anew in each run; errors of about 1 %, and a crystal's numbers depend a little on what else is in its batch.
   * Worth it where the processor has instructions for 8-bit products (VNNI, AMX); where it has none they may overflow, and
   * then the engine refuses to start.
   */
  readonly precision?: Precision;
}

const suffixes: Readonly<Record<Precision, string>> = { float32: "", float16: "-fp16", int8: "-int8" };

/**
 * An engine that traces programs to ONNX and runs them with onnxruntime.
 * @throws Error if 8-bit products are asked for that this processor does not do, or a provider other than "cpu"
 */
export async function compiledEngine(options: CompiledOptions = {}): Promise<Engine> {
  const { executionProvider: provider = "cpu", precision = "float32" } = options;
  if (precision === "int8" && provider !== "cpu")
    throw new Error(`compiled engine: 8-bit products are for the execution provider cpu, found ${provider}`);
  const programs = new Set<CompiledProgram>();
  const name = `compiled-${provider}${suffixes[precision]}`;
  const disposal = new Disposal(`engine ${name}`);
  const dispose = (): void => {
    if (disposal.end()) programs.forEach((program) => program.dispose());
  };
  const engine: Engine = {
    name,
    compile: async (source) => {
      disposal.check();
      // Results of other providers must be copied from where they are.
      const stop = provider === "cpu";
      const model = await onnxModel(source, { stop, precision: source.roundable ? precision : "float32" });
      const session = await ort.InferenceSession.create(model, sessionOptions(provider, options));
      const program = new CompiledProgram(source, session, programs);
      if (disposal.disposed) program.dispose();
      disposal.check();
      return program;
    },
    dispose,
    [Symbol.dispose]: dispose,
  };
  if (precision === "int8") await checkProducts(engine, roundingErrors.int8);
  return engine;
}

/**
 * The program as an ONNX model (opset 18; inputs input0, ..., outputs output0, ...; constants are initializers).
 * @throws UnsupportedOperationError
 */
export function toOnnx(source: ProgramSource): Promise<Uint8Array> {
  return onnxModel(source);
}

async function onnxModel(source: ProgramSource, options?: EncodeOptions): Promise<Uint8Array> {
  await tfjsReady();
  return encodeOnnx(trace(withNumericOutputs(source)), options);
}

function sessionOptions(provider: ExecutionProvider, { threads, spinMicroseconds = 20 }: CompiledOptions) {
  return {
    executionProviders: provider === "cpu" ? ["cpu"] : [provider, "cpu"],
    graphOptimizationLevel: "all",
    intraOpNumThreads: threads ?? availableParallelism(),
    interOpNumThreads: 1,
    executionMode: "sequential",
    logSeverityLevel: 4,
    extra: { session: { intra_op: spinMicroseconds > 0 ? spinFor(spinMicroseconds) : { allow_spinning: "0" } } },
  } satisfies ort.InferenceSession.SessionOptions;
}

const spinFor = (microseconds: number) => ({ allow_spinning: "1", spin_duration_us: String(Math.round(microseconds)) });

/** Booleans leave a program as int32, like from an eager one. */
function withNumericOutputs(source: ProgramSource): ProgramSource {
  const numeric = (t: tf.Tensor) => (t.dtype === "bool" ? tf.cast(t, "int32") : t);
  return { ...source, fn: (...tensors) => source.fn(...tensors).map(numeric) };
}

class CompiledProgram implements Program {
  readonly name: string;
  readonly outputs: readonly TensorSpec[];
  private readonly inputs: readonly TensorSpec[];
  private readonly disposal: Disposal;
  /** Whether the model has the output `stop`. */
  private readonly stops: boolean;

  /** `living` holds the engine's programs until they are disposed. */
  constructor(
    source: ProgramSource,
    private readonly session: ort.InferenceSession,
    private readonly living: Set<CompiledProgram>,
  ) {
    living.add(this);
    this.name = source.name;
    this.inputs = source.inputs;
    this.disposal = new Disposal(`program "${source.name}"`);
    this.outputs = session.outputMetadata.filter(({ name }) => name !== stopName).map(outputSpec);
    this.stops = session.outputNames.includes(stopName);
  }

  async run(
    inputs: readonly (Float32Array | Int32Array)[],
    into: readonly (Float32Array | Int32Array | undefined)[] = [],
  ): Promise<(Float32Array | Int32Array)[]> {
    this.disposal.check();
    checkInputs({ name: this.name, inputs: this.inputs }, inputs);
    checkOutputs(this, inputs, into);
    // onnxruntime computes on this thread: let timers, interrupts and progress bars have their turn between runs.
    await setImmediate();
    this.disposal.check();
    const outputs = this.outputs.map((spec, i) => into[i] ?? room(spec));
    await this.fill(inputs, outputs);
    return outputs;
  }

  /**
   * onnxruntime writes into the arrays that it is given, but its binding for Node then copies each of them into a fresh one for
   * a result that nobody needs, up to a quarter of a training step's time. It meets `stop` first, which it cannot hand over, and gives up
   * before the copies.
   */
  private async fill(
    inputs: readonly (Float32Array | Int32Array)[],
    outputs: readonly (Float32Array | Int32Array)[],
  ): Promise<void> {
    const fetches = { ...(this.stops && { [stopName]: null }), ...named(outputName, this.outputs, outputs) };
    try {
      await this.session.run(named(inputName, this.inputs, inputs), fetches);
    } catch (error) {
      if (!this.stops || (error as Error).message !== (await stopMessage())) throw error;
    }
  }

  dispose(): void {
    if (!this.disposal.end()) return;
    this.living.delete(this);
    void this.session.release();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

let knownStopMessage: Promise<string | undefined> | undefined;

/** The binding's error message when it meets `stop`: learned from a model that has no other output. */
function stopMessage(): Promise<string | undefined> {
  return (knownStopMessage ??= learnStopMessage());
}

async function learnStopMessage(): Promise<string | undefined> {
  const model = encodeOnnx({ name: "stop", inputs: [], constants: [], nodes: [], outputs: [] }, { stop: true });
  const session = await ort.InferenceSession.create(model, sessionOptions("cpu", {}));
  try {
    await session.run({}, { [stopName]: null });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    void session.release();
  }
}

/** onnxruntime's tensors over arrays, by the names of a program's inputs or outputs. */
function named(
  nameAt: (i: number) => string,
  specs: readonly TensorSpec[],
  arrays: readonly (Float32Array | Int32Array)[],
): Record<string, ort.Tensor> {
  return Object.fromEntries(arrays.map((data, i) => [nameAt(i), tensor(data, specs[i].shape)]));
}

const room = ({ shape, dtype }: TensorSpec): Float32Array | Int32Array =>
  dtype === "int32" ? new Int32Array(sizeOf(shape)) : new Float32Array(sizeOf(shape));

function tensor(data: Float32Array | Int32Array, shape: readonly number[]): ort.Tensor {
  return data instanceof Int32Array ? new ort.Tensor("int32", data, shape) : new ort.Tensor("float32", data, shape);
}

function outputSpec(metadata: ort.InferenceSession.ValueMetadata): TensorSpec {
  if (!metadata.isTensor) throw new Error(`onnxruntime output ${metadata.name} is not a tensor`);
  return { shape: metadata.shape as number[], dtype: metadata.type === "int32" ? "int32" : "float32" };
}
