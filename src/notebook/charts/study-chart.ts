import type { SummaryRow } from "../../evaluate/index.js";
import type { Study } from "../../workbench/index.js";
import type { VegaLiteSpec } from "./spec.js";
import { tradeoffChart, type TradeoffOptions } from "./tradeoff-chart.js";

/** Axes, size and what is drawn of a study. */
export interface StudyChartOptions extends Omit<TradeoffOptions, "references"> {
  /** Metric of the vertical axis. Default: strict validity. */
  readonly validity?: string;
  /** Metric of the horizontal axis. Default: mean relative L1 of the sites. */
  readonly match?: string;
}

/**
 * Validity against DOS match of a study's guidance sweep, a point with error bars for each weight; the true structures, retrieval
 * and unconditional crystals are vertical lines.
 *
 * @example
 *     await show(studyChart(await bench.study({ targets: 40, weights: [0, 1, 2] })));
 */
export function studyChart(
  { rows, sweep }: Pick<Study, "rows" | "sweep">,
  options: StudyChartOptions = {},
): VegaLiteSpec {
  const { validity = "strict_validity", match = "site_relative_l1_mean", ...rest } = options;
  const samplers = new Set(sweep.map(({ sampler }) => sampler));
  const points = sweep.map(({ generator, sampler, guidanceWeight }) => {
    const row = rows.find((item) => item.generator === generator)!;
    return {
      guidanceWeight,
      validity: numberOf(row, validity),
      validityError: numberOf(row, `${validity}_se`),
      match: numberOf(row, match),
      matchError: numberOf(row, `${match}_se`),
      ...(samplers.size > 1 && { series: sampler }),
    };
  });
  const references = rows
    .filter(({ generator }) => !sweep.some((item) => item.generator === generator))
    .map((row) => ({ label: row.generator, match: numberOf(row, match) }));
  return tradeoffChart(points, { matchLabel: "mean relative L1", ...rest, references });
}

function numberOf(row: SummaryRow, name: string): number {
  const value = row[name];
  return typeof value === "number" ? value : NaN;
}
