import { readFile } from "node:fs/promises";
import { writeFileAtomic } from "./files.js";
import { parseJson } from "../base/json.js";
import type { DosRecord } from "./record.js";
import { recordFromJson, recordToJson } from "./record-json.js";

/**
 * Records from the reference's data file: a JSON list of {structure_id, positions, cell, atomic_numbers, y}.
 *
 * @throws Error that names the file and the entry. One bad entry refuses the file.
 */
export function parseReferenceJson(text: string, fileName: string): DosRecord[] {
  const list = parseJson(text, fileName);
  if (!Array.isArray(list)) throw new Error(`${fileName}: expected a list of records, found ${typeof list}`);
  return list.map((value, i) => recordFromJson(value, `${fileName}: entry ${i}`));
}

/**
 * {@link parseReferenceJson} of a file.
 *
 * @example
 *     const records = await readReferenceJson("mine.json");
 *     const { train, validation } = Dataset.fromRecords(records).split({ by: "composition", seed: 0 });
 */
export async function readReferenceJson(path: string): Promise<DosRecord[]> {
  return parseReferenceJson(await readFile(path, "utf8"), path);
}

/** Writes records as the reference's JSON list, one at a time: memory does not grow with their number. */
export async function writeReferenceJson(
  path: string,
  records: Iterable<DosRecord> | AsyncIterable<DosRecord>,
): Promise<void> {
  await writeFileAtomic(path, referenceJsonChunks(records));
}

/** The text of the reference's JSON list, piece by piece. */
export async function* referenceJsonChunks(
  records: Iterable<DosRecord> | AsyncIterable<DosRecord>,
): AsyncGenerator<string> {
  let separator = "[";
  for await (const record of records) {
    yield `${separator}\n${JSON.stringify(recordToJson(record))}`;
    separator = ",";
  }
  yield separator === "[" ? "[]\n" : "\n]\n";
}
