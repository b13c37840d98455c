import { backendNames, type BackendName } from "./backend-names.js";
import { chooseBackend } from "./choose.js";
import type { CompiledOptions } from "./compiled.js";
import { compiledEngine } from "./compiled.js";
import { eagerEngine } from "./eager.js";
import type { Engine } from "./engine.js";
import { checkProducts, matrixProduct, roundingErrors, waves } from "./products.js";
import type { EagerBackend } from "./tfjs-backends.js";

/** Whether a backend works on this machine, and why not. */
export interface BackendStatus {
  readonly name: BackendName;
  readonly available: boolean;
  /** Why it does not work here; absent if it does. */
  readonly reason?: string;
}

/** The options behind the compiled backends' names. */
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
  return isCompiled(name) ? compiledEngine(compiledBackends[name]) : eagerEngine(eagerBackends[name]);
}

function isCompiled(name: BackendName): name is keyof typeof compiledBackends {
  return name in compiledBackends;
}

/**
 * An engine by name; "auto" is the engine that `choose` names, by default after a short trial where there is a graphics
 * processor, else compiled-cpu at once ({@link chooseBackend}).
 * @throws Error if the name is unknown or the backend does not work here.
 *
 * @example
 *     using engine = await createEngine("compiled-cpu");
 *     using predictor = dosPredictor(engine, await loadPredictor("models/predictor-a.safetensors"));
 */
export async function createEngine(
  name: BackendName | "auto" = "auto",
  choose: () => Promise<BackendName> = async () => (await chooseBackend(openBackend)).name,
): Promise<Engine> {
  const chosen = name === "auto" ? await choose() : name;
  if (!backendNames.includes(chosen))
    throw new Error(`unknown engine "${chosen}": expected auto, ${backendNames.join(", ")}`);
  return openBackend(chosen);
}

/** Tries every backend with a small program. */
export async function availableBackends(): Promise<BackendStatus[]> {
  const statuses: BackendStatus[] = [];
  for (const name of backendNames) statuses.push(await tryBackend(name));
  return statuses;
}

async function tryBackend(name: BackendName): Promise<BackendStatus> {
  try {
    const engine = await createEngine(name);
    const { precision = "float32" }: CompiledOptions = isCompiled(name) ? compiledBackends[name] : {};
    await checkProducts(engine, roundingErrors[precision]);
    engine.dispose();
    return { name, available: true };
  } catch (error) {
    return { name, available: false, reason: reasonOf(error as Error) };
  }
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

/** What a backend is measured with. */
export interface MeasureOptions {
  readonly n?: number;
  readonly repeats?: number;
}
