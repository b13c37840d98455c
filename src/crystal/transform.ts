import type { Crystal, Matrix3, Vector3 } from "./crystal.js";
import { wrap } from "./lattice.js";
import { adjugate, determinant, mapVector, multiply, plus, timesMatrix, transpose } from "./vectors.js";

/**
 * The crystal turned (or mirrored) in space: every Cartesian vector r becomes Q r; fracCoords stay.
 * @param orthogonal Q, Q Q^T = 1 to 1e-6.
 * @throws Error if Q is not orthogonal.
 */
export function rotate(crystal: Crystal, orthogonal: Matrix3): Crystal {
  const product = multiply(orthogonal, transpose(orthogonal));
  const isIdentity = product.every((row, i) => row.every((x, j) => Math.abs(x - (i === j ? 1 : 0)) < 1e-6));
  if (!isIdentity) throw new Error(`rotate: expected an orthogonal matrix, found ${JSON.stringify(orthogonal)}`);
  return { ...crystal, latticeMatrix: multiply(crystal.latticeMatrix, transpose(orthogonal)) };
}

/** All atoms translated by one fractional vector, wrapped into [0, 1). */
export function translate(crystal: Crystal, shift: Vector3): Crystal {
  return { ...crystal, fracCoords: crystal.fracCoords.map((x) => wrap(plus(x, shift))) };
}

/** Cell and atoms scaled evenly so that the volume is multiplied by `factor`. @throws Error unless factor > 0. */
export function scaleVolume(crystal: Crystal, factor: number): Crystal {
  if (!(factor > 0 && Number.isFinite(factor))) throw new Error(`scaleVolume: expected a factor > 0, found ${factor}`);
  const scale = (v: Vector3) => mapVector(v, (x) => x * Math.cbrt(factor));
  const [a, b, c] = crystal.latticeMatrix;
  return { ...crystal, latticeMatrix: [scale(a), scale(b), scale(c)] };
}

/**
 * The same atoms in another order.
 * @param order [N]: the new atom k is the old atom order[k].
 * @throws Error if `order` is not a permutation of 0..N-1.
 */
export function permuteAtoms(crystal: Crystal, order: readonly number[]): Crystal {
  const n = crystal.atomicNumbers.length;
  const seen = new Set(order.filter((k) => Number.isInteger(k) && k >= 0 && k < n));
  if (order.length !== n || seen.size !== n) {
    throw new Error(`permuteAtoms: expected a permutation of 0..${n - 1}, found ${JSON.stringify(order)}`);
  }
  return {
    ...crystal,
    fracCoords: order.map((k) => crystal.fracCoords[k]),
    atomicNumbers: order.map((k) => crystal.atomicNumbers[k]),
  };
}

/**
 * A larger cell of the same crystal. The copies of one atom follow each other.
 * @param repeats three counts (copies along a, b, c), or a whole matrix S whose rows are the new vectors in units of
 *   the old ones.
 * @throws Error if the numbers are not whole or span no cell.
 *
 * @example
 *     const doubled = supercell(crystal, [2, 1, 1]);
 */
export function supercell(crystal: Crystal, repeats: Vector3 | Matrix3): Crystal {
  const matrix = typeof repeats[0] === "number" ? diagonal(repeats as Vector3) : (repeats as Matrix3);
  const det = determinant(matrix);
  if (!matrix.flat().every(Number.isSafeInteger) || det === 0) {
    throw new Error(`supercell: expected whole numbers that make a cell, found ${JSON.stringify(repeats)}`);
  }
  const toNew = adjugate(matrix);
  const points = cellPoints(matrix);
  const place = (x: Vector3) => wrap(mapVector(timesMatrix(x, toNew), (component) => component / det));
  return {
    latticeMatrix: multiply(matrix, crystal.latticeMatrix),
    fracCoords: crystal.fracCoords.flatMap((x) => points.map((point) => place(plus(x, point)))),
    atomicNumbers: crystal.atomicNumbers.flatMap((z) => points.map(() => z)),
  };
}

/** The |det S| whole vectors inside the cell spanned by the rows of S. */
function cellPoints(matrix: Matrix3): Vector3[] {
  const det = determinant(matrix);
  const toNew = adjugate(matrix);
  const inside = (p: Vector3) =>
    timesMatrix(p, toNew).every((x) => x * Math.sign(det) >= 0 && x * Math.sign(det) < Math.abs(det));
  const [xs, ys, zs] = mapColumns(matrix, range);
  return xs.flatMap((x) => ys.flatMap((y) => zs.map((z): Vector3 => [x, y, z]).filter(inside)));
}

/** From the smallest to the largest component that a point of the cell can have, from the column of S. */
function range(column: Vector3): number[] {
  const low = column.reduce((sum, x) => sum + Math.min(0, x), 0);
  const high = column.reduce((sum, x) => sum + Math.max(0, x), 0);
  return Array.from({ length: high - low + 1 }, (_, k) => low + k);
}

function mapColumns<T>(matrix: Matrix3, f: (column: Vector3) => T): [T, T, T] {
  const [x, y, z] = transpose(matrix);
  return [f(x), f(y), f(z)];
}

function diagonal([a, b, c]: Vector3): Matrix3 {
  return [
    [a, 0, 0],
    [0, b, 0],
    [0, 0, c],
  ];
}
