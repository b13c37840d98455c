import { SingleBar } from "cli-progress";
import { formatDuration, formatProgress, ProgressMeter } from "../notebook/progress.js";

/** Where a command speaks: results go to `out`, everything else to `note`. */
export interface Terminal {
  /** A line of the result, to standard output. */
  out(line: string): void;
  /** A line about the work, to standard error. */
  note(line: string): void;
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
      single.update(done, { count: `${Math.floor(done)}/${total}`, left, detail });
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
export function textTable(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = header.map((name, k) => Math.max(name.length, ...rows.map((row) => row[k].length)));
  const numeric = header.map((_, k) => rows.every((row) => row[k] === "–" || Number.isFinite(Number(row[k]))));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, k) => (numeric[k] ? cell.padStart(widths[k]) : cell.padEnd(widths[k])))
      .join("  ")
      .trimEnd();
  return [line(header), widths.map((width) => "─".repeat(width)).join("  "), ...rows.map(line)];
}
