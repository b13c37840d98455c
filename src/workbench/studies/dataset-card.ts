import { readFile } from "node:fs/promises";
import { median } from "simple-statistics";
import { z } from "zod";
import { censusMarkdown, takeCensus, type Dataset } from "../../data/index.js";
import { parseStored } from "./stored.js";

const error = z.object({ relative_L1: z.number(), zero_error_eV: z.number(), gap_error_eV: z.number() });
const errors = z.record(z.string(), z.object({ "recipe 1": error, "recipe 2": error }));
const published = z.object({
  gaps: z.record(z.string(), z.object({ gap_eV: z.number(), published_eV: z.number() })),
  d_band_centres: z.record(z.string(), z.object({ centre_eV: z.number(), published_surface_eV: z.number() })),
});

/** Distances of a data set's recipes to converged calculations of the same crystals, by crystal. */
export type RecipeErrors = Readonly<z.infer<typeof errors>>;

/** A data set's numbers beside published ones: gaps and centres of d bands, eV, by crystal. */
export type PublishedNumbers = Readonly<z.infer<typeof published>>;

/** What a data set's card is written from. */
/** A data set and what its generator's checks found. */
export interface DatasetCardInputs {
  readonly dataset: Dataset;
  readonly errors: RecipeErrors;
  readonly published: PublishedNumbers;
}

/** Sections of a data set's card in Markdown, by the name of the marks that they stand between. */
export interface DatasetCardSections {
  readonly counts: string;
  readonly errors: string;
  readonly published: string;
}

/** Counts and checks of a data set's card. */
export function datasetCard(inputs: DatasetCardInputs): DatasetCardSections {
  return {
    counts: datasetCounts(inputs.dataset),
    errors: errorTable(inputs.errors),
    published: publishedTables(inputs.published),
  };
}

/** How many records of which kind, with which elements, in Markdown. */
export function datasetCounts(dataset: Dataset): string {
  return censusMarkdown(takeCensus(dataset));
}

/** Reads the generator's known_errors.json. @throws Error that names the file, the entry and what was expected */
export async function readRecipeErrors(path: string): Promise<RecipeErrors> {
  return parseStored(errors, await readFile(path, "utf8"), path, "table of a recipe's errors");
}

/** Reads the generator's published.json. @throws Error that names the file, the entry and what was expected */
export async function readPublishedNumbers(path: string): Promise<PublishedNumbers> {
  return parseStored(published, await readFile(path, "utf8"), path, "table of published numbers");
}

function errorTable(found: RecipeErrors): string {
  const rows = Object.entries(found).map(([id, { "recipe 1": first, "recipe 2": second }]) => [
    ...[id, first.relative_L1.toFixed(3), second.relative_L1.toFixed(3)],
    ...[String(second.zero_error_eV), String(second.gap_error_eV)],
  ]);
  // Of the numbers as they are shown.
  const middle = (column: number) => median(rows.map((row) => Number(row[column]))).toFixed(3);
  return table(
    ["crystal", "first recipe", "this recipe", "its zero, eV", "its gap, eV"],
    [...rows, ["**median**", `**${middle(1)}**`, `**${middle(2)}**`, "", ""]],
  );
}

function publishedTables({ gaps, d_band_centres: centres }: PublishedNumbers): string {
  const shown = (values: readonly number[]) => values.map((value) => value.toFixed(2));
  return [
    table(
      ["gap, eV", ...Object.keys(gaps)],
      [
        ["this recipe", ...shown(Object.values(gaps).map(({ gap_eV }) => gap_eV))],
        ["published, PBE", ...shown(Object.values(gaps).map(({ published_eV }) => published_eV))],
      ],
    ),
    "",
    table(
      ["centre of the d band, eV", ...Object.keys(centres)],
      [
        ["this recipe, bulk", ...shown(Object.values(centres).map(({ centre_eV }) => centre_eV))],
        [
          "published, surface",
          ...shown(Object.values(centres).map(({ published_surface_eV }) => published_surface_eV)),
        ],
      ],
    ),
  ].join("\n");
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, header.map(() => "---"), ...rows].map((line) => `| ${line.join(" | ")} |`).join("\n");
}
