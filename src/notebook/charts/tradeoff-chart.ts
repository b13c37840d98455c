import { neutral, seriesColor } from "../palette.js";
import { chartSpec, isFiniteNumber, optionalTitle, type VegaLiteSpec } from "./spec.js";

/** One guidance weight of a sweep. */
export interface TradeoffRow {
  readonly guidanceWeight: number;
  /** Share of valid crystals, 0 to 1, and its standard error. */
  readonly validity: number;
  readonly validityError?: number;
  /** Relative L1 distance to the target DOS (0 is perfect), and its standard error. */
  readonly match: number;
  readonly matchError?: number;
  /** Model or sampler, when several are compared. */
  readonly series?: string;
}

/** A match that needs no guided generation: retrieval from the training set, the true structures, unconditional crystals. */
export interface TradeoffReference {
  readonly label: string;
  readonly match: number;
}

/** Axes and reference lines of a trade-off chart. */
export interface TradeoffOptions {
  readonly references?: readonly TradeoffReference[];
  readonly title?: string;
  readonly matchLabel?: string;
  readonly width?: number;
  readonly height?: number;
}

/** Validity against DOS match, a point with error bars for each guidance weight; references are vertical lines. */
export function tradeoffChart(rows: readonly TradeoffRow[], options: TradeoffOptions = {}): VegaLiteSpec {
  const { width = 520, height = 340, references = [] } = options;
  const points = rows.filter((row) => isFiniteNumber(row.match) && isFiniteNumber(row.validity)).map(pointOf);
  return chartSpec({
    ...optionalTitle(options.title),
    width,
    height,
    layer: [...referenceLayers(references), ...pointLayers(points, options.matchLabel)],
  });
}

function pointOf(row: TradeoffRow) {
  const { match, validity, matchError = 0, validityError = 0 } = row;
  return {
    series: row.series ?? "model",
    guidanceWeight: row.guidanceWeight,
    match,
    validity,
    matchLow: match - matchError,
    matchHigh: match + matchError,
    validityLow: Math.max(0, validity - validityError),
    validityHigh: Math.min(1, validity + validityError),
  };
}

function pointLayers(points: readonly ReturnType<typeof pointOf>[], matchLabel = "relative L1"): object[] {
  const names = [...new Set(points.map((point) => point.series))];
  const color = {
    field: "series",
    type: "nominal",
    scale: { domain: names, range: names.map((_, i) => seriesColor(i)) },
    ...(names.length > 1 ? { title: null } : { legend: null }),
  };
  const x = axis("match", `distance to the target DOS (${matchLabel}, smaller is better)`);
  const y = { ...axis("validity", "valid crystals (%)", { format: ".0%" }), scale: { domain: validityDomain(points) } };
  const data = { values: points };
  const tooltip = ["guidanceWeight", "match", "validity"].map((field) => ({
    field,
    type: "quantitative",
    format: ".3~f",
  }));
  return [
    {
      data,
      mark: { type: "line", strokeWidth: 1.4, opacity: 0.6 },
      encoding: { x, y, color, order: axis("guidanceWeight") },
    },
    {
      data,
      mark: { type: "rule" },
      encoding: { x: { ...x, field: "matchLow" }, x2: { field: "matchHigh" }, y, color },
    },
    {
      data,
      mark: { type: "rule" },
      encoding: { x, y: { ...y, field: "validityLow" }, y2: { field: "validityHigh" }, color },
    },
    { data, mark: { type: "point", filled: true, size: 70, opacity: 1 }, encoding: { x, y, color, tooltip } },
    {
      data,
      mark: { type: "text", dx: 9, dy: -9, align: "left", color: neutral },
      encoding: { x, y, text: { field: "guidanceWeight", type: "quantitative", format: "~g" } },
    },
  ];
}

/** Up to 100 % and no further, with room below the lowest error bar. */
function validityDomain(points: readonly ReturnType<typeof pointOf>[]): [number, number] {
  const lowest = Math.min(1, ...points.map((point) => point.validityLow));
  return [Math.max(0, Math.floor(10 * lowest - 0.5) / 10), 1];
}

function referenceLayers(references: readonly TradeoffReference[]): object[] {
  const values = references.filter((reference) => isFiniteNumber(reference.match));
  if (values.length === 0) return [];
  const x = { field: "match", type: "quantitative" };
  return [
    { data: { values }, mark: { type: "rule", color: neutral, strokeDash: [5, 4] }, encoding: { x } },
    {
      data: { values },
      mark: { type: "text", color: neutral, angle: 270, align: "left", dy: -6, dx: 4 },
      encoding: { x, y: { value: { expr: "height" } }, text: { field: "label" } },
    },
  ];
}

function axis(field: string, title?: string, format: object = {}) {
  return {
    field,
    type: "quantitative",
    ...(title ? { title, axis: format } : {}),
    scale: { zero: false, padding: 24 },
  };
}
