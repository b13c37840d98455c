import { printable } from "./printable.js";

/**
 * JSON.parse whose error names what was read.
 *
 * @param text UTF-8 bytes (a byte-order mark and broken UTF-8 are refused) or text.
 * @param where the file, and the place in it where it is a part: 'model.safetensors: metadata "config"'.
 * @throws Error `where: not JSON: reason`.
 */
export function parseJson(text: string | Uint8Array, where: string): unknown {
  try {
    return JSON.parse(typeof text === "string" ? text : utf8.decode(text));
  } catch (error) {
    throw new Error(`${where}: not JSON: ${printable((error as Error).message)}`, { cause: error });
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
