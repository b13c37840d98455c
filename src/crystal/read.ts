import { readFile } from "node:fs/promises";
import { basename, extname } from "node:path";
import { formatCif, parseCif } from "./cif.js";
import type { Crystal } from "./crystal.js";
import { formatExtxyz, parseExtxyz } from "./extxyz.js";
import { formatPoscar, parsePoscar } from "./poscar.js";

/** The file formats for structures. */
export type CrystalFormat = "cif" | "poscar" | "extxyz";

/**
 * The crystal of a file; its format by name (crystalFormat).
 * @throws Error naming the file: it cannot be read, is of no known format, holds several structures or a bad one.
 */
export async function readCrystalFile(path: string): Promise<Crystal> {
  const crystals = await readCrystals(path);
  if (crystals.length === 1) return crystals[0];
  throw new Error(`${path}: expected one structure, found ${crystals.length}; use readCrystals`);
}

/** All crystals of a file: one of a CIF or POSCAR, all frames of an extended XYZ file. @throws Error naming the file. */
export async function readCrystals(path: string): Promise<Crystal[]> {
  const format = crystalFormat(path);
  return parseCrystals(await readFile(path, "utf8"), format, path);
}

/** All crystals of a text in a known format. @param name what messages begin with. @throws Error */
export function parseCrystals(text: string, format: CrystalFormat, name: string = format): Crystal[] {
  if (format === "cif") return [parseCif(text, name)];
  if (format === "poscar") return [parsePoscar(text, name)];
  return parseExtxyz(text, name).map(({ crystal }) => crystal);
}

/** The text of a file for one crystal. */
export function formatCrystal(crystal: Crystal, format: CrystalFormat): string {
  if (format === "cif") return formatCif(crystal);
  if (format === "poscar") return formatPoscar(crystal);
  return formatExtxyz([crystal]);
}

/**
 * Format of a file by its name: *.cif; *.vasp, *.poscar, POSCAR*, CONTCAR*; *.xyz, *.extxyz.
 * @throws Error for other names.
 */
export function crystalFormat(path: string): CrystalFormat {
  const extension = extname(path).toLowerCase();
  if (extension === ".cif") return "cif";
  if (extension === ".xyz" || extension === ".extxyz") return "extxyz";
  if ([".vasp", ".poscar", ".contcar"].includes(extension)) return "poscar";
  if (/^(POSCAR|CONTCAR)/i.test(basename(path))) return "poscar";
  throw new Error(`${path}: expected a structure file (.cif, .vasp, .poscar, POSCAR, CONTCAR, .xyz, .extxyz)`);
}
