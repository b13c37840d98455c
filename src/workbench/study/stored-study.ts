import { readFile } from "node:fs/promises";
import { z } from "zod";
import { parseJson } from "../../base/json.js";
import type { SummaryRow } from "../../evaluate/index.js";
import { currentName } from "./row-names.js";

/** A quality table as `dosmith evaluate --quality-table --out` writes it. */
export interface StoredStudy {
  readonly format: "dosmith-quality-1";
  readonly versions: Readonly<Record<string, string>>;
  /** Models, data set and settings. */
  readonly study: Readonly<Record<string, unknown>>;
  /** Labels of the targets. */
  readonly targets: readonly string[];
  readonly metrics: readonly { readonly name: string; readonly unit: string; readonly description: string }[];
  readonly rows: readonly SummaryRow[];
}

const schema = z.object({
  format: z.literal("dosmith-quality-1"),
  versions: z.record(z.string(), z.string()),
  study: z.record(z.string(), z.unknown()),
  targets: z.array(z.string()),
  metrics: z.array(z.object({ name: z.string(), unit: z.string(), description: z.string() })),
  rows: z.array(
    z
      .object({ generator: z.string(), targets: z.int(), candidates: z.int() })
      .catchall(z.union([z.string(), z.number(), z.null()])),
  ),
});

/** Reads a stored quality table, of any version. @throws Error that names the file, the key and what was expected */
export async function readStudy(path: string): Promise<StoredStudy> {
  const parsed = schema.safeParse(parseJson(await readFile(path, "utf8"), path));
  if (!parsed.success) {
    const [{ path: keys, message }] = parsed.error.issues;
    throw new Error(`${path}: ${keys.join(".") || "the whole file"}: ${message}; it is no quality table of dosmith`);
  }
  const rows = parsed.data.rows.map((row) => ({ ...row, generator: currentName(row.generator) }));
  return { ...parsed.data, rows };
}
