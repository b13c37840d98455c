import { stat } from "node:fs/promises";
import { fileBytes, fileText } from "./bytes.js";
import { assertDosFile, type DosFile, type ReadDosOptions } from "./dos-file.js";
import type { DosInput, DosReader } from "./dos-reader.js";
import { gpwReader } from "./gpw.js";
import { jsonReader } from "./read-json.js";
import { projwfcReader } from "./projwfc.js";
import { vasprunReader } from "./vasprun.js";

/** The file formats, in the order in which they are asked. This is where a new one is added. */
export const dosReaders: readonly DosReader[] = [projwfcReader, vasprunReader, jsonReader, gpwReader];

/** {@link ReadDosOptions} of a file. */
export interface ReadDosFileOptions extends ReadDosOptions {
  /** Further file formats, asked before {@link dosReaders}. */
  readonly readers?: readonly DosReader[];
}

/**
 * The density of states in a file, whatever program wrote it; recognised by its contents, gzip or not: VASP's vasprun.xml,
 * pymatgen's CompleteDos (monty), a folder of Quantum ESPRESSO's projwfc.x or one of its files, the Materials Project's documents, records of the paper, of a data set or of the DFT sidecar
 * (one, a list, or JSON lines), dosmith's own spectra, and the formats of `options.readers`.
 *
 * @throws Error that names the file, the entry, what was expected and what was found; when there are several entries,
 * unless `entry` names one; with the reader's name when a reader from outside throws.
 *
 * @example
 *     const calculation = await readDosFile("vasprun.xml");
 *     console.log(calculation.fermiEnergy, calculation.notes);
 */
export async function readDosFile(path: string, options: ReadDosFileOptions = {}): Promise<DosFile> {
  const found = await readDosEntries(path, options);
  if (found.length === 1) return found[0];
  const example = found[0]?.source.split("#").at(-1) ?? "";
  throw new Error(
    found.length === 0
      ? `${path}: it has no entry`
      : `${path}: it has ${found.length} entries; name one: ${path}#${example}`,
  );
}

/** {@link readDosFile} of every entry in a file. */
export async function readDosEntries(path: string, options: ReadDosFileOptions = {}): Promise<DosFile[]> {
  const { readers = [], ...rest } = options;
  const start = await firstCharacters(path);
  for (const reader of readers)
    if (await named(reader, path, () => reader.recognises({ path, start }))) return readOutside(reader, path, rest);
  for (const reader of dosReaders)
    if (await reader.recognises({ path, start })) return [...(await reader.read(inputOf(path), rest))];
  const names = [...readers, ...dosReaders].map(({ name }) => name).join(", ");
  throw new Error(`${path}: expected one of ${names}; the file begins with ${JSON.stringify(start.slice(0, 20))}`);
}

/** What a reader from outside gives is checked as nothing else would. */
async function readOutside(reader: DosReader, path: string, options: ReadDosOptions): Promise<DosFile[]> {
  const found = await named(reader, path, async () =>
    (await reader.read(inputOf(path), options)).map((file) => assertDosFile(file)),
  );
  const { entry } = options;
  const wanted = found.filter(
    ({ source }) => entry === undefined || found.length === 1 || source === `${path}#${entry}`,
  );
  if (wanted.length > 0 || found.length === 0) return wanted;
  const names = found.slice(0, 5).map(({ source }) => source.slice(path.length + 1));
  throw new Error(`${path}: no entry "${entry}"; there are ${found.length}: ${names.join(", ")}`);
}

/** Puts the reader's name in front of what it throws. */
async function named<T>(reader: DosReader, path: string, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw new Error(`${path}: reader "${reader.name}": ${(error as Error).message}`, { cause: error });
  }
}

function inputOf(path: string): DosInput {
  return { path, bytes: () => fileBytes(path), text: () => fileText(path) };
}

async function firstCharacters(path: string): Promise<string> {
  if ((await stat(path)).isDirectory()) return "";
  for await (const chunk of fileBytes(path))
    return Buffer.from(chunk.subarray(0, 100))
      .toString("utf8")
      .replace(/^\uFEFF?\s*/, "");
  return "";
}
