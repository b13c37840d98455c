import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Crystal } from "../crystal/index.js";
import { recordFromJson, recordToJson, writeFileAtomic, type DosRecord } from "../data/index.js";

/** Finished calculations by structure and settings: one JSON file each, readable like an entry of a data set. */
export interface VerificationCache {
  /** The stored verification, or undefined. */
  read(key: string): Promise<DosRecord | undefined>;
  /** Stores a verification. */
  write(key: string, record: DosRecord): Promise<void>;
}

/**
 * Name of a calculation: equal for structures that agree within 1e-4 Angstrom and 1e-4 of a cell vector.
 * @param settings everything else that the result depends on
 */
export function verificationKey(crystal: Crystal, settings: Readonly<Record<string, unknown>>): string {
  const rounded = (rows: readonly (readonly number[])[]) => rows.map((row) => row.map((x) => Math.round(x * 1e4)));
  const structure = [rounded(crystal.latticeMatrix), rounded(crystal.fracCoords), crystal.atomicNumbers];
  return createHash("sha256")
    .update(JSON.stringify([structure, settings]))
    .digest("hex")
    .slice(0, 32);
}

/** A cache in a folder, which is made when the first result comes. A damaged file counts as absent. */
export function folderCache(folder: string): VerificationCache {
  const path = (key: string) => join(folder, `${key}.json`);
  return {
    async read(key) {
      try {
        return recordFromJson(JSON.parse(await readFile(path(key), "utf8")), path(key));
      } catch {
        return undefined;
      }
    },
    write: (key, record) => writeFileAtomic(path(key), `${JSON.stringify(recordToJson(record))}\n`),
  };
}
