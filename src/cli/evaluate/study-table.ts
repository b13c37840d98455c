import type { SummaryRow } from "../../evaluate/index.js";
import { textTable } from "../terminal.js";

const columns: readonly (readonly [title: string, metric: string])[] = [
  ["valid", "structural_validity"],
  ["strict", "strict_validity"],
  ["neutral", "charge_neutrality"],
  ["rel. L1, mean", "site_relative_l1_mean"],
  ["best", "site_relative_l1_best"],
  ["unique", "uniqueness"],
  ["novel", "novelty"],
  ["s/crystal", "seconds_per_crystal"],
];

/** The columns of a quality table that fit a screen; the file has all of them. */
export function studyTable(rows: readonly SummaryRow[]): string[] {
  const header = ["generator", "targets", ...columns.map(([title]) => title)];
  return textTable(
    header,
    rows.map((row) => [row.generator, String(row.targets), ...columns.map(([, metric]) => withError(row, metric))]),
  );
}

function withError(row: SummaryRow, metric: string): string {
  const [value, error] = [row[metric], row[`${metric}_se`]];
  if (typeof value !== "number") return "–";
  return typeof error === "number" ? `${value.toFixed(3)} ± ${error.toFixed(3)}` : value.toFixed(3);
}
