import { seriesColor } from "../palette.js";
import { chartSpec, isFiniteNumber, optionalTitle, type VegaLiteSpec } from "./spec.js";

/** One moment of a training run; any of the losses may be missing. */
export interface LossRow {
  readonly step: number;
  readonly trainLoss?: number;
  readonly validationLoss?: number;
}

/** Title and size of a loss chart. */
export interface LossChartOptions {
  readonly title?: string;
  /** What is counted along the axis: "step" or "epoch". */
  readonly stepLabel?: string;
  readonly width?: number;
  readonly height?: number;
}

const seriesNames = ["training", "validation"];

/** Training and validation loss against the step, on a logarithmic axis. Drag and scroll to zoom. */
export function lossChart(history: readonly LossRow[], options: LossChartOptions = {}): VegaLiteSpec {
  const { width = 520, height = 260, stepLabel = "training step" } = options;
  const values = history.flatMap((row) => [
    ...lossValue(row.step, "training", row.trainLoss),
    ...lossValue(row.step, "validation", row.validationLoss),
  ]);
  const scale = { domain: seriesNames, range: seriesNames.map((_, i) => seriesColor(i)) };
  return chartSpec({
    ...optionalTitle(options.title),
    width,
    height,
    data: { values },
    params: [{ name: "zoom", select: "interval", bind: "scales" }],
    mark: { type: "line", clip: true, strokeWidth: 1.5 },
    encoding: {
      x: { field: "step", type: "quantitative", title: `${stepLabel} (number)`, scale: { zero: false, nice: false } },
      y: {
        field: "loss",
        type: "quantitative",
        title: "loss (dimensionless)",
        scale: { type: "log", nice: false, padding: 8 },
      },
      color: { field: "series", type: "nominal", title: null, scale },
    },
  });
}

function lossValue(step: number, series: string, loss: number | undefined) {
  return isFiniteNumber(loss) && loss > 0 ? [{ step, series, loss }] : [];
}
