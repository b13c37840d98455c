import { setImmediate } from "node:timers/promises";
import * as tf from "@tensorflow/tfjs";
import { Disposal } from "../base/disposed.js";
import type { Engine, HostTensor, Program, ProgramSource, TensorSpec } from "./engine.js";
import { checkInputs, checkOutputs } from "./inputs.js";
import { loadTfjsBackend } from "./tfjs-backends.js";
import type { EagerBackend } from "./tfjs-backends.js";
import { prepareBackend, withBackend } from "./with-backend.js";

/**
 * An engine that runs programs operation by operation on a tfjs backend.
 * @throws Error if the backend is not installed or does not start.
 */
export async function eagerEngine(backend: EagerBackend): Promise<Engine> {
  await loadTfjsBackend(backend);
  await prepareBackend(backend);
  const programs = new Set<EagerProgram>();
  const name = `eager-${backend}`;
  const disposal = new Disposal(`engine ${name}`);
  const dispose = (): void => {
    if (disposal.end()) programs.forEach((program) => program.dispose());
  };
  return {
    name,
    // eslint-disable-next-line @typescript-eslint/require-await -- its errors are rejections
    compile: async (source) => {
      disposal.check();
      return new EagerProgram(backend, source, programs);
    },
    dispose,
    [Symbol.dispose]: dispose,
  };
}

class EagerProgram implements Program {
  readonly name: string;
  private readonly constants: tf.Tensor[];
  private outputSpecs: readonly TensorSpec[] | undefined;
  private readonly disposal: Disposal;

  constructor(
    private readonly backend: EagerBackend,
    private readonly source: ProgramSource,
    /** The engine's programs until they are disposed. */
    private readonly living: Set<EagerProgram>,
  ) {
    living.add(this);
    this.name = source.name;
    this.constants = withBackend(backend, () => (source.constants ?? []).map(upload));
    this.disposal = new Disposal(`program "${source.name}"`);
  }

  /** Known after the first run; asked for earlier, it costs a run on zeros. */
  get outputs(): readonly TensorSpec[] {
    this.disposal.check();
    if (!this.outputSpecs) tf.dispose(this.evaluate(this.source.inputs.map(zeros)));
    return this.outputSpecs as readonly TensorSpec[];
  }

  async run(
    inputs: readonly (Float32Array | Int32Array)[],
    into: readonly (Float32Array | Int32Array | undefined)[] = [],
  ): Promise<(Float32Array | Int32Array)[]> {
    this.disposal.check();
    checkInputs(this.source, inputs);
    // Timers, interrupts and progress bars have their turn between runs, as with the compiled engines.
    await setImmediate();
    this.disposal.check();
    const outputs = this.evaluate(inputs);
    try {
      if (into.length > 0) checkOutputs(this, inputs, into);
      const found = await Promise.all(outputs.map(download));
      found.forEach((values, i) => into[i]?.set(values));
      return found.map((values, i) => into[i] ?? values);
    } finally {
      tf.dispose(outputs);
    }
  }

  dispose(): void {
    if (!this.disposal.end()) return;
    this.living.delete(this);
    tf.dispose(this.constants);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  private evaluate(inputs: readonly (Float32Array | Int32Array)[]): tf.Tensor[] {
    const outputs = withBackend(this.backend, () =>
      tf.tidy(() => {
        const tensors = this.source.inputs.map((spec, i) => upload({ shape: spec.shape, data: inputs[i] }));
        // An output may be a constant or come twice; clones share its data and are disposed one by one.
        return this.source.fn(...tensors, ...this.constants).map(numeric);
      }),
    );
    this.outputSpecs ??= outputs.map((t) => ({ shape: t.shape, dtype: t.dtype as "float32" | "int32" }));
    return outputs;
  }
}

const zeros = ({ shape, dtype }: TensorSpec): Float32Array | Int32Array => {
  const size = tf.util.sizeFromShape([...shape]);
  return dtype === "int32" ? new Int32Array(size) : new Float32Array(size);
};

/** The backend may keep the array it is given: it gets one of its own. */
function upload({ shape, data }: HostTensor): tf.Tensor {
  return tf.tensor(data.slice(), [...shape], data instanceof Int32Array ? "int32" : "float32");
}

const numeric = (t: tf.Tensor): tf.Tensor => (t.dtype === "bool" ? tf.cast(t, "int32") : tf.clone(t));

async function download(t: tf.Tensor): Promise<Float32Array | Int32Array> {
  const data = await t.data<"float32" | "int32" | "bool">();
  // The wasm backend's cast from bool to int32 leaves the bytes as they are.
  return t.dtype === "int32" ? Int32Array.from(data) : Float32Array.from(data);
}
