import { parseJson } from "../../base/json.js";
import { isPrintable, printable } from "../../base/printable.js";
import { completeDos, isPymatgenDos } from "./complete-dos.js";
import { assertDosFile, type DosFile, type ReadDosOptions } from "./dos-file.js";
import type { DosReader } from "./dos-reader.js";
import { asObject, type JsonObject } from "./json.js";
import { recordDos, spectrumJson } from "./spectrum-json.js";

/** JSON of any kind in {@link jsonForms}: one value, a list, or JSON lines. */
export const jsonReader: DosReader = {
  name: "JSON",
  recognises: ({ start }) => /^[[{]/.test(start),
  read: async (input, options) => dosFromText(await input.text(), input.path, options),
};

/** What a JSON value may be. */
interface JsonForm {
  /** As an error message describes it. */
  readonly description: string;
  readonly matches: (value: JsonObject) => boolean;
  readonly read: (value: JsonObject, source: string, options: ReadDosOptions) => DosFile;
}

const jsonForms: readonly JsonForm[] = [
  {
    description: "pymatgen's CompleteDos {efermi, energies, densities, structure, pdos}",
    matches: isPymatgenDos,
    read: completeDos,
  },
  { description: "a record {y, ...}", matches: (value) => "y" in value, read: recordDos },
  {
    description: "a spectrum {energies, siteDos[, totalDos]}",
    matches: (value) => "energies" in value,
    read: spectrumJson,
  },
];

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
    assertDosFile(dosFromJson(value, all.length === 1 ? source : `${source}#${id}`, options)),
  );
}

/** One JSON value of any of the known forms. */
function dosFromJson(value: JsonObject, source: string, options: ReadDosOptions): DosFile {
  const form = jsonForms.find(({ matches }) => matches(value));
  if (!form)
    throw new Error(
      `${source}: expected ${jsonForms.map(({ description }) => description).join(" or ")}, found the keys ` +
        (Object.keys(value).slice(0, 12).map(printable).join(", ") || "none"),
    );
  try {
    return form.read(value, source, options);
  } catch (error) {
    const { message } = error as Error;
    throw new Error(message.startsWith(source) ? message : `${source}: ${message}`, { cause: error });
  }
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
  const id = idOf(value) || index;
  if (!isPrintable(id)) throw new Error(`${where}: its id must be printable, found ${printable(id.slice(0, 60))}`);
  return { id, value };
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
