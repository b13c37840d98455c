import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  buildDataset,
  elementEnergiesFromJson,
  splitOfFormula,
  streamDataset,
  writeReferenceJson,
  type BuildReport,
  type DatasetAbout,
  type DosRecord,
  type SplitName,
} from "../data/index.js";
import { bundledOr } from "./bundled.js";
import { assertNew } from "./files.js";
import { Interrupted } from "./interrupted.js";

/** A data set's folder and, for a new one, what it says about itself. */
export interface BuildFilesOptions extends Partial<Omit<DatasetAbout, "elements">> {
  /** The data set's folder, new or to be added to. */
  readonly out: string;
  /** File of the elements' energies. */
  readonly elements?: string;
}

/** Begins a data set from files of records, or adds their new crystals to one. @throws Error that names what is missing or wrong */
export async function buildFromFiles(inputs: readonly string[], options: BuildFilesOptions): Promise<BuildReport> {
  return buildDataset({ inputs, out: options.out, about: await aboutOf(options) });
}

/** Which records are exported, and where to. */
export interface ExportOptions {
  readonly out: string;
  /** Only this side of the fixed split. */
  readonly split?: SplitName;
  /** Replace the file. */
  readonly force?: boolean;
  readonly signal?: AbortSignal;
}

/** Writes a data set's records as the reference's JSON list. @returns how many */
export async function exportRecords(folder: string | undefined, options: ExportOptions): Promise<number> {
  const { out, split, force, signal } = options;
  assertNew(out, force);
  const path = bundledOr(folder, "dataset", "its folder");
  let count = 0;
  const counted = async function* (): AsyncGenerator<DosRecord> {
    for await (const record of streamDataset(path)) {
      if (signal?.aborted) throw new Interrupted(`stopped: ${out} was not written`);
      if (split && splitOfFormula(record.formula) !== split) continue;
      count++;
      yield record;
    }
  };
  await writeReferenceJson(out, counted());
  return count;
}

async function aboutOf({ out, elements, ...given }: BuildFilesOptions): Promise<DatasetAbout | undefined> {
  if (existsSync(join(out, "dataset.json"))) return undefined;
  const { name, licence, recipe, split = "none" } = given;
  const missing = Object.entries({ name, licence, recipe }).filter(([, value]) => value === undefined);
  if (missing.length > 0)
    throw new Error(`${out}: a new data set needs ${missing.map(([option]) => `--${option}`).join(", ")}`);
  const about = { name: name!, licence: licence!, recipe: recipe!, split };
  if (elements === undefined) return about;
  return { ...about, elements: elementEnergiesFromJson(await readFile(elements, "utf8"), elements) };
}
