import { cheapestAssignment } from "../base/assignment.js";
import { composition, crystalOf, volume, type CrystalLike } from "../crystal/index.js";
import { nearestDistances } from "./nearest-distances.js";

/** Neighbours and scale of the pointwise distance distribution. */
export interface PddOptions {
  /** Neighbours of each atom, shared among the elements in proportion to the composition; 100 if absent. */
  readonly neighbours?: number;
  /** Divide distances by (volume per atom)^(1/3), so that a uniformly scaled crystal is the same; true if absent. */
  readonly normalize?: boolean;
}

/**
 * The pointwise distance distribution of a crystal whose elements are told apart. It is the same for every description of a
 * crystal (cell, origin, orientation, handedness, order of atoms, supercell) and changes continuously with it.
 */
export interface PointwiseDistances {
  /** Elements in ascending atomic number with their share of the atoms. */
  readonly shares: ReadonlyMap<number, number>;
  /** For each element one row for each of its atoms: distances to its nearest neighbours, element by element. */
  readonly rows: ReadonlyMap<number, readonly Float64Array[]>;
  /** For each element the mean of its rows: the average minimum distances (AMD). */
  readonly averages: ReadonlyMap<number, Float64Array>;
}

/**
 * Pointwise distance distribution (PDD) and average minimum distances (AMD): Widdowson et al., MATCH 87, 529 (2022);
 * Widdowson & Kurlin, arXiv:2108.04798. The published ones take all atoms for equal; here neighbours are listed element by
 * element and only atoms of one element are compared, which tells apart the decorations of one set of sites (XYZ and
 * YXZ half-Heuslers, Heusler and inverse Heusler).
 *
 * @throws Error when the cell has no volume or the crystal no atoms.
 */
export function pointwiseDistances(described: CrystalLike, options: PddOptions = {}): PointwiseDistances {
  const crystal = crystalOf(described);
  const { neighbours = 100, normalize = true } = options;
  const { atomicNumbers } = crystal;
  if (atomicNumbers.length === 0) throw new Error("pointwise distances: expected at least one atom, found none");
  const amounts = [...composition(atomicNumbers)].sort(([a], [b]) => a - b);
  const shares = new Map(amounts.map(([element, amount]) => [element, amount / atomicNumbers.length]));
  const counts = new Map([...shares].map(([element, share]) => [element, Math.max(1, Math.round(share * neighbours))]));
  const scale = normalize ? Math.cbrt(atomicNumbers.length / volume(crystal.latticeMatrix)) : 1;
  const rows = new Map<number, Float64Array[]>(amounts.map(([element]) => [element, []]));
  nearestDistances(crystal, counts).forEach((lists, atom) => {
    rows.get(atomicNumbers[atom])!.push(joined([...lists.values()]).map((distance) => distance * scale));
  });
  const averages = new Map([...rows].map(([element, list]) => [element, meanRow(list)]));
  return { shares, rows, averages };
}

function joined(lists: readonly Float64Array[]): Float64Array {
  return Float64Array.from(lists.flatMap((list) => [...list]));
}

function meanRow(rows: readonly Float64Array[]): Float64Array {
  return rows[0].map((_, i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length);
}

/**
 * Earth mover's distance between two PDDs with the largest difference (L-infinity) between rows as ground distance, atoms
 * of one element moved among themselves only. A metric on PDDs; moving every atom by at most e changes it by at most
 * 2 e (divided by the scale when normalised). In units of the distances; Infinity when the reduced compositions differ.
 *
 * @throws Error when the two were made with different numbers of neighbours.
 */
export function pddDistance(a: PointwiseDistances, b: PointwiseDistances): number {
  return weightedSum(a, b, (element) => rowsDistance(a.rows.get(element)!, b.rows.get(element)!));
}

/** Distance between the AMDs: quick to compute and never more than `pddDistance` of the same two. */
export function amdDistance(a: PointwiseDistances, b: PointwiseDistances): number {
  return weightedSum(a, b, (element) => largestDifference(a.averages.get(element)!, b.averages.get(element)!));
}

/** Sum over the elements of share times distance: Infinity when the shares differ. */
function weightedSum(a: PointwiseDistances, b: PointwiseDistances, distance: (element: number) => number): number {
  // All shares first: rows of crystals whose other elements differ may have different lengths.
  const alike = [...a.shares].every(
    ([element, share]) => Math.abs((b.shares.get(element) ?? Infinity) - share) <= 1e-9,
  );
  if (a.shares.size !== b.shares.size || !alike) return Infinity;
  return [...a.shares].reduce((sum, [element, share]) => sum + share * distance(element), 0);
}

/** Rows have equal weights: repeated to a common number of rows, the transport is an assignment. */
function rowsDistance(a: readonly Float64Array[], b: readonly Float64Array[]): number {
  const costs = a.map((row) => b.map((other) => largestDifference(row, other)));
  const common = (a.length * b.length) / greatestCommonDivisor(a.length, b.length);
  const order = Array.from({ length: common }, (_, i) => i);
  return leastAssignmentCost(order.map((i) => order.map((j) => costs[i % a.length][j % b.length]))) / common;
}

function leastAssignmentCost(costs: readonly (readonly number[])[]): number {
  return cheapestAssignment(costs).reduce((sum, column, row) => sum + costs[row][column], 0);
}

function largestDifference(a: Float64Array, b: Float64Array): number {
  if (a.length !== b.length) {
    throw new Error(`PDD distance: expected equal numbers of neighbours, found ${a.length} and ${b.length}`);
  }
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i] - b[i]));
  return largest;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
