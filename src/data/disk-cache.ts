import { readFile } from "node:fs/promises";
import { join, normalize, sep } from "node:path";
import type { DocumentCache } from "../dos/index.js";
import { writeFileAtomic } from "./files.js";

/**
 * A cache of documents as files of one folder, each written whole or not at all: a killed process leaves no partial file.
 */
export function diskCache(folder: string): DocumentCache {
  return {
    async get(key) {
      try {
        return await readFile(pathOf(folder, key));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
    },
    put: (key, data) => writeFileAtomic(pathOf(folder, key), data),
  };
}

function pathOf(folder: string, key: string): string {
  const path = normalize(key);
  if (path.startsWith("..") || path.startsWith(sep)) throw new Error(`"${key}" leads out of the cache`);
  return join(folder, path);
}
