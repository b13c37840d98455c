import type { SummaryRow } from "../../evaluate/index.js";
import type { StoredStudy } from "./stored-study.js";

/** Titles of a study's columns by metric; the file has all of them. */
export const studyColumns: Readonly<Record<string, string>> = {
  structural_validity: "valid",
  strict_validity: "strict",
  charge_neutrality: "neutral",
  site_relative_l1_mean: "rel. L1, mean",
  site_relative_l1_best: "best",
  uniqueness: "unique",
  novelty: "novel",
  seconds_per_crystal: "s/crystal",
};

/**
 * A study for reading: a row a generator, each number with its standard error ("0.512 ± 0.021").
 * @param columns titles by metric name
 */
export function studyTable({ rows }: Pick<StoredStudy, "rows">, columns = studyColumns): Record<string, string>[] {
  return rows.map((row) => ({
    generator: row.generator,
    targets: String(row.targets),
    ...Object.fromEntries(Object.entries(columns).map(([metric, title]) => [title, withError(row, metric)])),
  }));
}

function withError(row: SummaryRow, metric: string): string {
  const [value, error] = [row[metric], row[`${metric}_se`]];
  if (typeof value !== "number") return "–";
  return typeof error === "number" ? `${value.toFixed(3)} ± ${error.toFixed(3)}` : value.toFixed(3);
}
