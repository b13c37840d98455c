import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import {
  analyze_cell,
  hall_symbol_entries_from_number,
  initSync,
  operations_from_number,
  type MoyoCell,
  type MoyoDataset,
  type MoyoHallSymbolEntry,
  type MoyoOperation,
} from "@spglib/moyo-wasm";
import type { Crystal, Matrix3 } from "./crystal.js";
import { wrap } from "./lattice.js";
import { assertCrystal } from "./validate.js";

let loaded = false;

/**
 * Symmetry analysis by moyo (the successor of spglib).
 * @param tolerance Angstrom.
 * @throws Error if the crystal is invalid, or moyo finds no consistent symmetry at this tolerance.
 */
export function analyse(crystal: Crystal, tolerance: number): MoyoDataset {
  assertCrystal(crystal);
  if (!(tolerance > 0 && Number.isFinite(tolerance))) {
    throw new Error(`symmetry: expected a tolerance > 0 Angstrom, found ${tolerance}`);
  }
  load();
  try {
    return analyze_cell(JSON.stringify(toMoyo(crystal)), tolerance, "Spglib");
  } catch (error) {
    throw new Error(`symmetry: none found within ${tolerance} Angstrom (${String(error)}); try another tolerance`, {
      cause: error,
    });
  }
}

/** The settings of one space group, or of all. */
export function hallEntries(spaceGroupNumber?: number): MoyoHallSymbolEntry[] {
  load();
  if (spaceGroupNumber !== undefined) return hall_symbol_entries_from_number(spaceGroupNumber);
  return Array.from({ length: 230 }, (_, k) => hall_symbol_entries_from_number(k + 1)).flat();
}

/** All symmetry operations of the conventional cell in one setting. */
export function hallOperations(entry: MoyoHallSymbolEntry): MoyoOperation[] {
  load();
  return operations_from_number(entry.number, { type: "HallNumber", value: entry.hall_number }, false);
}

/** moyo's crystal as ours, fracCoords wrapped. */
export function fromMoyo(cell: MoyoCell): Crystal {
  return {
    latticeMatrix: rows(cell.lattice.basis),
    fracCoords: cell.positions.map(wrap),
    atomicNumbers: cell.numbers,
  };
}

/**
 * Nine numbers of moyo as three rows. Its linear maps and rotations are column-major for column vectors, so these rows
 * are the matrix to multiply row vectors with, from the right.
 */
export function rows(m: MoyoOperation["rotation"]): Matrix3 {
  return [
    [m[0], m[1], m[2]],
    [m[3], m[4], m[5]],
    [m[6], m[7], m[8]],
  ];
}

function toMoyo({ latticeMatrix, fracCoords, atomicNumbers }: Crystal) {
  return { lattice: { basis: latticeMatrix.flat() }, positions: fracCoords.map(wrap), numbers: atomicNumbers };
}

/** The package's own loader uses fetch, which Node does not allow for files, so it is given the bytes. */
function load(): void {
  if (loaded) return;
  const main = createRequire(import.meta.url).resolve("@spglib/moyo-wasm");
  initSync({ module: readFileSync(join(dirname(main), "moyo_wasm_bg.wasm")) });
  loaded = true;
}
