import type { BackendName, Engine } from "../runtime/index.js";
import { compiledBackends, compiledEngine, createEngine } from "../runtime/index.js";

/** Which engine computes, and with how many threads. */
export interface EngineOptions {
  /** Compute backend. Default "auto": the fastest that works here. */
  readonly backend?: BackendName | "auto";
  /** CPU threads of a compiled backend. Default: all cores. */
  readonly threads?: number;
}

/**
 * An engine on a compute backend. "auto" with a number of threads is compiled-cpu, the backend that threads belong to.
 *
 * @throws Error when the backend does not work here, or chooses its number of threads itself
 */
export async function openEngine({ backend = "auto", threads }: EngineOptions = {}): Promise<Engine> {
  if (threads === undefined) return createEngine(backend);
  if (backend === "auto") return compiledEngine({ threads });
  if (!backend.startsWith("compiled-")) throw new Error(`threads: ${backend} chooses its own number of threads`);
  return compiledEngine({ threads, ...compiledBackends[backend as keyof typeof compiledBackends] });
}
