import { neutral, seriesColor } from "../palette.js";
import { chartSpec, isFiniteNumber, optionalTitle, type VegaLiteSpec } from "./spec.js";

/** A point of a line or scatter chart. Points that are not finite are left out. */
export interface XyPoint {
  readonly x: number;
  readonly y: number;
  /** Half the length of an error bar (a band around a line), in units of y. */
  readonly error?: number;
  /** The line or the group that it belongs to. */
  readonly series?: string;
  /** Shown when the pointer is over it: a formula, an id. */
  readonly label?: string;
}

/** Axes, titles and size of an x-y chart. */
export interface XyChartOptions {
  /** What the axes are, with their units: "energy from the Fermi level (eV)". */
  readonly xLabel: string;
  readonly yLabel: string;
  readonly title?: string;
  readonly xLog?: boolean;
  readonly yLog?: boolean;
  /** Ends of the axes; by default those of the data. */
  readonly xDomain?: readonly [number, number];
  readonly yDomain?: readonly [number, number];
  readonly width?: number;
  readonly height?: number;
}

/** Settings of a scatter chart. */
export interface ScatterOptions extends XyChartOptions {
  /** Draw the line y = x, where predictions meet truth. */
  readonly diagonal?: boolean;
  /** Area of a point, square pixels. Default 40. */
  readonly size?: number;
}

/** Shapes change after every round of colours, so that up to eighteen groups stay apart. */
const shapes = ["circle", "diamond", "triangle-up"] as const;
const coloursInARound = 6;

const withError = [{ filter: "isValid(datum.low)" }];

/** Lines, one a series, with bands where there are errors. Drag and scroll to zoom. */
export function lineChart(points: readonly XyPoint[], options: XyChartOptions): VegaLiteSpec {
  const { values, color, x, y } = parts(points, options);
  const line = { mark: { type: "line", clip: true, strokeWidth: 1.6, strokeJoin: "round" }, encoding: { x, y, color } };
  const band = {
    transform: withError,
    mark: { type: "area", clip: true, opacity: 0.2 },
    encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color },
  };
  const layer = [...(hasErrors(values) ? [band] : []), zoomable(line)];
  return frame(options, values, layer);
}

/** Points, coloured (and beyond six groups shaped) by series, with error bars where given. Drag and scroll to zoom. */
export function scatterChart(points: readonly XyPoint[], options: ScatterOptions): VegaLiteSpec {
  const { values, color, x, y, names } = parts(points, options);
  const range = names.map((_, i) => shapes[Math.floor(i / coloursInARound) % shapes.length]);
  const shape = { field: "series", type: "nominal", title: null, scale: { domain: names, range } };
  const tooltip = [
    ...(values.some(({ label }) => label !== undefined) ? [{ field: "label", type: "nominal", title: " " }] : []),
    ...(names.length > 1 ? [{ field: "series", type: "nominal", title: " " }] : []),
    { field: "x", type: "quantitative", title: options.xLabel, format: ".4~g" },
    { field: "y", type: "quantitative", title: options.yLabel, format: ".4~g" },
  ];
  const dots = {
    mark: { type: "point", filled: true, size: options.size ?? 40, opacity: 0.75, clip: true },
    encoding: { x, y, color, ...(names.length > coloursInARound ? { shape } : {}), tooltip },
  };
  const bars = {
    transform: withError,
    mark: { type: "rule", clip: true },
    encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color },
  };
  const layer = [...diagonal(values, options), ...(hasErrors(values) ? [bars] : []), zoomable(dots)];
  return frame(options, values, layer);
}

type Value = ReturnType<typeof valueOf>;

function parts(points: readonly XyPoint[], options: XyChartOptions) {
  const positive = ({ x, y }: XyPoint) => (!options.xLog || x > 0) && (!options.yLog || y > 0);
  const kept = points.filter((p) => isFiniteNumber(p.x) && isFiniteNumber(p.y) && positive(p));
  const values = kept.map((point) => valueOf(point, options.yLog === true));
  const names = [...new Set(values.map(({ series }) => series))];
  const scale = { domain: names, range: names.map((_, i) => seriesColor(i)) };
  // Many names have room beside the chart, not above it.
  const beside = names.length > coloursInARound ? { orient: "right", direction: "vertical", columns: 1 } : {};
  const legend = names.length > 1 ? { title: null, legend: { symbolOpacity: 1, ...beside } } : { legend: null };
  const color = { field: "series", type: "nominal", scale, ...legend };
  const x = axis("x", options.xLabel, options.xLog, options.xDomain);
  const y = axis("y", options.yLabel, options.yLog, options.yDomain);
  return { values, names, color, x, y };
}

function valueOf({ x, y, error, series = "data", label }: XyPoint, yLog: boolean) {
  const bar = error !== undefined && Number.isFinite(error) ? { low: y - error, high: y + error } : {};
  // A logarithmic axis has no room for zero.
  const safe = yLog && bar.low !== undefined ? { ...bar, low: Math.max(bar.low, y / 100) } : bar;
  return { x, y, series, ...(label === undefined ? {} : { label }), ...safe };
}

function hasErrors(values: readonly Value[]): boolean {
  return values.some((value) => "low" in value);
}

function axis(field: string, title: string, log = false, domain?: readonly [number, number]) {
  const scale = {
    ...(log ? { type: "log" } : { zero: false }),
    nice: false,
    ...(domain ? { domain } : { padding: 8 }),
  };
  return { field, type: "quantitative", title, scale };
}

function zoomable(layer: object): object {
  return { params: [{ name: "zoom", select: "interval", bind: "scales" }], ...layer };
}

function diagonal(values: readonly Value[], { diagonal: wanted = false }: ScatterOptions): object[] {
  if (!wanted || values.length === 0) return [];
  const low = Math.max(...(["x", "y"] as const).map((key) => Math.min(...values.map((value) => value[key]))));
  const high = Math.min(...(["x", "y"] as const).map((key) => Math.max(...values.map((value) => value[key]))));
  const encoding = { x: { field: "at", type: "quantitative" }, y: { field: "at", type: "quantitative" } };
  const mark = { type: "line", color: neutral, strokeDash: [5, 4], clip: true };
  return low < high ? [{ data: { values: [{ at: low }, { at: high }] }, mark, encoding }] : [];
}

function frame(options: XyChartOptions, values: readonly Value[], layer: readonly object[]): VegaLiteSpec {
  const { width = 480, height = 300, title } = options;
  return chartSpec({ ...optionalTitle(title), width, height, data: { values }, layer });
}
