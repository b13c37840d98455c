import { canonicalFrame } from "../crystal/index.js";
import type { DosRecord } from "../data/index.js";
import { standardGrid } from "../dos/index.js";
import { oneHotTypes } from "../model/index.js";

/** A training record as flat arrays, in the canonical frame. */
export interface Example {
  readonly id: string;
  readonly atoms: number;
  readonly atomicNumbers: readonly number[];
  /** [N, C] one-hot. */
  readonly types: Float32Array;
  /** [N, 3] */
  readonly fracCoords: Float32Array;
  /** [9] Angstrom. */
  readonly lattice: Float32Array;
  /** [N, E] states/eV/atom. */
  readonly siteDos: Float32Array;
  /** [E] states/eV/atom: the total over N. Falls back to the sum of sites where a record has no total. */
  readonly totalDos: Float32Array;
}

/** Prepares records for training. @throws Error that names a record whose spectra are not on the models' grid */
export function makeExamples(records: Iterable<DosRecord>, classCount: number): Example[] {
  return [...records].map((record) => makeExample(record, classCount));
}

function makeExample(record: DosRecord, classCount: number): Example {
  const { start, stop, count } = record.siteDos.grid;
  if (start !== standardGrid.start || stop !== standardGrid.stop || count !== standardGrid.count)
    throw new Error(
      `${record.id}: its DOS is on ${count} points ${start}..${stop} eV, training needs ${standardGrid.count} on -10..10`,
    );
  const crystal = canonicalFrame(record.crystal);
  const atoms = crystal.atomicNumbers.length;
  return {
    id: record.id,
    atoms,
    atomicNumbers: crystal.atomicNumbers,
    types: oneHotTypes(crystal.atomicNumbers, classCount),
    fracCoords: Float32Array.from(crystal.fracCoords.flat()),
    lattice: Float32Array.from(crystal.latticeMatrix.flat()),
    siteDos: record.siteDos.values,
    totalDos: meanOverSites((record.voronoiDos ?? record.siteDos).values, atoms),
  };
}

/** Mean of [N, E] over its rows. */
export function meanOverSites(values: Float32Array, sites: number): Float32Array {
  const points = values.length / sites;
  const mean = new Float32Array(points);
  for (let i = 0; i < values.length; i++) mean[i % points] += values[i] / sites;
  return mean;
}
