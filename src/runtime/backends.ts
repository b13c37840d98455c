import * as tf from "@tensorflow/tfjs";
import { chooseBackend } from "./choose.js";
import type { CompiledOptions } from "./compiled.js";
import { compiledEngine } from "./compiled.js";
import { eagerEngine } from "./eager.js";
import type { Engine, ProgramSource } from "./engine.js";
import type { EagerBackend } from "./tfjs-backends.js";

export const BACKENDS = [
  "compiled-cpu",
  "compiled-cpu-int8",
  "compiled-webgpu",
  "compiled-webgpu-fp16",
  "compiled-cuda",
  "compiled-cuda-fp16",
  "eager-cpu",
  "eager-wasm",
  "eager-tensorflow",
] as const;

export type BackendName = (typeof BACKENDS)[number];

export interface BackendStatus {
  readonly name: BackendName;
  readonly available: boolean;
  /** Why it does not work here; absent if it does. */
  readonly reason?: string;
}

/** What the compiled backends' names stand for. */
export const compiledBackends = {
  "compiled-cpu": { executionProvider: "cpu" },
  "compiled-cpu-int8": { executionProvider: "cpu", precision: "int8" },
  "compiled-webgpu": { executionProvider: "webgpu" },
  "compiled-webgpu-fp16": { executionProvider: "webgpu", precision: "float16" },
  "compiled-cuda": { executionProvider: "cuda" },
  "compiled-cuda-fp16": { executionProvider: "cuda", precision: "float16" },
} as const satisfies Partial<Record<BackendName, CompiledOptions>>;

const eagerBackends = {
  "eager-cpu": "cpu",
  "eager-wasm": "wasm",
  "eager-tensorflow": "tensorflow",
} as const satisfies Partial<Record<BackendName, EagerBackend>>;

function openBackend(name: BackendName): Promise<Engine> {
  return name in compiledBackends
    ? compiledEngine(compiledBackends[name as keyof typeof compiledBackends])
    : eagerEngine(eagerBackends[name as keyof typeof eagerBackends]);
}

/**
 * An engine by name; "auto" is the engine that `choose` names, by default after a short trial where there is a graphics
 * processor, else compiled-cpu at once ({@link chooseBackend}).
 * @throws Error if the name is unknown or the backend does not work here.
 */
export async function createEngine(
  name: BackendName | "auto" = "auto",
  choose: () => Promise<BackendName> = async () => (await chooseBackend(openBackend)).name,
): Promise<Engine> {
  const chosen = name === "auto" ? await choose() : name;
  if (!BACKENDS.includes(chosen)) throw new Error(`unknown engine "${chosen}": expected auto, ${BACKENDS.join(", ")}`);
  return openBackend(chosen);
}

/** Tries every backend with a small program. */
export async function availableBackends(): Promise<BackendStatus[]> {
  const statuses: BackendStatus[] = [];
  for (const name of BACKENDS) statuses.push(await tryBackend(name));
  return statuses;
}

/** Largest error of a product's entries, relative to the largest entry: rounding, or a processor without 8-bit products. */
const worstError = (name: BackendName): number =>
  name.endsWith("-int8") ? 0.03 : name.endsWith("-fp16") ? 0.003 : 1e-4;

async function tryBackend(name: BackendName): Promise<BackendStatus> {
  const n = 128;
  try {
    const engine = await createEngine(name);
    const program = await engine.compile(matrixProduct(n));
    const [product] = await program.run([waves(n)]);
    engine.dispose();
    const error = productError(product, n);
    return error <= worstError(name)
      ? { name, available: true }
      : { name, available: false, reason: `gives wrong results: errors of ${(100 * error).toPrecision(2)} %` };
  } catch (error) {
    return { name, available: false, reason: reasonOf(error as Error) };
  }
}

/** Of some rows of the product of two matrices of `waves`. */
function productError(product: ArrayLike<number>, n: number): number {
  const matrix = waves(n);
  let [worst, largest] = [0, 0];
  for (let i = 0; i < n; i += 16)
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += matrix[i * n + k] * matrix[k * n + j];
      const difference = Math.abs(sum - product[i * n + j]);
      // Not Math.max, which a NaN would pass by a comparison.
      if (!(difference <= worst)) worst = difference;
      largest = Math.max(largest, Math.abs(sum));
    }
  return worst / largest;
}

/** The first line, without the place in onnxruntime's source and the condition that failed there. */
function reasonOf(error: Error): string {
  return error.message.split("\n")[0].replace(/^\/.* was false\. /, "");
}

/**
 * The speed of a product with a constant n x n matrix, in 1e9 floating-point operations per second (best of `repeats`); by
 * default the better one of two sizes.
 */
export async function measureEngine(engine: Engine, { n, repeats = 5 }: MeasureOptions = {}): Promise<number> {
  if (n === undefined) {
    const [small, large] = [
      await measureEngine(engine, { n: 512, repeats }),
      await measureEngine(engine, { n: 1024, repeats }),
    ];
    return Math.max(small, large);
  }
  const program = await engine.compile(matrixProduct(n));
  const matrix = waves(n);
  const into = [new Float32Array(n * n)];
  let best = Infinity;
  // The first run also allocates and warms up.
  for (let i = 0; i <= repeats; i++) {
    const start = performance.now();
    await program.run([matrix], into);
    if (i > 0) best = Math.min(best, performance.now() - start);
  }
  program.dispose();
  return (2 * n ** 3) / (best * 1e6);
}

export interface MeasureOptions {
  readonly n?: number;
  readonly repeats?: number;
}

function matrixProduct(n: number): ProgramSource {
  const shape = [n, n];
  const constants = [{ shape, data: waves(n) }];
  const name = `product with a ${n} x ${n} matrix`;
  return { name, fn: (a, b) => [tf.matMul(a, b)], inputs: [{ shape }], constants, roundable: true };
}

/** A matrix that is no simple pattern. */
function waves(n: number): Float32Array {
  return Float32Array.from({ length: n * n }, (_, i) => Math.sin(i * i * 0.37));
}
