import { seriesColor } from "../palette.js";
import { chartSpec, optionalTitle, type VegaLiteSpec } from "./spec.js";

/** Bins and axis of a histogram. */
export interface HistogramOptions {
  /** What the values are, with their unit: "volume per atom (Å³)". */
  readonly label: string;
  readonly title?: string;
  readonly maxBins?: number;
  readonly width?: number;
  readonly height?: number;
}

/** How often values fall into equal bins. Values that are not finite are left out. */
export function histogram(values: readonly number[], options: HistogramOptions): VegaLiteSpec {
  const { label, maxBins = 30, width = 420, height = 240 } = options;
  return chartSpec({
    ...optionalTitle(options.title),
    width,
    height,
    data: { values: values.filter(Number.isFinite).map((value) => ({ value })) },
    mark: { type: "bar", color: seriesColor(0), tooltip: true },
    encoding: {
      x: { field: "value", type: "quantitative", bin: { maxbins: maxBins }, title: label },
      y: { aggregate: "count", type: "quantitative", title: "count (number)" },
    },
  });
}
