import * as tf from "@tensorflow/tfjs";
import { chooseBackend } from "./choose.js";
import { compiledEngine } from "./compiled.js";
import { eagerEngine } from "./eager.js";
import type { Engine, ProgramSource } from "./engine.js";

export const BACKENDS = [
  "compiled-cpu",
  "compiled-webgpu",
  "compiled-cuda",
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

const factories: Record<BackendName, () => Promise<Engine>> = {
  "compiled-cpu": () => compiledEngine(),
  "compiled-webgpu": () => compiledEngine({ executionProvider: "webgpu" }),
  "compiled-cuda": () => compiledEngine({ executionProvider: "cuda" }),
  "eager-cpu": () => eagerEngine("cpu"),
  "eager-wasm": () => eagerEngine("wasm"),
  "eager-tensorflow": () => eagerEngine("tensorflow"),
};

/**
 * An engine by name; "auto" is the engine that `choose` names, by default after a short trial where there is a graphics
 * processor, else compiled-cpu at once ({@link chooseBackend}).
 * @throws Error if the name is unknown or the backend does not work here.
 */
export async function createEngine(
  name: BackendName | "auto" = "auto",
  choose: () => Promise<BackendName> = async () => (await chooseBackend((candidate) => factories[candidate]())).name,
): Promise<Engine> {
  const chosen = name === "auto" ? await choose() : name;
  if (!Object.hasOwn(factories, chosen))
    throw new Error(`unknown engine "${chosen}": expected auto, ${BACKENDS.join(", ")}`);
  return factories[chosen]();
}

/** Tries every backend with a small program. */
export async function availableBackends(): Promise<BackendStatus[]> {
  const statuses: BackendStatus[] = [];
  for (const name of BACKENDS) statuses.push(await tryBackend(name));
  return statuses;
}

async function tryBackend(name: BackendName): Promise<BackendStatus> {
  try {
    const engine = await createEngine(name);
    const program = await engine.compile(matrixProduct(4));
    const [product] = await program.run([new Float32Array(16).fill(2), new Float32Array(16).fill(3)]);
    engine.dispose();
    return product.every((v) => v === 24)
      ? { name, available: true }
      : { name, available: false, reason: "gives wrong results" };
  } catch (error) {
    return { name, available: false, reason: reasonOf(error as Error) };
  }
}

/** The first line, without the place in onnxruntime's source and the condition that failed there. */
function reasonOf(error: Error): string {
  return error.message.split("\n")[0].replace(/^\/.* was false\. /, "");
}

/** The speed of a product of two n x n matrices, in 1e9 floating-point operations per second (best of `repeats`). */
export async function measureEngine(engine: Engine, { n = 1024, repeats = 5 } = {}): Promise<number> {
  const program = await engine.compile(matrixProduct(n));
  const matrix = Float32Array.from({ length: n * n }, (_, i) => Math.sin(i));
  let best = Infinity;
  // The first run also allocates and warms up.
  for (let i = 0; i <= repeats; i++) {
    const start = performance.now();
    await program.run([matrix, matrix]);
    if (i > 0) best = Math.min(best, performance.now() - start);
  }
  program.dispose();
  return (2 * n ** 3) / (best * 1e6);
}

function matrixProduct(n: number): ProgramSource {
  const shape = [n, n];
  return { name: `product of ${n} x ${n} matrices`, fn: (a, b) => [tf.matMul(a, b)], inputs: [{ shape }, { shape }] };
}
