import { readFile } from "node:fs/promises";
import { basename, extname } from "node:path";
import { formatCif, parseCif } from "./cif.js";
import { crystalOf, type CrystalLike } from "./crystal-like.js";
import type { Crystal } from "./crystal.js";
import { formatExtxyz, parseExtxyz } from "./extxyz.js";
import { formatPoscar, parsePoscar } from "./poscar.js";

/** Names of the built-in file formats for structures. */
export type CrystalFormat = "cif" | "poscar" | "extxyz";

/**
 * A file format for structures. A new one is a file with such an object and an entry in `crystalFormats`; one from outside is
 * passed as `formats`.
 */
export interface CrystalFileFormat<Name extends string = string> {
  readonly name: Name;
  /** Names of its files, as messages list them: ".cif". */
  readonly files: readonly string[];
  /** Whether a file is of this format, by its name. */
  readonly recognises: (path: string) => boolean;
  /** All crystals of a file's text; `name` is what messages begin with. */
  readonly parse: (text: string, name: string) => Crystal[];
  /** The text of a file for one crystal. */
  readonly format: (crystal: Crystal) => string;
}

/** The file formats, in the order in which they are asked. This is where a new one is added. */
export const crystalFormats: readonly CrystalFileFormat<CrystalFormat>[] = [
  {
    name: "cif",
    files: [".cif"],
    recognises: (path) => hasExtension(path, [".cif"]),
    parse: (text, name) => [parseCif(text, name)],
    format: (crystal) => formatCif(crystal),
  },
  {
    name: "poscar",
    files: [".vasp", ".poscar", "POSCAR", "CONTCAR"],
    recognises: (path) =>
      hasExtension(path, [".vasp", ".poscar", ".contcar"]) ||
      // An ending of another format counts more than such a beginning.
      (/^(POSCAR|CONTCAR)/i.test(basename(path)) && !hasExtension(path, [".cif", ".xyz", ".extxyz"])),
    parse: (text, name) => [parsePoscar(text, name)],
    format: (crystal) => formatPoscar(crystal),
  },
  {
    name: "extxyz",
    files: [".xyz", ".extxyz"],
    recognises: (path) => hasExtension(path, [".xyz", ".extxyz"]),
    parse: (text, name) => parseExtxyz(text, name).map(crystalOf),
    format: (crystal) => formatExtxyz([crystal]),
  },
];

/** How files of structures are read. */
export interface ReadCrystalsOptions {
  /** Further file formats, asked before {@link crystalFormats}. */
  readonly formats?: readonly CrystalFileFormat[];
}

/**
 * The crystal of a file; its format by name (see {@link crystalFormats}).
 *
 * @throws Error naming the file: it cannot be read, is of no known format, holds several structures or an invalid one.
 */
export async function readCrystalFile(path: string, options: ReadCrystalsOptions = {}): Promise<Crystal> {
  const crystals = await readCrystals(path, options);
  if (crystals.length === 1) return crystals[0];
  throw new Error(`${path}: expected one structure, found ${crystals.length}; use readCrystals`);
}

/**
 * All crystals of a file: one of a CIF or POSCAR, all frames of an extended XYZ file.
 *
 * @throws Error naming the file.
 *
 * @example
 *     const [quartz] = await readCrystals("quartz.cif");
 *     console.log(formula(quartz.atomicNumbers), volume(quartz.latticeMatrix));
 */
export async function readCrystals(path: string, options: ReadCrystalsOptions = {}): Promise<Crystal[]> {
  const format = formatOf(path, options.formats);
  const text = await readFile(path, "utf8");
  try {
    return format.parse(text, path);
  } catch (error) {
    const { message } = error as Error;
    throw message.startsWith(path) ? error : new Error(`${path}: format ${format.name}: ${message}`, { cause: error });
  }
}

/** All crystals of a text in a known format. @param name what messages begin with. @throws Error */
export function parseCrystals(text: string, format: CrystalFormat, name: string = format): Crystal[] {
  return builtIn(format).parse(text, name);
}

/**
 * The text of a file for one crystal.
 *
 * @example
 *     console.log(formatCrystal(crystal, "poscar"));
 */
export function formatCrystal(crystal: CrystalLike, format: CrystalFormat): string {
  return builtIn(format).format(crystalOf(crystal));
}

/**
 * Format of a file by its name: *.cif; *.vasp, *.poscar, POSCAR*, CONTCAR*; *.xyz, *.extxyz.
 * @throws Error for other names.
 */
export function crystalFormat(path: string): CrystalFormat {
  return formatOf(path).name as CrystalFormat;
}

function formatOf(path: string, formats: readonly CrystalFileFormat[] = []): CrystalFileFormat {
  const known = [...formats, ...crystalFormats];
  const format = known.find(({ recognises }) => recognises(path));
  if (format) return format;
  throw new Error(`${path}: expected a structure file (${known.flatMap(({ files }) => files).join(", ")})`);
}

function builtIn(name: CrystalFormat): CrystalFileFormat<CrystalFormat> {
  const format = crystalFormats.find((known) => known.name === name);
  if (!format)
    throw new Error(
      `expected a format (${crystalFormats.map((known) => known.name).join(", ")}), found ${String(name)}`,
    );
  return format;
}

function hasExtension(path: string, extensions: readonly string[]): boolean {
  return extensions.includes(extname(path).toLowerCase());
}
