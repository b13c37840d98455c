import { createRequire } from "node:module";
import { printable } from "./printable.js";

const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };

/** What files say of who made them, for example "dosmith 0.1.0". */
export const madeBy = `dosmith ${version}`;

/**
 * For the end of an error about a file: which version made it, where that is another one than this.
 * @param found what the file says; versions up to 0.1.0 said nothing
 */
export function versionNote(found: string | undefined): string {
  if (found === madeBy) return "";
  return ` (the file was made by ${printable(found ?? "dosmith 0.1.0 or earlier")}, this is ${madeBy})`;
}

/** Runs `read`; an error of its gets the {@link versionNote} of the file. */
export function withVersionNote<T>(found: string | undefined, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new Error(`${(cause as Error).message}${versionNote(found)}`, { cause });
  }
}
