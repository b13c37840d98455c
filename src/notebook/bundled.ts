import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** From `src/notebook/` and from `dist/notebook/` alike. */
const root = new URL("../../", import.meta.url);

/**
 * The path of a file or folder that comes with dosmith, whatever folder the notebook is in:
 * `bundledFile("datasets/pbe-prototypes")`.
 *
 * @throws Error when this installation has no such file.
 */
export function bundledFile(name: string): string {
  const path = fileURLToPath(new URL(name, root));
  if (!existsSync(path)) throw new Error(`${path}: this installation has no such bundled file`);
  return path;
}
