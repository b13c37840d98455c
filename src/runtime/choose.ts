import { existsSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";
import type { BackendName } from "./backend-names.js";
import type { Engine, ProgramSource } from "./engine.js";

/** What a trial found about a backend. */
export interface BackendTrial {
  readonly name: BackendName;
  /** Of one run of the trial program; absent where it did not run. */
  readonly ms?: number;
  /** Why it is not eligible; absent if it is. */
  readonly reason?: string;
}

/** The backend that "auto" means here, and the trials that decided. */
export interface BackendChoice {
  readonly name: BackendName;
  /** Empty where there was nothing to choose between. */
  readonly trials: readonly BackendTrial[];
}

/** Another backend must be this many times faster than compiled-cpu: a trial is short, and results differ in the last digits. */
const gain = 1.5;
/** Largest difference from compiled-cpu that counts as rounding, relative to the largest value. */
const tolerance = 1e-3;
const accelerators = ["compiled-cuda", "compiled-webgpu", "eager-tensorflow"] as const;

/**
 * The backend that "auto" means: compiled-cpu, unless the machine has a graphics processor and a backend that uses it gives
 * the same results clearly faster. Without one nothing is tried, and the answer is there at once.
 */
export async function chooseBackend(
  open: (name: BackendName) => Promise<Engine>,
  hasGraphics: () => boolean = graphicsProcessor,
): Promise<BackendChoice> {
  if (!hasGraphics()) return { name: "compiled-cpu", trials: [] };
  const reference = await attempt("compiled-cpu", open);
  const trials: BackendTrial[] = [reference.trial];
  for (const name of accelerators) {
    const { trial, values } = await attempt(name, open);
    const wrong = values && reference.values && !(difference(values, reference.values) <= tolerance);
    trials.push(wrong ? { name, reason: "its results differ from those of compiled-cpu" } : trial);
  }
  const time = ({ name, ms = Infinity, reason }: BackendTrial) =>
    reason === undefined ? ms * (name === "compiled-cpu" ? 1 : gain) : Infinity;
  return { name: trials.reduce((best, trial) => (time(trial) < time(best) ? trial : best)).name, trials };
}

/** Whether the machine seems to have one: on Linux by its device files; elsewhere it is taken for granted. */
function graphicsProcessor(): boolean {
  return (
    process.platform !== "linux" || ["/dev/nvidia0", "/dev/dri/renderD128", "/dev/kfd"].some((path) => existsSync(path))
  );
}

async function attempt(
  name: BackendName,
  open: (name: BackendName) => Promise<Engine>,
): Promise<{ trial: BackendTrial; values?: ArrayLike<number> }> {
  let engine: Engine | undefined;
  try {
    engine = await open(name);
    const program = await engine.compile(trialProgram);
    const input = Float32Array.from({ length: rows * width }, (_, i) => Math.sin(i));
    let ms = Infinity;
    let values: ArrayLike<number> = [];
    for (let i = 0; i < 4; i++) {
      const start = performance.now();
      [values] = await program.run([input]);
      // The first run also allocates and compiles.
      if (i > 0) ms = Math.min(ms, performance.now() - start);
    }
    return { trial: { name, ms }, values };
  } catch (error) {
    return { trial: { name, reason: (error as Error).message.split("\n")[0] } };
  } finally {
    engine?.dispose();
  }
}

/** Largest difference, relative to the largest value; NaN if any of the values is NaN. */
function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [worst, largest] = [0, 1e-6];
  for (let i = 0; i < b.length; i++) {
    worst = Math.max(worst, Math.abs(a[i] - b[i]));
    largest = Math.max(largest, Math.abs(b[i]));
  }
  return worst / largest;
}

const [rows, width, layers] = [512, 512, 4];

/** A small network with the denoiser's operations: normalisation, dense layers, SiLU, sines. */
const trialProgram: ProgramSource = {
  name: "backend trial",
  inputs: [{ shape: [rows, width] }],
  constants: Array.from({ length: layers }, (_, k) => ({
    shape: [width, width],
    data: Float32Array.from({ length: width * width }, (_, i) => Math.cos(i * (k + 1)) / Math.sqrt(width)),
  })),
  fn: (x, ...weights) => {
    let h = tf.sin(x);
    for (const weight of weights) {
      const centred = h.sub(h.mean(-1, true));
      const normed = centred.div(centred.square().mean(-1, true).add(1e-5).sqrt());
      const y = tf.matMul(normed, weight);
      h = h.add(y.mul(y.sigmoid()));
    }
    return [h];
  },
};
