import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { diskCache } from "../data/index.js";
import { isMaterialId, materialsProject, readDosEntries, type DosFile, type ReadDosOptions } from "../dos/index.js";

/** The file of "FILE" or "FILE#ENTRY". */
export function splitSource(source: string): { path: string; entry?: string } {
  const at = source.lastIndexOf("#");
  return at <= 0 || existsSync(source) ? { path: source } : { path: source.slice(0, at), entry: source.slice(at + 1) };
}

/**
 * Every density of states that a name on the command line stands for: a file's, one entry's of it (FILE#ENTRY), or a
 * material's of the Materials Project (mp-149).
 */
export async function readDosSource(source: string, options: ReadDosOptions = {}): Promise<DosFile[]> {
  if (isMaterial(source)) return [await fromEnvironment().dos(source, options)];
  const { path, entry } = splitSource(source);
  return readDosEntries(path, { ...options, ...(entry !== undefined && { entry }) });
}

/** A Materials Project id, unless a file has that name. */
export function isMaterial(source: string): boolean {
  return isMaterialId(source) && !existsSync(source);
}

/** The client as the environment says: MP_API_KEY, MP_API_ENDPOINT (as for mp-api), MP_OPEN_DATA_ENDPOINT, XDG_CACHE_HOME. */
function fromEnvironment() {
  const { MP_API_KEY, MP_API_ENDPOINT, MP_OPEN_DATA_ENDPOINT, XDG_CACHE_HOME } = process.env;
  const cacheHome = XDG_CACHE_HOME || join(homedir(), ".cache");
  return materialsProject({
    apiKey: MP_API_KEY,
    cache: diskCache(join(cacheHome, "dosmith", "materials-project")),
    ...(MP_API_ENDPOINT && { apiUrl: MP_API_ENDPOINT }),
    ...(MP_OPEN_DATA_ENDPOINT && { openDataUrl: MP_OPEN_DATA_ENDPOINT }),
  });
}
