import type { BackendName, Engine } from "../runtime/index.js";

/** The engines' names, here so that help texts need not load them (a test compares the lists). */
export const backendNames = [
  "compiled-cpu",
  "compiled-int8",
  "compiled-webgpu",
  "compiled-cuda",
  "eager-cpu",
  "eager-wasm",
  "eager-tensorflow",
] as const satisfies readonly BackendName[];

export interface EngineOptions {
  readonly backend: BackendName | "auto";
  readonly threads?: number;
}

/**
 * An engine; "auto" with a number of threads is compiled-cpu, which threads are a matter of.
 *
 * @throws Error when the backend does not work here, or cannot be told its number of threads
 */
export async function openEngine({ backend, threads }: EngineOptions): Promise<Engine> {
  const { compiledEngine, createEngine } = await import("../runtime/index.js");
  if (threads === undefined) return createEngine(backend);
  if (backend === "auto") return compiledEngine({ threads });
  if (!backend.startsWith("compiled-")) throw new Error(`--threads: ${backend} chooses its own number of threads`);
  if (backend === "compiled-int8") return compiledEngine({ threads, precision: "int8" });
  const executionProvider = backend.slice("compiled-".length) as "cpu" | "webgpu" | "cuda";
  return compiledEngine({ threads, executionProvider });
}
