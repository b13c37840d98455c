import { seriesColor } from "../palette.js";
import { chartSpec, isFiniteNumber, optionalTitle, type VegaLiteSpec } from "./spec.js";

/** A model's quality after training on so many crystals. */
export interface LearningCurveRow {
  readonly trainCount: number;
  /** The metric's value and its standard error. */
  readonly value: number;
  readonly error?: number;
  readonly series?: string;
}

/** Axes of a learning curve. */
export interface LearningCurveOptions {
  readonly title?: string;
  /** What the value is, with its unit. */
  readonly valueLabel?: string;
  readonly width?: number;
  readonly height?: number;
}

/** Tight around the data, with a margin in pixels. */
const logScale = { type: "log", nice: false, padding: 16 };

/** Quality against the number of training crystals, both logarithmic: a power law is a straight line. */
export function learningCurveChart(
  rows: readonly LearningCurveRow[],
  options: LearningCurveOptions = {},
): VegaLiteSpec {
  const { width = 480, height = 300, valueLabel = "relative L1 distance to the target DOS" } = options;
  const values = rows.filter((row) => isFiniteNumber(row.value) && row.value > 0 && row.trainCount > 0).map(pointOf);
  const names = [...new Set(values.map((value) => value.series))];
  const color = {
    field: "series",
    type: "nominal",
    scale: { domain: names, range: names.map((_, i) => seriesColor(i)) },
    ...(names.length > 1 ? { title: null } : { legend: null }),
  };
  const x = { field: "trainCount", type: "quantitative", title: "training crystals (number)", scale: logScale };
  const y = { field: "value", type: "quantitative", title: valueLabel, scale: logScale };
  const encoding = { x, y, color };
  return chartSpec({
    ...optionalTitle(options.title),
    width,
    height,
    data: { values },
    layer: [
      { mark: { type: "line", point: { size: 60 } }, encoding },
      { mark: { type: "rule" }, encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color } },
    ],
  });
}

function pointOf({ trainCount, value, error = 0, series = "model" }: LearningCurveRow) {
  // A logarithmic axis has no room for zero.
  return { trainCount, value, series, low: Math.max(value - error, value / 100), high: value + error };
}
