import { concatenate } from "./arrays.js";
import { canonicalFrame } from "../crystal/index.js";
import { sumOfSites } from "../dos/index.js";
import type { DosRecord } from "./record.js";

/** Crystals with the same number of atoms as dense arrays, row-major. B crystals, N atoms each, E energies. */
export interface CrystalBlock {
  readonly atomsPerCrystal: number;
  readonly size: number;
  readonly energyCount: number;
  /** [B]. */
  readonly ids: readonly string[];
  /** [B, N, 3], in [0, 1). */
  readonly fracCoords: Float32Array;
  /** [B, 3, 3], rows are vectors, Angstrom, in the canonical frame (rebuilt from lengths and angles). */
  readonly latticeMatrix: Float32Array;
  /** [B, N]. */
  readonly atomicNumbers: Int32Array;
  /** [B, N, E], states/eV/atom. */
  readonly siteDos: Float32Array;
  /** [B, E], states/eV/cell; zeros where unknown. */
  readonly totalDos: Float32Array;
  /** [B], 1 where `totalDos` is known. */
  readonly totalKnown: Uint8Array;
}

/**
 * Groups records by their number of atoms, fewest first, in the order given; a group larger than `maxSize` is cut.
 *
 * @throws Error when the records' energy grids differ.
 */
export function toBlocks(records: Iterable<DosRecord>, maxSize = Infinity): CrystalBlock[] {
  if (!(maxSize >= 1)) throw new Error(`a block must hold at least one crystal, got ${maxSize}`);
  const groups = new Map<number, DosRecord[]>();
  for (const record of records) {
    const n = record.crystal.atomicNumbers.length;
    const group = groups.get(n) ?? [];
    group.push(record);
    groups.set(n, group);
  }
  return [...groups]
    .sort(([a], [b]) => a - b)
    .flatMap(([, group]) => chunks(group, maxSize))
    .map(toBlock);
}

/** One block of records. @throws Error when their numbers of atoms or energies differ, or there are none. */
export function toBlock(input: Iterable<DosRecord>): CrystalBlock {
  const records = [...input];
  if (records.length === 0) throw new Error("a block needs at least one crystal");
  const atomsPerCrystal = records[0].crystal.atomicNumbers.length;
  const energyCount = records[0].siteDos.grid.count;
  for (const record of records) checkShape(record, atomsPerCrystal, energyCount);
  const crystals = records.map(({ crystal }) => canonicalFrame(crystal));
  const totals = records.map(({ voronoiDos }) => voronoiDos && sumOfSites(voronoiDos).values);
  return {
    atomsPerCrystal,
    size: records.length,
    energyCount,
    ids: records.map(({ id }) => id),
    fracCoords: Float32Array.from(
      crystals.flatMap(({ fracCoords }) => fracCoords.flat()),
      belowOne,
    ),
    latticeMatrix: Float32Array.from(crystals.flatMap(({ latticeMatrix }) => latticeMatrix.flat())),
    atomicNumbers: Int32Array.from(crystals.flatMap(({ atomicNumbers }) => atomicNumbers)),
    siteDos: concatenate(records.map(({ siteDos }) => siteDos.values)),
    totalDos: concatenate(totals.map((total) => total ?? new Float32Array(energyCount))),
    totalKnown: Uint8Array.from(totals, (total) => (total ? 1 : 0)),
  };
}

/** A double just below 1 rounds to the float32 1, which is 0 on the torus. */
function belowOne(x: number): number {
  return Math.fround(x) < 1 ? x : 0;
}

function checkShape({ id, crystal, siteDos }: DosRecord, atoms: number, energyCount: number): void {
  if (crystal.atomicNumbers.length !== atoms || siteDos.siteCount !== atoms || siteDos.grid.count !== energyCount)
    throw new Error(
      `${id}: ${crystal.atomicNumbers.length} atoms, ${siteDos.siteCount} sites and ${siteDos.grid.count} energies do not fit a block of ${atoms} atoms and ${energyCount} energies`,
    );
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  const step = Math.min(Math.floor(size), items.length);
  return Array.from({ length: Math.ceil(items.length / step) }, (_, i) => items.slice(i * step, (i + 1) * step));
}
