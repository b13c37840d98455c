import { readFile } from "node:fs/promises";
import { z } from "zod";
import { parseStored } from "./stored.js";

/** What settings of samplers are compared by; names of metrics. */
export const samplerMetrics = [
  "structural_validity",
  "strict_validity",
  "site_relative_l1_mean",
  "site_relative_l1_best",
  "composition_share",
  "uniqueness",
] as const;

const difference = z.object({ mean: z.number(), standardError: z.number().nullable(), targets: z.int() });
const result = z
  .object({
    generator: z.string(),
    series: z.string(),
    evaluations: z.int(),
    targets: z.int(),
    candidates: z.int(),
    fromReference: z.record(z.string(), difference.nullable()).optional(),
  })
  .catchall(z.number().nullable());
const split = z.object({ results: z.array(result) });
const study = z.object({ test: split.optional(), validation: split.optional() });

/**
 * A setting of a sampler: guided evaluations of the network for a crystal, each metric with its standard error ("..._se"), and paired
 * differences from predictor-corrector where that ran on the same targets.
 */
export interface SamplerResult {
  readonly generator: string;
  readonly series: string;
  readonly evaluations: number;
  readonly targets: number;
  readonly candidates: number;
  readonly fromReference?: Readonly<Record<string, z.infer<typeof difference> | null>>;
  readonly [metric: string]: unknown;
}

/** The settings that met one split's targets. */
export interface SamplerSplit {
  readonly results: readonly SamplerResult[];
}

/** What models/sampler-study.json holds. */
export type StoredSamplerStudy = { readonly [split in "test" | "validation"]?: SamplerSplit };

/** Reads a stored sampler study. @throws Error that names the file, the entry and what was expected */
export async function readSamplerStudy(path: string): Promise<StoredSamplerStudy> {
  return parseStored(study, await readFile(path, "utf8"), path, "sampler study");
}
