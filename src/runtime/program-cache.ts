import { Disposal } from "../base/disposed.js";
import type { Engine, Program, ProgramSource } from "./engine.js";

/** Compiled programs by key; the least recently used one is disposed when there are too many. */
export interface ProgramCache {
  /**
   * The program of a key, compiled at the first call. Run it before asking for others: it may be evicted by them.
   * @throws DisposedError after `dispose()`, which disposes all programs
   */
  get(key: string, source: () => ProgramSource): Promise<Program>;
  /** The number of programs held. */
  readonly size: number;
  /** Releases all programs; calls after it throw DisposedError. */
  dispose(): void;
  /** The same, for `using`. */
  [Symbol.dispose](): void;
}

/**
 * A cache of at most `capacity` programs: each holds its constants and its workspace in memory.
 * @throws Error when the capacity is below 1
 */
export function createProgramCache(engine: Engine, capacity = 8): ProgramCache {
  if (!(capacity >= 1)) throw new Error(`program cache: expected a capacity of at least 1, found ${capacity}`);
  // A Map keeps the order of insertion: the first entry is the least recently used.
  const programs = new Map<string, Promise<Program>>();
  const evict = (key: string) => {
    programs.get(key)?.then((program) => program.dispose(), ignoreFailed);
    programs.delete(key);
  };
  const disposal = new Disposal("program cache");
  const dispose = (): void => {
    if (disposal.end()) [...programs.keys()].forEach(evict);
  };
  return {
    get: (key, source) => {
      const program = programs.get(key) ?? compile(engine, source, disposal);
      programs.delete(key);
      programs.set(key, program);
      if (programs.size > capacity) evict(programs.keys().next().value as string);
      // What failed to compile is forgotten, so that the next call tries again.
      program.catch(() => programs.get(key) === program && programs.delete(key));
      return program;
    },
    get size() {
      return programs.size;
    },
    dispose,
    [Symbol.dispose]: dispose,
  };
}

/** An error of `source` or a disposed cache becomes a rejection, like one of the engine. */
async function compile(engine: Engine, source: () => ProgramSource, disposal: Disposal): Promise<Program> {
  disposal.check();
  return engine.compile(source());
}

/** Whoever asked for the program has been told; there is nothing to dispose. */
const ignoreFailed = () => undefined;
