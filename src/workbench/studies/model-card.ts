import { median } from "simple-statistics";
import type { SummaryRow } from "../../evaluate/index.js";
import type { StoredStudy } from "../study/stored-study.js";
import type { DftStudy } from "./dft-results.js";
import { isComputed } from "./dft-summary.js";
import type { SamplerResult, StoredSamplerStudy } from "./sampler-results.js";

/** The stored studies of a model. */
export interface ModelCardInputs {
  readonly quality: StoredStudy;
  readonly samplers: StoredSamplerStudy;
  readonly dft: DftStudy;
}

/** Sections of a model's card in Markdown, by the name of the marks that they stand between. */
export interface ModelCardSections {
  /** The quality table, all columns. */
  readonly fast: string;
  /** The same, with the columns that README quotes. */
  readonly quality: string;
  /** Samplers on the test split. */
  readonly samplers: string;
  /** Samplers on the validation split. */
  readonly "sampler-choice": string;
  /** First-principles calculations of generated crystals. */
  readonly dft: string;
}

type Values = Readonly<Record<string, unknown>>;
type Column = readonly [title: string, metric: string, format: (value: number) => string];

const columns: readonly Column[] = [
  ["struct. valid", "structural_validity", percent],
  ["strictly valid", "strict_validity", percent],
  ["charge neutral", "charge_neutrality", percent],
  ["mean of 8", "site_relative_l1_mean", decimal],
  ["best of 8", "site_relative_l1_best", decimal],
  ["best of 8, 0.5 eV", "site_relative_l1_0.5eV_best", decimal],
  ["unique", "uniqueness", percent],
  ["novel", "novelty", percent],
  ["true composition", "composition_share", percent],
  ["s/crystal", "seconds_per_crystal", (value) => value.toFixed(value < 1 ? 3 : 1)],
];
const quoted = ["struct. valid", "mean of 8", "best of 8", "true composition", "s/crystal"];

/** The tables of a model's card, from its stored studies. */
export function modelCard({ quality, samplers, dft }: ModelCardInputs): ModelCardSections {
  return {
    fast: qualitySection(quality, columns),
    quality: qualitySection(
      quality,
      columns.filter(([title]) => quoted.includes(title)),
    ),
    samplers: samplerSection(samplers.test?.results ?? []),
    "sampler-choice": samplerSection(samplers.validation?.results ?? []),
    dft: dftSection(dft),
  };
}

function qualitySection({ rows, targets }: StoredStudy, shown: readonly Column[]): string {
  const header = ["", ...shown.map(([title]) => title)];
  const lines = rows.map((row: SummaryRow) => [row.generator, ...shown.map((column) => cell(row, column))]);
  return `${targets.length} test targets, 8 candidates each; ± is the bootstrap standard error over targets.\n\n${table(header, lines)}`;
}

/** A star is a paired difference from predictor-corrector of more than two standard errors. */
function samplerSection(rows: readonly SamplerResult[]): string {
  const [first] = rows;
  if (!first) return "No results.";
  const shown = columns.filter(([, metric]) => `${metric}_se` in first);
  const header = ["", "evaluations", ...shown.map(([title]) => title)];
  const lines = rows.map((row) => [
    ...[row.series, String(row.evaluations)],
    ...shown.map((column) => `${cell(row, column)}${star(row, column)}`),
  ]);
  return `${first.targets} targets, ${first.candidates / first.targets} candidates each; w = 1 unless the row says otherwise.\n\n${table(header, lines)}`;
}

function star({ fromReference }: SamplerResult, [, metric]: Column): string {
  const difference = fromReference?.[metric];
  return difference && Math.abs(difference.mean) > 2 * (difference.standardError ?? Infinity) ? " *" : "";
}

function dftSection({ settings, summary, targets }: DftStudy): string {
  const computed = targets.flatMap(({ candidates }) => candidates.filter(isComputed));
  const own = computed.filter(({ isTarget }) => isTarget).map(({ dft }) => dft);
  const far = computed.filter(({ dft }) => dft > 0.6);
  const pressed = far.filter(({ pressure }) => Math.abs(pressure ?? 0) > 8);
  const rows = (
    [
      ["generated, mean of the chosen", "generated, DFT, mean"],
      ["generated, the predictor's first choice", "generated, DFT, first choice"],
      ["generated, best by DFT", "generated, DFT, best by DFT"],
      ["generated, mean of the chosen, *as predicted*", "generated, predicted, mean"],
      ["retrieval, mean of as many", "retrieval, DFT, mean"],
      ["retrieval, nearest", "retrieval, DFT, first choice"],
    ] as const
  ).map(([title, key]) => [title, withError(decimal, summary[key].mean, summary[key].error)]);
  const failures = Object.entries(summary.failures).map(([reason, count]) => `${count} ${reason}`);
  return [
    `${summary.targets} test targets; of ${settings.generated} crystals each (w = ${settings.guidanceWeight}, ${settings.steps} steps) predictor-a chose the best ones, and ` +
      `${summary.calculations} were computed (failed: ${failures.join(", ") || "none"}). Relative L1 distance of the computed site DOS:`,
    "",
    table(["", "relative L1"], rows),
    "",
    `${own.length} of the computed crystals have the target's own structure; the median of their distances is ${own.length > 0 ? decimal(median(own)) : "unknown"}, and ` +
      `${own.filter((x) => x < 0.1).length} are below 0.1, which no network here could tell. Of the ${far.length} above 0.6, ` +
      `${pressed.length} are at a wrong volume, under more than 8 GPa.`,
    "",
    `The first choice is nearer to the target than the nearest training crystal for ${percent(summary.shareBetterThanRetrieval)} of the targets. ` +
      `Predicted and computed distances have a rank correlation of ${summary.rankCorrelation?.toFixed(2) ?? "unknown"}. Median energy above the hull of the set's own phases: ` +
      `${summary.medianAboveHull?.toFixed(2) ?? "unknown"} eV/atom (${summary.withHull} crystals have a hull).`,
  ].join("\n");
}

function cell(row: Values, [, metric, format]: Column): string {
  const [value, error] = [row[metric], row[`${metric}_se`]];
  if (typeof value !== "number") return "";
  return withError(format, value, metric !== "seconds_per_crystal" && typeof error === "number" ? error : null);
}

function withError(format: (value: number) => string, value: number, error: number | null): string {
  return error ? `${format(value)} ± ${format(error)}` : format(value);
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, header.map(() => "---"), ...rows].map((line) => `| ${line.join(" | ")} |`).join("\n");
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1)}%`;
}

function decimal(value: number): string {
  return value.toFixed(3);
}
