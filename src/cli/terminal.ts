import { SingleBar } from "cli-progress";
import { printable } from "../base/printable.js";
import { formatDuration, formatProgress, ProgressMeter } from "../notebook/progress.js";
import { Interrupted } from "../workbench/interrupted.js";
import type { Task, WorkProgress } from "../workbench/task.js";

/** Where a command prints: results to `out`, everything else to `note`. */
export interface Terminal {
  /** A line of the result, to standard output. */
  readonly out: (line: string) => void;
  /** A line about the work, to standard error. */
  readonly note: (line: string) => void;
  /** Whether `note` reaches a person's screen, where a bar can move. */
  readonly interactive: boolean;
}

/** The process's own streams. */
export function processTerminal(): Terminal {
  return {
    out: (line) => void process.stdout.write(`${line}\n`),
    note: (line) => void process.stderr.write(`${line}\n`),
    interactive: process.stderr.isTTY === true,
  };
}

/** The same terminal, to which nothing passes that it would obey instead of showing it (ids and labels come from files). */
export function safeTerminal({ out, note, interactive }: Terminal): Terminal {
  return { out: (line) => out(shown(line)), note: (line) => note(shown(line)), interactive };
}

function shown(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

export interface FollowOptions<P> {
  readonly terminal: Terminal;
  /** Called before the first progress is shown. */
  readonly opening?: (first: P) => void;
  /** What the user may do when the work was stopped: a sentence. */
  readonly hint?: string;
}

/** Shows a task's progress until it has its result. @throws Interrupted with the hint when it was stopped */
export async function follow<P extends WorkProgress, R>(task: Task<P, R>, options: FollowOptions<P>): Promise<R> {
  const { terminal, opening, hint } = options;
  let bar: Progress | undefined;
  try {
    let first = true;
    for await (const step of task) {
      if (first) opening?.(step);
      first = false;
      if (step.done < step.total) bar ??= startProgress(terminal, step);
      bar?.update(step.done, step.detail);
    }
  } catch (error) {
    if (error instanceof Interrupted && hint) throw new Interrupted(`${error.message}. ${hint}`, { cause: error });
    throw error;
  } finally {
    bar?.stop();
  }
  return task;
}

/** Progress of one task. */
export interface Progress {
  /** @param done so far, not the difference; may be a fraction of a unit */
  update(done: number, detail?: string): void;
  stop(): void;
}

export interface ProgressOptions {
  readonly label: string;
  readonly total: number;
  readonly unit: string;
  /** What was done before this process began: it says nothing about the speed. */
  readonly from?: number;
}

/** A bar on a terminal, plain lines (at most one in `secondsBetweenLines`) elsewhere. */
export function startProgress(terminal: Terminal, options: ProgressOptions, secondsBetweenLines = 10): Progress {
  return terminal.interactive ? bar(options) : lines(terminal, options, secondsBetweenLines);
}

function bar({ label, total, unit, from = 0 }: ProgressOptions): Progress {
  const meter = new ProgressMeter({ label, total: total - from, unit });
  const format = `${label} {bar} {percentage}% | {count} ${unit}s | {left} | {detail}`;
  const single = new SingleBar({ format, stream: process.stderr, hideCursor: true, barsize: 24, autopadding: true });
  single.start(total, from, { count: `${from}/${total}`, left: "starting", detail: "" });
  return {
    update(done, detail = "") {
      const { elapsedSeconds } = meter.update(done - from);
      const left = done > from ? `${formatDuration(((total - done) / (done - from)) * elapsedSeconds)} left` : "";
      single.update(done, { count: `${Math.floor(done)}/${total}`, left, detail: printable(detail) });
    },
    stop: () => single.stop(),
  };
}

function lines(terminal: Terminal, { label, total, unit, from = 0 }: ProgressOptions, seconds: number): Progress {
  const rest = from > 0 ? `${label}, the rest` : label;
  const meter = new ProgressMeter({ label: rest, total: total - from, unit });
  let next = seconds;
  let ended = false;
  return {
    update(done, detail) {
      const state = meter.update(done - from, detail);
      if (ended || (state.elapsedSeconds < next && done < total)) return;
      ended = done >= total;
      next = state.elapsedSeconds + seconds;
      terminal.note(formatProgress({ ...state, done: Math.floor(done - from) }));
    },
    stop: () => undefined,
  };
}

/** Rows under a header, columns padded; numbers to the right. */
export function textTable(rows: readonly Readonly<Record<string, string>>[]): string[] {
  const header = Object.keys(rows[0] ?? {});
  const widths = header.map((name) => Math.max(name.length, ...rows.map((row) => row[name].length)));
  const numeric = header.map((name) => rows.every((row) => row[name] === "–" || Number.isFinite(Number(row[name]))));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, k) => (numeric[k] ? cell.padStart(widths[k]) : cell.padEnd(widths[k])))
      .join("  ")
      .trimEnd();
  const body = rows.map((row) => line(header.map((name) => row[name])));
  return [line(header), widths.map((width) => "─".repeat(width)).join("  "), ...body];
}
