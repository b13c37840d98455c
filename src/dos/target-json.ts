import type { Target } from "./target.js";
import { targetFromDos, type TargetFileOptions } from "./readers/dos-target.js";
import { dosFromText } from "./readers/read-json.js";

/**
 * A target from JSON text, of any of the forms that {@link readDosFile} knows. For files, use that and {@link targetFromDos}.
 *
 * @throws Error that names the file and what is wrong, with numbers.
 */
export function targetFromJson(text: string, fileName: string, options: TargetFileOptions = {}): Target {
  const found = dosFromText(text, fileName);
  if (found.length !== 1) throw new Error(`${fileName}: expected one spectrum, found ${found.length}`);
  return targetFromDos(found[0], options);
}
