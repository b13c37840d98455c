import type { BackendName, Engine } from "../runtime/index.js";

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
