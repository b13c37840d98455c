import type { BackendName, Engine } from "../runtime/index.js";

/** The engines' names, here so that help texts need not load them (a test compares the lists). */
export const backendNames = [
  "compiled-cpu",
  "compiled-cpu-int8",
  "compiled-webgpu",
  "compiled-webgpu-fp16",
  "compiled-cuda",
  "compiled-cuda-fp16",
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
  const { compiledBackends, compiledEngine, createEngine } = await import("../runtime/index.js");
  if (threads === undefined) return createEngine(backend);
  if (backend === "auto") return compiledEngine({ threads });
  if (!backend.startsWith("compiled-")) throw new Error(`--threads: ${backend} chooses its own number of threads`);
  return compiledEngine({ threads, ...compiledBackends[backend as keyof typeof compiledBackends] });
}
