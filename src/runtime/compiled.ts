import { availableParallelism } from "node:os";
import { setImmediate } from "node:timers/promises";
import * as tf from "@tensorflow/tfjs";
import * as ort from "onnxruntime-node";
import type { Engine, Program, ProgramSource, TensorSpec } from "./engine.js";
import { checkInputs, checkOutputs } from "./inputs.js";
import { encodeOnnx, inputName, outputName } from "./onnx/model.js";
import { tfjsReady } from "./tfjs-backends.js";
import { trace } from "./trace/trace.js";

// The core never prints, and what onnxruntime logs as an error it throws as well.
ort.env.logLevel = "fatal";

export type ExecutionProvider = "cpu" | "webgpu" | "cuda";

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
}

/** An engine that traces programs to ONNX and runs them with onnxruntime. */
export function compiledEngine(options: CompiledOptions = {}): Promise<Engine> {
  const provider = options.executionProvider ?? "cpu";
  const programs = new Set<CompiledProgram>();
  return Promise.resolve({
    name: `compiled-${provider}`,
    compile: async (source) => {
      const session = await ort.InferenceSession.create(await toOnnx(source), sessionOptions(provider, options));
      return new CompiledProgram(source, session, programs);
    },
    dispose: () => programs.forEach((program) => program.dispose()),
  });
}

/**
 * The program as an ONNX model (opset 18; inputs input0, ..., outputs output0, ...; constants are initializers).
 * @throws UnsupportedOperationError
 */
export async function toOnnx(source: ProgramSource): Promise<Uint8Array> {
  await tfjsReady();
  return encodeOnnx(trace(withNumericOutputs(source)));
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
  private session: ort.InferenceSession | undefined;

  /** `living` holds the engine's programs until they are disposed. */
  constructor(
    source: ProgramSource,
    session: ort.InferenceSession,
    private readonly living: Set<CompiledProgram>,
  ) {
    living.add(this);
    this.name = source.name;
    this.inputs = source.inputs;
    this.session = session;
    this.outputs = session.outputMetadata.map(outputSpec);
  }

  async run(
    inputs: readonly (Float32Array | Int32Array)[],
    into: readonly (Float32Array | Int32Array | undefined)[] = [],
  ): Promise<(Float32Array | Int32Array)[]> {
    checkInputs({ name: this.name, inputs: this.inputs }, inputs);
    checkOutputs(this, inputs, into);
    // onnxruntime computes on this thread: let timers, interrupts and progress bars have their turn between runs.
    await setImmediate();
    if (!this.session) throw new Error(`program "${this.name}" was run after it was disposed`);
    const results = await this.session.run(this.feeds(inputs), this.fetches(into));
    return this.outputs.map((_, i) => into[i] ?? (results[outputName(i)].data as Float32Array | Int32Array));
  }

  dispose(): void {
    const session = this.session;
    this.session = undefined;
    this.living.delete(this);
    void session?.release();
  }

  private feeds(inputs: readonly (Float32Array | Int32Array)[]): Record<string, ort.Tensor> {
    return Object.fromEntries(inputs.map((data, i) => [inputName(i), tensor(data, this.inputs[i].shape)]));
  }

  /** onnxruntime writes into the tensors that it is given, and makes one where it gets null. */
  private fetches(into: readonly (Float32Array | Int32Array | undefined)[]): Record<string, ort.Tensor | null> {
    return Object.fromEntries(
      this.outputs.map(({ shape }, i) => [outputName(i), into[i] ? tensor(into[i], shape) : null]),
    );
  }
}

function tensor(data: Float32Array | Int32Array, shape: readonly number[]): ort.Tensor {
  return data instanceof Int32Array ? new ort.Tensor("int32", data, shape) : new ort.Tensor("float32", data, shape);
}

function outputSpec(metadata: ort.InferenceSession.ValueMetadata): TensorSpec {
  if (!metadata.isTensor) throw new Error(`onnxruntime output ${metadata.name} is not a tensor`);
  return { shape: metadata.shape as number[], dtype: metadata.type === "int32" ? "int32" : "float32" };
}
