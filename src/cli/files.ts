import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { appendLine, readJsonLines, writeFileAtomic } from "../data/index.js";

/** Files that come with the package; from `src/` and from `dist/` alike. */
const root = new URL("../../", import.meta.url);
export const bundled = {
  denoiser: fileURLToPath(new URL("models/denoiser.safetensors", root)),
  rankPredictor: fileURLToPath(new URL("models/predictor-a.safetensors", root)),
  reportPredictor: fileURLToPath(new URL("models/predictor-b.safetensors", root)),
  dataset: fileURLToPath(new URL("datasets/pbe-prototypes", root)),
} as const;

/** A bundled file, or an error that says which option replaces it. */
export function bundledOr(path: string | undefined, name: keyof typeof bundled, option: string): string {
  const chosen = path ?? bundled[name];
  if (path === undefined && !existsSync(chosen))
    throw new Error(`${chosen}: this installation has no such bundled file; name one with ${option}`);
  return chosen;
}

/** SHA-256 of a file, hexadecimal. */
export async function fileSha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}

/** Throws when a file is there already, unless it may be replaced. */
export function assertNew(path: string, force = false): void {
  if (!force && existsSync(path))
    throw new Error(`${path}: it exists already; choose another name, or --force to replace it`);
}

/** Versions that a result depends on. */
export function versions(): Record<string, string> {
  const require = createRequire(import.meta.url);
  const version = (name: string) => (require(name) as { version: string }).version;
  return {
    dosmith: version(fileURLToPath(new URL("package.json", root))),
    node: process.versions.node,
    "onnxruntime-node": version("onnxruntime-node/package.json"),
    "@tensorflow/tfjs": version("@tensorflow/tfjs/package.json"),
  };
}

/** Values kept one a line, so that a crash costs at most the line being written. */
export interface LineStore<T> {
  readonly kept: readonly T[];
  append(value: T): Promise<void>;
}

/** Opens or begins a store; half a line at its end is removed. @throws Error that names file and line. */
export async function openLineStore<T>(
  path: string,
  read: (value: unknown) => T,
  plain: (value: T) => unknown = (value) => value,
): Promise<LineStore<T>> {
  const line = (value: T) => JSON.stringify(plain(value));
  const kept: T[] = [];
  let unfinished = false;
  if (existsSync(path)) {
    for await (const { value, number } of readJsonLines(path, () => (unfinished = true))) {
      try {
        kept.push(read(value));
      } catch (error) {
        throw new Error(`${path}: line ${number}: ${(error as Error).message}`, { cause: error });
      }
    }
  }
  if (unfinished) await writeFileAtomic(path, kept.map((value) => `${line(value)}\n`).join(""));
  return { kept, append: (value) => appendLine(path, line(value)) };
}
