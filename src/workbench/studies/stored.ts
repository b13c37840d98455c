import type { z } from "zod";
import { parseJson } from "../../base/json.js";

/**
 * A stored result of a known form.
 *
 * @param where the file
 * @param kind "DFT study"
 * @throws Error that names the file, the entry and what was expected
 */
export function parseStored<T>(schema: z.ZodType<T>, text: string, where: string, kind: string): T {
  const parsed = schema.safeParse(parseJson(text, where));
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new Error(`${where}: ${path.join(".") || "the whole file"}: ${message}; this is not a stored ${kind}`);
}
