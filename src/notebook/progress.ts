import { escapeHtml } from "./html.js";

/** Where a long task stands. */
export interface ProgressState {
  readonly label: string;
  readonly done: number;
  /** Absent when the end is not known. */
  readonly total?: number;
  /** Steps that were done before the time was counted. Default 0. */
  readonly from?: number;
  readonly elapsedSeconds: number;
  /** What one of them is called: "step", "crystal". */
  readonly unit?: string;
  /** Nothing follows, whether all was done or not. */
  readonly ended?: boolean;
  /** A short note of the moment: "loss 0.31". */
  readonly detail?: string;
}

/** One line: label, share, count, rate, remaining time, note. For the terminal and for notebooks alike. */
export function formatProgress(state: ProgressState): string {
  const { done, total, from = 0, elapsedSeconds, unit = "step", detail } = state;
  const rate = (done - from) / Math.max(elapsedSeconds, 1e-9);
  const known = elapsedSeconds > 0 && done > from;
  const parts = [
    total ? `${Math.floor(100 * share(state))}%` : undefined,
    total ? `${done}/${total} ${unit}s` : `${done} ${unit}s`,
    known ? formatRate(rate, unit) : undefined,
    remainingText(state, known ? rate : 0),
    detail,
  ];
  return `${state.label}: ${parts.filter(Boolean).join(", ")}`;
}

/** The same as a bar with its line below, readable on light and dark pages. */
export function progressHtml(state: ProgressState): string {
  const line = escapeHtml(formatProgress(state));
  const value = state.total ? ` value="${share(state).toFixed(4)}"` : "";
  return `<div style="font:13px system-ui,sans-serif"><progress max="1"${value} style="width:min(28em,100%)" aria-label="${line}"></progress><div>${line}</div></div>`;
}

/** "1 h 02 min", "3 min 20 s", "8 s". */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** Counts a task's steps and tells the time; `update` returns the new state. */
export class ProgressMeter {
  readonly #started: number;
  #state: ProgressState;

  constructor(
    options: Pick<ProgressState, "label" | "total" | "unit" | "from">,
    private readonly now: () => number = () => performance.now() / 1000,
  ) {
    this.#started = now();
    this.#state = { ...options, done: options.from ?? 0, elapsedSeconds: 0 };
  }

  get state(): ProgressState {
    return this.#state;
  }

  /** Counts on and returns the new state. @param done steps done so far, not the difference */
  update(done: number, detail?: string): ProgressState {
    const elapsedSeconds = this.now() - this.#started;
    this.#state = { ...this.#state, done, elapsedSeconds, ...(detail === undefined ? {} : { detail }) };
    return this.#state;
  }

  /** The task has ended, perhaps before its last step. */
  end(): ProgressState {
    this.#state = { ...this.#state, ended: true };
    return this.#state;
  }
}

function share({ done, total = 0 }: ProgressState): number {
  return total > 0 ? Math.min(1, Math.max(0, done / total)) : 0;
}

function formatRate(rate: number, unit: string): string {
  return rate >= 1 ? `${Number(rate.toPrecision(3))} ${unit}s/s` : `${Number((1 / rate).toPrecision(3))} s/${unit}`;
}

function remainingText({ done, total, elapsedSeconds, ended }: ProgressState, rate: number): string | undefined {
  if (ended && (!total || done < total)) return `stopped after ${formatDuration(elapsedSeconds)}`;
  if (!total) return elapsedSeconds > 0 ? `${formatDuration(elapsedSeconds)} so far` : undefined;
  if (done >= total) return `took ${formatDuration(elapsedSeconds)}`;
  return rate > 0 ? `${formatDuration((total - done) / rate)} left` : undefined;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
