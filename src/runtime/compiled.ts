import { availableParallelism } from "node:os";
import { setImmediate } from "node:timers/promises";
import * as tf from "@tensorflow/tfjs";
import * as ort from "onnxruntime-node";
import type { Engine, Program, ProgramSource, TensorSpec } from "./engine.js";
import { checkInputs } from "./inputs.js";
import { encodeOnnx, inputName, outputName } from "./onnx/model.js";
import { tfjsReady } from "./tfjs-backends.js";
import { trace } from "./trace/trace.js";

export type ExecutionProvider = "cpu" | "webgpu" | "cuda";

export interface CompiledOptions {
  /** Threads of one operation; default: the machine's cores. */
  readonly threads?: number;
  /** Where onnxruntime runs; default "cpu". */
  readonly executionProvider?: ExecutionProvider;
}

/** An engine that traces programs to ONNX and runs them with onnxruntime. */
export function compiledEngine(options: CompiledOptions = {}): Promise<Engine> {
  const provider = options.executionProvider ?? "cpu";
  const threads = options.threads ?? availableParallelism();
  const programs = new Set<CompiledProgram>();
  return Promise.resolve({
    name: `compiled-${provider}`,
    compile: async (source) => {
      const program = await compileProgram(source, sessionOptions(provider, threads));
      programs.add(program);
      return program;
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

async function compileProgram(source: ProgramSource, options: ort.InferenceSession.SessionOptions) {
  const bytes = await toOnnx(source);
  const session = await ort.InferenceSession.create(bytes, options);
  return new CompiledProgram(source, session);
}

function sessionOptions(provider: ExecutionProvider, threads: number): ort.InferenceSession.SessionOptions {
  return {
    executionProviders: provider === "cpu" ? ["cpu"] : [provider, "cpu"],
    graphOptimizationLevel: "all",
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    logSeverityLevel: 3,
  };
}

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

  constructor(source: ProgramSource, session: ort.InferenceSession) {
    this.name = source.name;
    this.inputs = source.inputs;
    this.session = session;
    this.outputs = session.outputMetadata.map(outputSpec);
  }

  async run(inputs: readonly (Float32Array | Int32Array)[]): Promise<(Float32Array | Int32Array)[]> {
    checkInputs({ name: this.name, inputs: this.inputs }, inputs);
    // onnxruntime computes on this thread: let timers, interrupts and progress bars have their turn between runs.
    await setImmediate();
    if (!this.session) throw new Error(`program "${this.name}" was run after it was disposed`);
    const results = await this.session.run(this.feeds(inputs));
    return this.outputs.map((_, i) => results[outputName(i)].data as Float32Array | Int32Array);
  }

  dispose(): void {
    const session = this.session;
    this.session = undefined;
    void session?.release();
  }

  private feeds(inputs: readonly (Float32Array | Int32Array)[]): Record<string, ort.Tensor> {
    const tensor = (data: Float32Array | Int32Array, shape: readonly number[]) =>
      data instanceof Int32Array ? new ort.Tensor("int32", data, shape) : new ort.Tensor("float32", data, shape);
    return Object.fromEntries(inputs.map((data, i) => [inputName(i), tensor(data, this.inputs[i].shape)]));
  }
}

function outputSpec(metadata: ort.InferenceSession.ValueMetadata): TensorSpec {
  if (!metadata.isTensor) throw new Error(`onnxruntime output ${metadata.name} is not a tensor`);
  return { shape: metadata.shape as number[], dtype: metadata.type === "int32" ? "int32" : "float32" };
}
