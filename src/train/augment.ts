import type { ConditionBlock } from "../diffusion/index.js";
import type { Key } from "../runtime/index.js";
import type { Example } from "./examples.js";

/** How training examples are varied. All probabilities are per crystal. */
export interface AugmentOptions {
  /** Probability that the whole condition is dropped (classifier-free guidance). */
  readonly dropCondition: number;
  /** Deviation of a random symmetric strain of the cell. */
  readonly strain: number;
  /** Relative deviation of smooth multiplicative noise on the spectra: stands for the k-mesh noise of the data. */
  readonly spectralNoise: number;
  /** Whether partial conditions are trained too: some sites only, an energy window, the total alone. */
  readonly partial: boolean;
}

/** The reference: whole conditions, dropped with probability 0.2. */
export const referenceAugment: AugmentOptions = { dropCondition: 0.2, strain: 0, spectralNoise: 0, partial: false };

/** Condition of one example in one training step, as the rows of a `ConditionBlock`. */
export type ConditionRow = ConditionBlock;

/** A whole, unchanged condition. */
export function wholeCondition({ atoms, siteDos, totalDos }: Example): ConditionRow {
  return {
    siteDos,
    totalDos,
    siteMask: new Float32Array(atoms).fill(1),
    energyMask: new Float32Array(totalDos.length).fill(1),
    totalMask: Float32Array.of(1),
  };
}

/**
 * What one training step draws for one crystal, by the last number of its key's path: the numbers that seeds have always had.
 * The diffusion noise has those from 3 to 11, and the condition must not tell them.
 */
export const draws = { time: 0, condition: 1, strain: 2, spectralNoise: 100 } as const;

/**
 * The condition that a training step shows: sometimes nothing, otherwise the whole or a part of it, with noisy spectra.
 * Half of the partial conditions keep everything, so that the common case stays the common case.
 *
 * @param key of this crystal in this step
 */
export function augmentCondition(example: Example, options: AugmentOptions, key: Key): ConditionRow {
  const u = key.fold(draws.condition).uniforms(6 + example.atoms);
  const row = noisySpectra(wholeCondition(example), options.spectralNoise, key.fold(draws.spectralNoise));
  if (u[0] < options.dropCondition)
    return { ...row, siteMask: row.siteMask.map(() => 0), totalMask: Float32Array.of(0) };
  if (!options.partial) return row;
  const kind = u[1];
  const siteMask = row.siteMask.map((_, i) => (kind < 0.6 ? 1 : kind < 0.75 ? 0 : u[6 + i] < 0.5 ? 1 : 0));
  const totalMask = Float32Array.of(kind < 0.4 || (kind >= 0.6 && kind < 0.9) ? 1 : 0);
  return {
    ...row,
    siteMask,
    totalMask,
    energyMask: u[2] < 0.2 ? energyWindow(row.energyMask.length, u[3], u[4]) : row.energyMask,
  };
}

/**
 * L (I + e) with e a random symmetric 3 x 3 matrix; L [9] in rows.
 * @param deviation of the entries of e
 * @param key of this crystal in this step
 */
export function strainLattice(lattice: Float32Array, deviation: number, key: Key): Float32Array {
  if (deviation === 0) return lattice;
  const [xx, yy, zz, xy, xz, yz] = key
    .fold(draws.strain)
    .normals(6)
    .map((z) => z * deviation);
  const strain = [1 + xx, xy, xz, xy, 1 + yy, yz, xz, yz, 1 + zz];
  return lattice.map((_, i) =>
    [0, 1, 2].reduce((sum, k) => sum + lattice[3 * Math.floor(i / 3) + k] * strain[3 * k + (i % 3)], 0),
  );
}

/** Multiplies spectra by 1 + smooth noise (linear between knots about 0.8 eV apart), never below 0. */
function noisySpectra(row: ConditionRow, deviation: number, key: Key): ConditionRow {
  if (deviation === 0) return row;
  const points = row.totalDos.length;
  const knots = 26;
  const sites = row.siteDos.length / points;
  const z = key.normals((sites + 1) * knots);
  const factor = (site: number, e: number): number => {
    const at = (e / (points - 1)) * (knots - 1);
    const k = Math.min(knots - 2, Math.floor(at));
    const noise = z[site * knots + k] * (k + 1 - at) + z[site * knots + k + 1] * (at - k);
    return Math.max(0, 1 + deviation * noise);
  };
  return {
    ...row,
    siteDos: row.siteDos.map((v, i) => v * factor(Math.floor(i / points), i % points)),
    totalDos: row.totalDos.map((v, e) => v * factor(sites, e)),
  };
}

/** A random window at least a tenth of the grid wide. */
function energyWindow(points: number, a: number, b: number): Float32Array {
  const width = 0.1 + 0.9 * a;
  const from = b * (1 - width);
  return new Float32Array(points).map((_, e) => (e / points >= from && e / points <= from + width ? 1 : 0));
}
