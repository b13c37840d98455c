import { readFile } from "node:fs/promises";
import { z } from "zod";
import { parseStored } from "./stored.js";

const numberOrNull = z.number().nullable().optional();
const candidate = z.object({
  formula: z.string(),
  predicted: z.number(),
  isTarget: z.boolean(),
  dft: numberOrNull,
  dftBroad: numberOrNull,
  pressure: numberOrNull,
  aboveHull: numberOrNull,
  seconds: z.number().optional(),
  failure: z.string().optional(),
});
const target = z.object({
  id: z.string(),
  formula: z.string(),
  atoms: z.int(),
  candidates: z.array(candidate),
  retrieval: z.array(z.number()),
});
const meanAndError = z.object({ mean: z.number(), error: z.number().nullable() });
const means = [
  "generated, DFT, mean",
  "generated, DFT, first choice",
  "generated, DFT, best by DFT",
  "generated, predicted, mean",
  "retrieval, DFT, mean",
  "retrieval, DFT, first choice",
] as const;
const summary = z.object({
  targets: z.int(),
  calculations: z.int(),
  failures: z.record(z.string(), z.int()),
  ...(Object.fromEntries(means.map((name) => [name, meanAndError])) as Record<
    (typeof means)[number],
    typeof meanAndError
  >),
  shareBetterThanRetrieval: z.number(),
  rankCorrelation: z.number().nullable(),
  withHull: z.int(),
  medianAboveHull: z.number().nullable(),
});
const study = z.object({
  settings: z.object({
    generated: z.int(),
    guidanceWeight: z.number(),
    steps: z.int(),
    seed: z.int(),
    relax: z.string(),
  }),
  summary,
  targets: z.array(target),
});

/**
 * A crystal that was chosen and computed. `predicted`, `dft` and `dftBroad` are relative L1 distances of the site DOS to the target (the
 * last one at 0.5 eV); `pressure` in GPa; `aboveHull` in eV/atom, null without a hull; `failure` instead of them where the calculation failed.
 */
export type DftCandidate = Readonly<z.infer<typeof candidate>>;

/** A target, its computed crystals from the predictor's first choice on, and the distances of as many retrieved records. */
export interface DftTarget extends Readonly<Omit<z.infer<typeof target>, "candidates" | "retrieval">> {
  readonly candidates: readonly DftCandidate[];
  readonly retrieval: readonly number[];
}

/** Means over targets with bootstrap standard errors, and what else is told of the calculations. */
export type DftSummary = Readonly<z.infer<typeof summary>>;

/** The results of a DFT study, as its file holds them. */
/** A DFT study as models/dft-study.json holds it. */
export interface DftStudy {
  readonly settings: Readonly<z.infer<typeof study>["settings"]>;
  readonly summary: DftSummary;
  readonly targets: readonly DftTarget[];
}

/** Reads a stored DFT study, such as models/dft-study.json. @throws Error that names the file, the entry and what was expected */
export async function readDftStudy(path: string): Promise<DftStudy> {
  return parseStored(study, await readFile(path, "utf8"), path, "DFT study");
}
