import { createReadStream, existsSync } from "node:fs";
import { join } from "node:path";
import { openDataset, type Dataset } from "./dataset.js";
import { crystalKey } from "./duplicates.js";
import { writeFileAtomic } from "./files.js";
import { readJsonLines } from "./json-lines.js";
import { checksum, manifestFile, type DatasetManifest, type PartInfo } from "./manifest.js";
import { encodePart } from "./part-encode.js";
import type { DosRecord } from "./record.js";
import { recordFromJson } from "./record-json.js";
import { readReferenceJson } from "./reference-json.js";
import { splitOfFormula } from "./split.js";

/** How crystals are added to a data set. */
export interface BuildOptions {
  /**
   * Files of records: JSON lines, plain or gzip, or the reference's JSON list (plain, begins with a bracket). The first
   * record of an id counts.
   */
  readonly inputs: readonly string[];
  /** The data set's folder. Its parts stay as they are; new crystals go into new parts. */
  readonly out: string;
  /** Needed when the data set is new. */
  readonly about?: DatasetAbout;
  /** Most crystals in a part. Default 1000. */
  readonly partSize?: number;
}

/** The maker's description of a data set. */
export type DatasetAbout = Pick<DatasetManifest, "name" | "licence" | "recipe" | "split" | "elements">;

/** What was added to a data set and what was left out. */
export interface BuildReport {
  readonly added: number;
  readonly total: number;
  /** Left out: a record with this id was there already. */
  readonly repeatedIds: number;
  /** Left out: the same crystal was there under another name. */
  readonly sameCrystals: readonly string[];
  /** Inputs whose last line was unfinished and was left out. */
  readonly unfinished: readonly { readonly file: string; readonly line: number }[];
  readonly newParts: readonly string[];
}

/**
 * Adds the crystals of files to a data set, or begins one. New crystals are sorted by id. Parts are written
 * first and `dataset.json` last, so that a crash leaves the old data set.
 *
 * @throws Error that names file and place of a bad record, and of a reserved formula if the data set keeps the fixed split.
 *
 * @example
 *     const about = { name: "mine", licence: "CC-BY-4.0", recipe: "PBE, smeared by 0.2 eV", split: "none" } as const;
 *     const { added, sameCrystals } = await buildDataset({ inputs: ["mine.json"], out: "mine", about });
 */
export async function buildDataset({ inputs, out, about, partSize = 1000 }: BuildOptions): Promise<BuildReport> {
  const old = existsSync(join(out, manifestFile)) ? await openDataset(out) : undefined;
  const description = old?.info ?? about;
  if (!description)
    throw new Error(`${out}: there is no data set yet, so "about" is needed (name, licence, recipe, split)`);
  const { records, ...left } = await readNew(inputs, old, description.split === "formula-hash");
  records.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const parts = await writeParts(out, records, old?.info?.parts.length ?? 0, partSize);
  if (parts.length > 0 || !old) {
    const manifest = manifestOf(description, { old, records, parts });
    await writeFileAtomic(join(out, manifestFile), `${JSON.stringify(manifest, null, 2)}\n`);
  }
  return {
    added: records.length,
    total: (old?.length ?? 0) + records.length,
    newParts: parts.map((p) => p.file),
    ...left,
  };
}

interface NewRecords extends Pick<BuildReport, "repeatedIds" | "sameCrystals" | "unfinished"> {
  readonly records: DosRecord[];
}

async function readNew(
  inputs: readonly string[],
  old: Dataset | undefined,
  keepReserved: boolean,
): Promise<NewRecords> {
  const ids = new Set(old?.ids);
  const crystals = new Set(old ? Array.from(old, crystalKey) : []);
  const records: DosRecord[] = [];
  const sameCrystals: string[] = [];
  const unfinished: { file: string; line: number }[] = [];
  let repeatedIds = 0;
  for (const file of inputs) {
    for await (const { record, where } of readRecords(file, (line) => unfinished.push({ file, line }))) {
      if (keepReserved && splitOfFormula(record.formula) === "reserved")
        throw new Error(`${where} (${record.id}): ${record.formula} is reserved for an outside referee`);
      const key = crystalKey(record);
      if (ids.has(record.id)) repeatedIds++;
      else if (crystals.has(key)) sameCrystals.push(record.id);
      else records.push(record);
      ids.add(record.id);
      crystals.add(key);
    }
  }
  return { records, repeatedIds, sameCrystals, unfinished };
}

/** The records of one file, each with its place in it. */
async function* readRecords(
  file: string,
  onUnfinished: (line: number) => void,
): AsyncGenerator<{ record: DosRecord; where: string }> {
  if (await isJsonList(file)) {
    const records = await readReferenceJson(file);
    yield* records.map((record, i) => ({ record, where: `${file}: entry ${i}` }));
    return;
  }
  for await (const { number, value } of readJsonLines(file, onUnfinished)) {
    const where = `${file}: line ${number}`;
    yield { record: recordFromJson(value, where), where };
  }
}

async function isJsonList(file: string): Promise<boolean> {
  for await (const head of createReadStream(file, { encoding: "latin1", end: 63 }))
    return (head as string).trimStart().startsWith("[");
  return false;
}

async function writeParts(
  out: string,
  records: readonly DosRecord[],
  first: number,
  size: number,
): Promise<PartInfo[]> {
  const parts: PartInfo[] = [];
  for (let begin = 0; begin < records.length; begin += size) {
    const chosen = records.slice(begin, begin + size);
    const bytes = encodePart(chosen);
    const file = `part-${String(first + parts.length).padStart(4, "0")}.safetensors.gz`;
    await writeFileAtomic(join(out, file), bytes);
    parts.push({ file, sha256: checksum(bytes), crystals: chosen.length, atoms: countAtoms(chosen) });
  }
  return parts;
}

interface Growth {
  /** The data set before. */
  readonly old: Dataset | undefined;
  readonly records: readonly DosRecord[];
  /** Of the new records. */
  readonly parts: readonly PartInfo[];
}

function manifestOf({ name, licence, recipe, split, elements }: DatasetAbout, growth: Growth): DatasetManifest {
  const { old, records } = growth;
  const parts = [...(old?.info?.parts ?? []), ...growth.parts];
  const formulas = new Set([...(old?.formulas ?? []), ...records.map((record) => record.formula)]);
  const sum = (key: "crystals" | "atoms") => parts.reduce((total, part) => total + part[key], 0);
  return {
    format: "dosmith-dataset-1",
    name,
    version: (old?.info?.version ?? 0) + 1,
    licence,
    recipe,
    split,
    grid: { start: -10, stop: 10, count: 400 },
    units: {
      cell: "Angstrom",
      y: "states/eV/atom, both spins, inside the PAW sphere",
      y_voronoi: "states/eV/atom, both spins; sums to the total DOS",
      energies: "eV from the valence-band maximum if there is a gap, else from the Fermi level",
    },
    ...(elements && { elements }),
    counts: { crystals: sum("crystals"), atoms: sum("atoms"), formulas: formulas.size },
    parts,
  };
}

function countAtoms(records: readonly DosRecord[]): number {
  return records.reduce((sum, { crystal }) => sum + crystal.atomicNumbers.length, 0);
}
