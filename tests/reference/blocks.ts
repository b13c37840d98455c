import type { ReferenceArray } from "./file.js";

/** The crystals of a ragged batch that have N atoms each, as a dense block. */
export interface DenseBlock {
  readonly atomsPerCrystal: number;
  /** Indices of its crystals in the ragged batch. */
  readonly crystals: readonly number[];
  /** Indices of its atoms in the ragged batch, crystal by crystal. */
  readonly atoms: readonly number[];
}

/** Splits a ragged batch into dense blocks of equal size. */
export function denseBlocks(atomCounts: readonly number[]): DenseBlock[] {
  const starts = atomCounts.map((_, i) => atomCounts.slice(0, i).reduce((a, b) => a + b, 0));
  return [...new Set(atomCounts)].map((size) => {
    const crystals = atomCounts.flatMap((count, i) => (count === size ? [i] : []));
    const atoms = crystals.flatMap((i) => Array.from({ length: size }, (_, k) => starts[i] + k));
    return { atomsPerCrystal: size, crystals, atoms };
  });
}

/** The rows of an array [rows, ...] in the order asked for. */
export function gather({ shape, data }: ReferenceArray, rows: readonly number[]): Float32Array {
  const size = shape.slice(1).reduce((a, b) => a * b, 1);
  const out = new Float32Array(rows.length * size);
  rows.forEach((row, i) => out.set(data.slice(row * size, (row + 1) * size), i * size));
  return out;
}

/** Puts the rows of a block's array back where `gather` took them. */
export function scatter(out: Float32Array, rows: readonly number[], block: Float32Array): void {
  const size = block.length / rows.length;
  rows.forEach((row, i) => out.set(block.subarray(i * size, (i + 1) * size), row * size));
}
