import type { CrystalLike } from "../crystal/index.js";
import type { VegaLiteSpec } from "./charts/spec.js";
import { frameRows, isFrame, isSeries, seriesRows } from "./frame.js";
import { Html } from "./html.js";
import { htmlTable, textTable, type Row } from "./table.js";
import { formatProgress, ProgressMeter, progressHtml, type ProgressState } from "./progress.js";
import { toSvg } from "./render.js";
import { crystalView } from "./view3d.js";

/** One output in several forms, by MIME type; the notebook takes the richest that it knows. */
export type MimeBundle = Readonly<Record<string, unknown>>;

/** What `show` accepts: a chart, HTML (a view, a table, `html()`), a crystal, rows, or anything else, as text. */
export type Showable =
  VegaLiteSpec | Html | CrystalLike | string | readonly Row[] | object | number | boolean | null | undefined;

/** A kernel that can send several MIME types at once sets `globalThis.__dosmith_display` to this. */
export type DisplayHook = (bundle: MimeBundle, options?: { displayId?: string; update?: boolean }) => void;

/** An output that is shown once and then replaced in place. */
export interface LiveOutput {
  /** Shows a value in place of the last one. */
  update(value: Showable | Promise<Showable>): Promise<void>;
  /** The same for an output whose forms are made already. */
  send(bundle: MimeBundle): void;
}

/** The part of tslab's `Display` that is used. */
interface TslabDisplay {
  raw(contentType: string, content: string): void;
}

interface NotebookGlobals {
  __dosmith_display?: DisplayHook;
  __dosmith_clear_output?: (wait?: boolean) => void;
  __dosmith_signal?: AbortSignal;
  __tslab__?: { require(id: "tslab"): { display: TslabDisplay; newDisplay(): TslabDisplay } };
}

const globals = globalThis as NotebookGlobals;

const vegaLiteMime = "application/vnd.vegalite.v5+json";

/** From the richest to the plainest, for a kernel that sends one form only. */
const preference = ["text/html", vegaLiteMime, "image/svg+xml", "text/plain"];

/**
 * Shows a value under the notebook cell: a chart as interactive Vega-Lite with an SVG beside it, a crystal as a 3D view, rows
 * and danfo frames as a table, `html()` as it is, anything else as text. Outside a notebook nothing is shown; `mimeBundle` has
 * what would be.
 *
 * @example
 *     await show(crystal);
 *     await show(dataset.ids.slice(0, 3).map((id) => ({ id, formula: dataset.get(id).formula })));
 *     await show(html`<p>${await crystalView(crystal)}</p>`);
 */
export async function show(value: Showable | Promise<Showable>): Promise<void> {
  send(await mimeBundle(await value));
}

/** An output to show a chart or table in that changes while a cell runs, such as the loss of a training run. */
export function liveOutput(): LiveOutput {
  const replace = replacingSender();
  return {
    async update(value) {
      replace(await mimeBundle(await value));
    },
    send: replace,
  };
}

/** Empties the cell's output, at once or (`wait`) when the next one comes. Does nothing outside the dosmith kernel. */
export function clearOutput(wait = false): void {
  globals.__dosmith_clear_output?.(wait);
}

/**
 * The signal that the notebook's Interrupt button aborts, for functions that take one. Loops in a cell that `await`
 * need none: the kernel ends them. Outside the dosmith kernel it never aborts.
 */
export function interruptSignal(): AbortSignal {
  return globals.__dosmith_signal ?? new AbortController().signal;
}

/** The forms of a value by MIME type, without showing it. */
export async function mimeBundle(value: Showable): Promise<MimeBundle> {
  if (typeof value === "string") return { "text/plain": value };
  if (value instanceof Html) return htmlBundle(value);
  if (isRows(value)) return tableBundle(value);
  if (isChart(value)) return chartBundle(value);
  if (isSeries(value)) return tableBundle(seriesRows(value));
  if (isFrame(value)) return tableBundle(frameRows(value));
  if (isCrystalLike(value)) return htmlBundle(await crystalView(value));
  return { "text/plain": typeof value === "object" ? JSON.stringify(value, null, 2) : String(value) };
}

/** A progress display that replaces itself where the notebook allows it. */
export interface NotebookProgress {
  /** Shows where the work stands, at most ten times a second, and at the end. @param done steps done so far */
  update(done: number, detail?: string): void;
}

/** Progress of a long cell: a bar with rate and remaining time. Nothing is shown outside a notebook. */
export function notebookProgress(options: Pick<ProgressState, "label" | "total" | "unit" | "from">): NotebookProgress {
  const meter = new ProgressMeter(options);
  const replace = replacingSender();
  let shownAt = -Infinity;
  return {
    update(done, detail) {
      const state = meter.update(done, detail);
      if (state.elapsedSeconds - shownAt < 0.1 && done !== state.total) return;
      shownAt = state.elapsedSeconds;
      replace(progressBundle(state));
    },
  };
}

/** A progress bar as HTML and as a line of text. */
export function progressBundle(state: ProgressState): MimeBundle {
  return { "text/html": progressHtml(state), "text/plain": formatProgress(state) };
}

let replacedCount = 0;

function replacingSender(): (bundle: MimeBundle) => void {
  const displayId = `dosmith-${process.pid}-${replacedCount++}`;
  const display = globals.__tslab__?.require("tslab").newDisplay();
  let update = false;
  return (bundle) => {
    if (globals.__dosmith_display) globals.__dosmith_display(bundle, { displayId, update });
    else if (display) sendRichest(display, bundle);
    update = true;
  };
}

function send(bundle: MimeBundle): void {
  if (globals.__dosmith_display) globals.__dosmith_display(bundle);
  else if (globals.__tslab__) sendRichest(globals.__tslab__.require("tslab").display, bundle);
}

function sendRichest(display: TslabDisplay, bundle: MimeBundle): void {
  const type = preference.find((mime) => mime in bundle) ?? "text/plain";
  const content = bundle[type];
  display.raw(type, typeof content === "string" ? content : JSON.stringify(content));
}

function htmlBundle({ markup }: Html): MimeBundle {
  return { "text/html": markup, "text/plain": "[HTML view]" };
}

function tableBundle(rows: readonly Row[]): MimeBundle {
  return { "text/html": htmlTable(rows).markup, "text/plain": textTable(rows) };
}

async function chartBundle(spec: VegaLiteSpec): Promise<MimeBundle> {
  return { [vegaLiteMime]: spec, "image/svg+xml": await toSvg(spec), "text/plain": "[Vega-Lite chart]" };
}

function isChart(value: unknown): value is VegaLiteSpec {
  const schema = (value as { $schema?: unknown } | null)?.$schema;
  return typeof schema === "string" && schema.includes("/vega-lite/");
}

function isCrystalLike(value: unknown): value is CrystalLike {
  const crystal = (value as { crystal?: unknown } | null)?.crystal ?? value;
  const { latticeMatrix, fracCoords } = (crystal ?? {}) as { latticeMatrix?: unknown; fracCoords?: unknown };
  return Array.isArray(latticeMatrix) && Array.isArray(fracCoords);
}

function isRows(value: unknown): value is readonly Row[] {
  return Array.isArray(value) && value.length > 0 && value.every((row) => typeof row === "object" && row !== null);
}
