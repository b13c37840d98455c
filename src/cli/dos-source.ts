import { existsSync } from "node:fs";
import { readDosEntries, type DosFile, type ReadDosOptions } from "../dos/index.js";

/** The file of "FILE" or "FILE#ENTRY". */
export function splitSource(source: string): { path: string; entry?: string } {
  const at = source.lastIndexOf("#");
  return at <= 0 || existsSync(source) ? { path: source } : { path: source.slice(0, at), entry: source.slice(at + 1) };
}

/** Every density of states that a name on the command line stands for: a file's, or one entry's of it (FILE#ENTRY). */
export async function readDosSource(source: string, options: ReadDosOptions = {}): Promise<DosFile[]> {
  const { path, entry } = splitSource(source);
  return readDosEntries(path, { ...options, ...(entry !== undefined && { entry }) });
}
