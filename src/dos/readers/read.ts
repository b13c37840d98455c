import { parseJson } from "../../base/json.js";
import { fileBytes, fileText } from "./bytes.js";
import { completeDos, isPymatgenDos } from "./complete-dos.js";
import { assertPlausible, type DosFile, type ReadDosOptions } from "./dos-file.js";
import { asObject, type JsonObject } from "./json.js";
import { readProjwfc } from "./projwfc.js";
import { isProjwfcRun } from "./projwfc-files.js";
import { recordDos, spectrumJson } from "./spectrum-json.js";
import { parseVasprun } from "./vasprun.js";

/**
 * The density of states in a file, whatever program wrote it; told by its contents, gzip or not: VASP's vasprun.xml, pymatgen's
 * CompleteDos (monty), a folder of Quantum ESPRESSO's projwfc.x or one of its files, the Materials Project's documents, records of the paper, of a data set or of the DFT sidecar (one, a
 * list, or JSON lines), and dosmith's own spectra.
 *
 * @throws Error that names the file, the entry, what was expected and what was found; when there are several entries,
 * unless `entry` names one.
 */
export async function readDosFile(path: string, options: ReadDosOptions = {}): Promise<DosFile> {
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
export async function readDosEntries(path: string, options: ReadDosOptions = {}): Promise<DosFile[]> {
  if (await isProjwfcRun(path)) return [await readProjwfc(path, options)];
  const start = await firstCharacters(path);
  if (start.startsWith("<")) return [await parseVasprun(fileBytes(path), path, options)];
  if (start.startsWith("{") || start.startsWith("[")) return dosFromText(await fileText(path), path, options);
  if (start.startsWith("- of Ulm"))
    throw new Error(
      `${path}: a GPAW .gpw file holds wave functions, no projected DOS: python3 scripts/gpw-dos.py ${path} dos.json makes one to read`,
    );
  throw new Error(
    `${path}: neither XML (vasprun.xml), JSON nor a folder of projwfc.x; it begins with ${JSON.stringify(start.slice(0, 20))}`,
  );
}

/** All entries of JSON text, or of JSON lines. @throws Error as {@link readDosFile}. */
export function dosFromText(text: string, source: string, options: ReadDosOptions = {}): DosFile[] {
  const all = entries(parse(text, source), source);
  const wanted = options.entry === undefined ? all : all.filter(({ id }) => id === options.entry);
  if (wanted.length === 0 && options.entry !== undefined)
    throw new Error(
      `${source}: no entry "${options.entry}"; there are ${all.length}: ${all
        .slice(0, 5)
        .map(({ id }) => id)
        .join(", ")}`,
    );
  return wanted.map(({ value, id }) =>
    assertPlausible(dosFromJson(value, all.length === 1 ? source : `${source}#${id}`, options)),
  );
}

/** One JSON value of any of the known kinds. */
function dosFromJson(value: JsonObject, source: string, options: ReadDosOptions): DosFile {
  if (isPymatgenDos(value)) return completeDos(value, source, options);
  try {
    if ("y" in value) return recordDos(value, source);
    if ("energies" in value) return spectrumJson(value, source);
  } catch (error) {
    throw new Error(`${source}: ${(error as Error).message}`, { cause: error });
  }
  throw new Error(
    `${source}: expected pymatgen's CompleteDos {efermi, energies, densities, structure, pdos}, a record {y, ...} or a spectrum ` +
      `{energies, siteDos[, totalDos]}, found the keys ${Object.keys(value).slice(0, 12).join(", ") || "none"}`,
  );
}

interface Entry {
  readonly id: string;
  readonly value: JsonObject;
}

function entries(value: unknown, source: string): Entry[] {
  if (!Array.isArray(value)) return [entry(value, source, "0")];
  return value.map((item, i) => entry(item, `${source}: entry ${i}`, String(i)));
}

function entry(item: unknown, where: string, index: string): Entry {
  const object = asObject(item, where);
  // The Materials Project wraps its documents: {"data": {...}}.
  const { data } = object;
  const wrapped = typeof data === "object" && data !== null && !("energies" in object) && !("y" in object);
  const value = wrapped ? asObject(data, `${where}: data`) : object;
  return { id: idOf(value) || index, value };
}

function idOf({ structure_id: record, material_id: material, structure }: JsonObject): string {
  const id = record ?? material ?? structure;
  return typeof id === "string" ? id : "";
}

function parse(text: string, source: string): unknown {
  try {
    return parseJson(text, source);
  } catch (error) {
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    if (lines.length > 1 && lines.every((line) => line.startsWith("{")))
      return lines.map((line, i) => parseJson(line, `${source}: entry ${i}`));
    throw error;
  }
}

async function firstCharacters(path: string): Promise<string> {
  for await (const chunk of fileBytes(path))
    return Buffer.from(chunk.subarray(0, 100))
      .toString("utf8")
      .replace(/^\uFEFF?\s*/, "");
  return "";
}
