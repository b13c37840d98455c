import type { Task, WorkProgress } from "../workbench/index.js";
import { notebookProgress, type NotebookProgress } from "./display.js";

/**
 * Shows a task's progress as a bar and returns its result.
 *
 * @throws Error as the task; Interrupted when the notebook's Interrupt button ends the cell
 * @example
 *     const run = await watch(bench.generate(target, { count: 16 }));
 */
export async function watch<P extends WorkProgress, R>(work: Task<P, R>): Promise<R> {
  let bar: NotebookProgress | undefined;
  for await (const { label, unit, done, total, from, detail } of work) {
    bar ??= notebookProgress({ label, unit, total, from });
    bar.update(Math.floor(done), detail);
  }
  return work;
}
