import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** From `src/workbench/` and from `dist/workbench/` alike. */
const root = new URL("../../", import.meta.url);
const packaged = (name: string): string => fileURLToPath(new URL(name, root));

/** Paths of the models and the data set that come with the package. */
export const bundled = {
  denoiser: packaged("models/denoiser.safetensors"),
  rankPredictor: packaged("models/predictor-a.safetensors"),
  reportPredictor: packaged("models/predictor-b.safetensors"),
  dataset: packaged("datasets/pbe-prototypes"),
} as const;

/** Path of the package's own package.json. */
export const packageFile = packaged("package.json");

/**
 * The given path, or the bundled file's.
 * @param option what a user names instead: "model"
 * @throws Error when this installation lacks the bundled file
 */
export function bundledOr(path: string | undefined, name: keyof typeof bundled, option: string): string {
  const chosen = path ?? bundled[name];
  if (path === undefined && !existsSync(chosen))
    throw new Error(`${chosen}: this installation lacks the bundled file; name another one: ${option}`);
  return chosen;
}
