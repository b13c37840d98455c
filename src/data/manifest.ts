import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { elementEnergiesSchema } from "./element-energies.js";
import { parseJson } from "../base/json.js";

export const manifestFile = "dataset.json";

const count = z.int().nonnegative();
const schema = z.object({
  format: z.literal("dosmith-dataset-1"),
  name: z.string(),
  /** Rises by one whenever parts are added. */
  version: z.int().positive(),
  licence: z.string(),
  /** One paragraph: how the spectra were computed. */
  recipe: z.string(),
  /** "formula-hash": the fixed split; formulas in its reserved twentieth are refused. "none": only seeded splits. */
  split: z.enum(["formula-hash", "none"]),
  grid: z.object({
    start: z.literal(-10),
    stop: z.literal(10),
    count: z.literal(400),
  }),
  units: z.record(z.string(), z.string()),
  /** The elements' most stable phases at the settings of the records; without them no hull has its molecules. */
  elements: elementEnergiesSchema.optional(),
  counts: z.object({ crystals: count, atoms: count, formulas: count }),
  parts: z.array(
    z.object({
      file: z.string().regex(/^part-\d{4,}\.safetensors\.gz$/),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      crystals: count,
      atoms: count,
    }),
  ),
});

/** What `dataset.json` says about a data set. */
export type DatasetManifest = z.infer<typeof schema>;
/** One part of a data set: its file, its size and its checksum. */
export type PartInfo = DatasetManifest["parts"][number];

/** @throws Error that names the file and each thing wrong with it. */
export async function readManifest(folder: string): Promise<DatasetManifest> {
  const path = join(folder, manifestFile);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === "ENOENT" ? `not found; is ${folder} a data set's folder?` : error.message;
    throw new Error(`${path}: ${reason}`, { cause: error });
  });
  const result = schema.safeParse(parseJson(text, path));
  if (!result.success) throw new Error(`${path}: not a data set's description:\n${z.prettifyError(result.error)}`);
  return result.data;
}

/** The bytes of a part, checked against its checksum. */
export async function readPartBytes(folder: string, { file, sha256 }: PartInfo): Promise<Uint8Array> {
  const path = join(folder, file);
  const bytes = await readFile(path).catch((error: Error) => {
    throw new Error(`${path}: cannot be read: ${error.message}`, { cause: error });
  });
  const found = checksum(bytes);
  if (found !== sha256) throw new Error(`${path}: damaged: sha256 is ${found}, ${manifestFile} says ${sha256}`);
  return bytes;
}

export function checksum(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
