import { bootstrapStandardError, type BootstrapOptions } from "./bootstrap.js";
import { meanOrNull, type Metric } from "./metric.js";
import { metrics } from "./metrics.js";

/** One finished (generator, target) cell of a study: plain data, so that a caller can keep it as a line of JSON. */
export interface FinishedCell {
  readonly generator: string;
  /** The target's label. */
  readonly target: string;
  readonly candidateCount: number;
  /** Wall time of generating the candidates, s. */
  readonly seconds: number;
  /** By metric name. */
  readonly values: Readonly<Record<string, number | null>>;
}

/**
 * One row of the quality table. Each metric has two columns: its mean over the targets where it applies (`<name>`) and
 * the bootstrap standard error of that mean (`<name>_se`).
 */
export type SummaryRow = { generator: string; targets: number; candidates: number } & Record<
  string,
  string | number | null
>;

/** How a table is summed up. */
export interface SummarizeOptions extends BootstrapOptions {
  /** Columns; all of `metrics` if absent. */
  readonly metrics?: readonly Metric[];
}

/** One row for each generator, in the order of first appearance; rows are plain objects and make a DataFrame as they are. */
export function summarize(cells: readonly FinishedCell[], options: SummarizeOptions = {}): SummaryRow[] {
  const generators = [...new Set(cells.map((cell) => cell.generator))];
  return generators.map((name) =>
    summaryRow(
      name,
      cells.filter((cell) => cell.generator === name),
      options,
    ),
  );
}

function summaryRow(generator: string, cells: readonly FinishedCell[], options: SummarizeOptions): SummaryRow {
  const row: SummaryRow = {
    generator,
    targets: cells.length,
    candidates: cells.reduce((sum, cell) => sum + cell.candidateCount, 0),
  };
  for (const { name } of options.metrics ?? metrics) {
    const values = cells.map((cell) => cell.values[name] ?? null).filter((value) => value !== null);
    row[name] = meanOrNull(values);
    row[`${name}_se`] = bootstrapStandardError(values, options);
  }
  return row;
}

/** What a column of the quality table means. */
export type MetricRow = Pick<Metric, "name" | "unit" | "description">;

/** What the columns of the quality table mean: one row for each metric. */
export function metricRows(list: readonly Metric[] = metrics): MetricRow[] {
  return list.map(({ name, unit, description }) => ({ name, unit, description }));
}
