import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { crystalFormat, readCrystals, type Crystal } from "../crystal/index.js";

/** A crystal and the file that it was read from. */
export interface NamedCrystal {
  /** The file; FILE#2 for the second of several. */
  readonly name: string;
  readonly crystal: Crystal;
}

/** Structures of files and folders, with the files that hold none. */
export interface FoundStructures {
  readonly found: readonly NamedCrystal[];
  /** Files in folders that could not be read. */
  readonly unreadable: readonly { readonly file: string; readonly error: Error }[];
}

/** All structures of some files. @throws Error that names the file */
export async function readStructures(files: readonly string[]): Promise<NamedCrystal[]> {
  const found: NamedCrystal[] = [];
  for (const file of files) {
    const crystals = await readCrystals(file);
    crystals.forEach((crystal, k) => found.push({ name: crystals.length === 1 ? file : `${file}#${k + 1}`, crystal }));
  }
  return found;
}

/**
 * All structures of files and folders (of a run's folder: its crystals). A bad file that was named is an error; one that lies in a
 * folder is passed over.
 *
 * @throws Error that names the file, or when nothing at all can be read
 */
export async function findStructures(paths: readonly string[]): Promise<FoundStructures> {
  const found: NamedCrystal[] = [];
  const unreadable: { file: string; error: Error }[] = [];
  for (const path of paths) {
    if (!(await stat(path)).isDirectory()) {
      found.push(...(await readStructures([path])));
      continue;
    }
    for (const file of await structureFiles(path)) {
      try {
        found.push(...(await readStructures([file])));
      } catch (error) {
        unreadable.push({ file, error: error as Error });
      }
    }
  }
  if (found.length === 0) throw new Error(`${paths.join(", ")}: found no structure that can be read`);
  return { found, unreadable };
}

/** Whether a file's name is that of a structure file. */
export function isStructureName(path: string): boolean {
  try {
    crystalFormat(path);
    return true;
  } catch {
    return false;
  }
}

/** The structure files of a folder, or of its `crystals` where that is a run's folder. */
async function structureFiles(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).sort();
  if (names.includes("crystals") && names.includes("run.json")) return structureFiles(join(folder, "crystals"));
  return names.map((name) => join(folder, name)).filter(isStructureName);
}
