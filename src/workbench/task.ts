import { Interrupted } from "./interrupted.js";

/** Where a piece of work stands. */
export interface WorkProgress {
  /** "generating" */
  readonly label: string;
  /** What is counted: "crystal". */
  readonly unit: string;
  /** So far, in units; may be a fraction. */
  readonly done: number;
  readonly total: number;
  /** How much of it an earlier run had done: it says nothing about the speed. */
  readonly from: number;
  /** A short note of the moment. */
  readonly detail?: string;
}

/**
 * Work that can be awaited for its result, or iterated for its progress and then awaited:
 *
 *     const run = await task;
 *     for await (const progress of task) console.log(progress.done); const run = await task;
 *
 * It begins with the first of these. Leaving the loop stops the work; awaiting it then throws {@link Interrupted}.
 */
export interface Task<P, R> extends AsyncIterable<P>, PromiseLike<R> {}

/** A task of a generator that yields progress and returns a result. */
export function task<P, R>(start: () => AsyncGenerator<P, R>): Task<P, R> {
  let settle: { resolve(value: R): void; reject(error: unknown): void };
  const result = new Promise<R>((resolve, reject) => (settle = { resolve, reject }));
  // Whoever only iterates hears of an error from the loop.
  result.catch(() => undefined);
  async function* watched(): AsyncGenerator<P, void> {
    const work = start();
    try {
      for (let step = await work.next(); ; step = await work.next()) {
        if (step.done) return settle.resolve(step.value);
        yield step.value;
      }
    } catch (error) {
      settle.reject(error);
      throw error;
    } finally {
      await work.return(undefined as never);
      settle.reject(new Interrupted("stopped before its end"));
    }
  }
  let running: AsyncGenerator<P, void> | undefined;
  return {
    [Symbol.asyncIterator]: () => (running ??= watched()),
    then(onResult, onError) {
      if (!running) void drain((running = watched()));
      return result.then(onResult, onError);
    },
  };
}

async function drain(steps: AsyncIterable<unknown>): Promise<void> {
  try {
    for await (const _ of steps);
  } catch {
    // The promise has it.
  }
}
