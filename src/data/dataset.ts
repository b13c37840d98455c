import { join } from "node:path";
import { readManifest, readPartBytes, type DatasetManifest, type PartInfo } from "./manifest.js";
import { decodePart, type Part } from "./part.js";
import type { DosRecord } from "./record.js";
import { seededSplit, splitOfFormula, type SplitName, type SplitOptions } from "./split.js";

/** A record whose spectra are not decoded yet. */
interface Entry {
  readonly id: string;
  readonly formula: string;
  load(): DosRecord;
}

/** Records in a fixed order, by position and by id; it goes wherever records go. Immutable; subsets share the spectra's memory. */
export class Dataset implements Iterable<DosRecord> {
  private readonly byId: ReadonlyMap<string, Entry>;

  /** @param info what `dataset.json` says; undefined for records that were never stored. */
  private constructor(
    readonly info: DatasetManifest | undefined,
    private readonly entries: readonly Entry[],
  ) {
    this.byId = new Map(entries.map((entry) => [entry.id, entry]));
    if (this.byId.size < entries.length)
      throw new Error(`the id ${firstRepeated(entries)} occurs twice in the data set`);
  }

  /** A data set of records in memory. @throws Error when an id occurs twice. */
  static fromRecords(records: Iterable<DosRecord>, info?: DatasetManifest): Dataset {
    const entries = Array.from(records, (record) => ({ id: record.id, formula: record.formula, load: () => record }));
    return new Dataset(info, entries);
  }

  /** A data set of stored parts, whose records are decoded when asked for. */
  static fromParts(parts: readonly Part[], info: DatasetManifest): Dataset {
    return new Dataset(
      info,
      parts.flatMap((part) => part.ids.map((id, i) => ({ id, formula: part.formulas[i], load: () => part.at(i) }))),
    );
  }

  get length(): number {
    return this.entries.length;
  }

  get ids(): string[] {
    return this.entries.map(({ id }) => id);
  }

  /** Reduced formulas, one for each record. */
  get formulas(): string[] {
    return this.entries.map(({ formula }) => formula);
  }

  /** Whether there is a record of that id. */
  has(id: string): boolean {
    return this.byId.has(id);
  }

  /** @throws Error that names similar ids when there is no such id. */
  get(id: string): DosRecord {
    const entry = this.byId.get(id);
    if (!entry) throw new Error(`no record "${id}" among ${this.length}${this.suggestions(id)}`);
    return entry.load();
  }

  /** The i-th record; negative numbers count from the end. @throws Error beyond either end. */
  at(i: number): DosRecord {
    const entry = this.entries.at(i);
    if (!Number.isInteger(i) || !entry) throw new Error(`no record at ${i}: the data set has ${this.length}`);
    return entry.load();
  }

  /** The records in the order of the files. */
  *[Symbol.iterator](): Generator<DosRecord, void, undefined> {
    for (const entry of this.entries) yield entry.load();
  }

  /** The records for which `keep` holds, in order. */
  filter(keep: (record: DosRecord, i: number) => boolean): Dataset {
    return new Dataset(
      this.info,
      this.entries.filter((entry, i) => keep(entry.load(), i)),
    );
  }

  /** The records at these positions, in this order. */
  subset(positions: readonly number[]): Dataset {
    const chosen = positions.map((i) => {
      const entry = Number.isInteger(i) && i >= 0 ? this.entries[i] : undefined;
      if (!entry) throw new Error(`no record at ${i}: the data set has ${this.length}`);
      return entry;
    });
    return new Dataset(this.info, chosen);
  }

  /**
   * Splits by composition. Without options by the bundled data set's fixed rule (see {@link splitOfFormula}), by which
   * the bundled models were trained; with options by a seeded rule, for data of your own.
   *
   * @throws Error when the fixed rule meets a reserved formula.
   */
  split(options?: SplitOptions): Record<SplitName, Dataset> {
    const side = options ? seededSplit(options) : fixedSplit;
    const groups: Record<SplitName, Entry[]> = { train: [], validation: [], test: [] };
    for (const entry of this.entries) groups[side(entry.formula)].push(entry);
    const set = (name: SplitName) => new Dataset(this.info, groups[name]);
    return { train: set("train"), validation: set("validation"), test: set("test") };
  }

  private suggestions(id: string): string {
    const tail = id.slice(id.indexOf("-") + 1).toLowerCase();
    const similar = this.entries.filter((entry) => tail !== "" && entry.id.toLowerCase().includes(tail)).slice(0, 4);
    return similar.length === 0 ? "" : `; similar: ${similar.map((entry) => entry.id).join(", ")}`;
  }
}

/**
 * Opens a stored data set: reads all parts, checks their checksums, and decodes spectra when a record is asked for.
 *
 * @throws Error that names the file: missing, damaged, not of this format, or with a reserved formula.
 *
 * @example
 *     const data = await openDataset("datasets/pbe-prototypes");
 *     const { train, test } = data.split();
 *     console.log(data.get("rocksalt-NaCl").formula, train.length, test.length);
 */
export async function openDataset(folder: string): Promise<Dataset> {
  const manifest = await readManifest(folder);
  const parts: Part[] = [];
  for (const info of manifest.parts) parts.push(await readPart(folder, info, manifest));
  return Dataset.fromParts(parts, manifest);
}

/** A stored data set's records one after the other; at most one part is in memory. Errors as in {@link openDataset}. */
export async function* streamDataset(folder: string): AsyncGenerator<DosRecord, void, undefined> {
  const manifest = await readManifest(folder);
  for (const info of manifest.parts) {
    const part = await readPart(folder, info, manifest);
    for (let i = 0; i < part.ids.length; i++) yield part.at(i);
  }
}

async function readPart(folder: string, info: PartInfo, manifest: DatasetManifest): Promise<Part> {
  const path = join(folder, info.file);
  const part = decodePart(await readPartBytes(folder, info), path);
  if (part.ids.length !== info.crystals)
    throw new Error(`${path}: it has ${part.ids.length} crystals, dataset.json says ${info.crystals}`);
  const reserved = part.formulas.find((formula) => splitOfFormula(formula) === "reserved");
  if (manifest.split === "formula-hash" && reserved)
    throw new Error(`${path}: ${reserved} is reserved for an outside referee and must not be in the data`);
  return part;
}

function fixedSplit(formula: string): SplitName {
  const side = splitOfFormula(formula);
  if (side !== "reserved") return side;
  throw new Error(
    `${formula} belongs to the reserved twentieth of the fixed split; split data of your own with {by: "composition", seed}`,
  );
}

function firstRepeated(entries: readonly Entry[]): string {
  const seen = new Set<string>();
  return entries.find(({ id }) => seen.size === seen.add(id).size)?.id ?? "";
}
