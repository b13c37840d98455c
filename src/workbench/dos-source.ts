import { existsSync } from "node:fs";
import {
  isMaterialId,
  materialsProject,
  readDosEntries,
  type DosFile,
  type DosReader,
  type MaterialsProjectOptions,
  type ReadDosOptions,
} from "../dos/index.js";

/** Where densities of states are read from besides files. */
export interface DosSources {
  /** Key, cache and addresses of the Materials Project; ids such as mp-149 need them. */
  readonly materialsProject?: MaterialsProjectOptions;
  /** Further file formats for densities of states, asked before the library's own. */
  readonly readers?: readonly DosReader[];
}

/** The file of "FILE" or "FILE#ENTRY". */
export function splitSource(source: string): { path: string; entry?: string } {
  const at = source.lastIndexOf("#");
  return at <= 0 || existsSync(source) ? { path: source } : { path: source.slice(0, at), entry: source.slice(at + 1) };
}

/**
 * Every density of states that a name stands for: a file's, one entry's of it (FILE#ENTRY), or a material's of the
 * Materials Project (mp-149).
 *
 * @throws Error that names the file or the id and says what is wrong with it
 */
export async function readDosSource(
  source: string,
  options: ReadDosOptions = {},
  { materialsProject: client = { apiKey: undefined }, readers }: DosSources = {},
): Promise<DosFile[]> {
  if (isMaterial(source)) return [await materialsProject(client).dos(source, options)];
  const { path, entry } = splitSource(source);
  return readDosEntries(path, { ...options, ...(readers && { readers }), ...(entry !== undefined && { entry }) });
}

/** Whether it is a Materials Project id, and no file has that name. */
export function isMaterial(source: string): boolean {
  return isMaterialId(source) && !existsSync(source);
}
