import type { SummaryRow } from "../../evaluate/index.js";
import type { DftStudy, LearningCurve, SamplerResult, StoredStudy } from "../../workbench/index.js";
import { okabeIto } from "../palette.js";
import { learningCurveChart } from "./learning-curve-chart.js";
import { chartSpec, type VegaLiteSpec } from "./spec.js";
import { tradeoffChart } from "./tradeoff-chart.js";
import { scatterChart } from "./xy-chart.js";

/** A stored quality table: structural validity against the match over the guidance weight, with retrieval and the true structures. */
export function qualityChart({ rows }: Pick<StoredStudy, "rows">): VegaLiteSpec {
  const weighted = rows.flatMap((row) => {
    const weight = /\bw=([\d.]+)/.exec(row.generator)?.[1];
    return weight === undefined ? [] : [tradeoffRow(row, Number(weight))];
  });
  const references = rows
    .filter(({ generator }) => /retrieval|true structure|unconditional/.test(generator))
    .filter((row) => typeof row.site_relative_l1_mean === "number")
    .map((row) => ({ label: row.generator, match: numberOf(row, "site_relative_l1_mean") }));
  return tradeoffChart(weighted, { references, matchLabel: "relative L1 distance of the site DOS, mean of 8" });
}

function tradeoffRow(row: SummaryRow, guidanceWeight: number) {
  return {
    guidanceWeight,
    validity: numberOf(row, "structural_validity"),
    validityError: numberOf(row, "structural_validity_se"),
    match: numberOf(row, "site_relative_l1_mean"),
    matchError: numberOf(row, "site_relative_l1_mean_se"),
  };
}

/** Every calculation of a DFT study: the predicted distance to the target against the computed one. */
export function dftStudyChart({ targets }: Pick<DftStudy, "targets">): VegaLiteSpec {
  const points = targets.flatMap(({ candidates }) =>
    candidates.flatMap(({ predicted, dft, isTarget, formula: label }) =>
      typeof dft === "number"
        ? [{ x: predicted, y: dft, label, series: isTarget ? "the target's own structure" : "another structure" }]
        : [],
    ),
  );
  return scatterChart(points, {
    title: "Distance to the target: what the predictor said and what DFT says",
    xLabel: "predicted relative L1 (1)",
    yLabel: "computed relative L1 (1)",
    diagonal: true,
  });
}

/** Predictors on true structures and generated crystals, against the number of training crystals. */
export function learningCurveStudyChart({ points }: Pick<LearningCurve, "points">): VegaLiteSpec {
  const rows = points.flatMap(({ trainCount, predictor, meanMatch }) => [
    { trainCount, value: predictor, series: "predictor on true structures" },
    { trainCount, value: meanMatch, series: "generated, mean of 8" },
  ]);
  return learningCurveChart(rows, { valueLabel: "relative L1 distance of the site DOS" });
}

/** What quality costs: a panel for each of three metrics over the evaluations of the network. */
export function samplerStudyChart(results: readonly SamplerResult[]): VegaLiteSpec {
  return chartSpec({
    hconcat: [
      samplerPanel(results, "strict_validity", "strictly valid (share)"),
      samplerPanel(results, "site_relative_l1_mean", "relative L1, mean of 8"),
      samplerPanel(results, "uniqueness", "unique (share)"),
    ],
  });
}

function samplerPanel(results: readonly SamplerResult[], metric: string, title: string): object {
  const values = results.map((result) => {
    const [value, error] = [numberOf(result, metric), numberOf(result, `${metric}_se`)];
    const { series, evaluations } = result;
    return { series, evaluations, value, low: value - error, high: value + error };
  });
  const x = {
    ...{ field: "evaluations", type: "quantitative", title: "guided evaluations a crystal" },
    scale: { type: "log", nice: false, padding: 12 },
    axis: { values: [8, 25, 100, 500, 2000] },
  };
  const y = { field: "value", type: "quantitative", title, scale: { zero: false } };
  const color = {
    ...{ field: "series", type: "nominal", title: null, sort: null },
    scale: { range: Object.values(okabeIto) },
    legend: { orient: "bottom", columns: 2, labelLimit: 300 },
  };
  return {
    ...{ width: 215, height: 230, data: { values } },
    layer: [
      { mark: { type: "line", point: { size: 45 } }, encoding: { x, y, color } },
      { mark: "rule", encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color } },
    ],
  };
}

function numberOf(row: Readonly<Record<string, unknown>>, name: string): number {
  const value = row[name];
  return typeof value === "number" ? value : NaN;
}
