import type { Crystal, Matrix3, Vector3 } from "./crystal.js";
import { adjugate, determinant, dot, mapVector, norm, timesMatrix } from "./vectors.js";

/** Lengths of a, b, c (Angstrom) and the angles alpha (b, c), beta (a, c), gamma (a, b) in degrees. */
export interface LatticeParameters {
  readonly lengths: Vector3;
  readonly anglesDeg: Vector3;
}

/** A cell below this share of the box |a||b||c| counts as flat. */
const flatness = 1e-6;

/**
 * The lattice in the canonical frame of the models: c along z, a in the x-z plane with positive x, right-handed.
 * @param lengths a, b, c in Angstrom.
 * @param anglesDeg alpha, beta, gamma in degrees.
 * @throws Error if the parameters make no cell.
 */
export function latticeFromParameters(lengths: Vector3, anglesDeg: Vector3): Matrix3 {
  const [a, b, c] = lengths;
  const [cosAlpha, cosBeta, cosGamma] = mapVector(anglesDeg, (angle) => Math.cos(radians(angle)));
  const [sinAlpha, sinBeta] = mapVector(anglesDeg, (angle) => Math.sin(radians(angle)));
  const cosGammaStar = (cosAlpha * cosBeta - cosGamma) / (sinAlpha * sinBeta);
  // Not clipped: an impossible triple of angles gives NaN here and is refused below.
  const sinGammaStar = Math.sqrt(1 - cosGammaStar * cosGammaStar);
  const lattice: Matrix3 = [
    [a * sinBeta, 0, a * cosBeta],
    [-b * sinAlpha * cosGammaStar, b * sinAlpha * sinGammaStar, b * cosAlpha],
    [0, 0, c],
  ];
  if (!lengths.every((x) => x > 0) || !anglesDeg.every((x) => x > 0 && x < 180) || !isRegular(lattice)) {
    throw new Error(
      `cell: expected positive lengths and angles that make a cell, ` +
        `found ${lengths.join(", ")} Angstrom and ${anglesDeg.join(", ")} degrees`,
    );
  }
  return lattice;
}

/** Lengths (Angstrom) and angles (degrees) of a lattice with rows a, b, c. */
export function latticeParameters(latticeMatrix: Matrix3): LatticeParameters {
  const [a, b, c] = latticeMatrix;
  return {
    lengths: [norm(a), norm(b), norm(c)],
    anglesDeg: [angleBetween(b, c), angleBetween(a, c), angleBetween(a, b)],
  };
}

/** Cell volume, Angstrom^3, never negative. */
export function volume(latticeMatrix: Matrix3): number {
  return Math.abs(determinant(latticeMatrix));
}

/**
 * The crystal as the models see it: lattice rebuilt from lengths and angles, fracCoords wrapped into [0, 1).
 * A left-handed lattice comes out as its mirror image (the frame is right-handed), distances unchanged.
 * @throws Error if the cell is singular.
 */
export function canonicalFrame(crystal: Crystal): Crystal {
  assertRegular(crystal.latticeMatrix);
  const { lengths, anglesDeg } = latticeParameters(crystal.latticeMatrix);
  return {
    latticeMatrix: latticeFromParameters(lengths, anglesDeg),
    fracCoords: crystal.fracCoords.map(wrap),
    atomicNumbers: crystal.atomicNumbers,
  };
}

/** Each component brought into [0, 1). */
export function wrap(fracCoord: Vector3): Vector3 {
  return mapVector(fracCoord, wrapComponent);
}

/** Fractional coordinates [N][3] to Cartesian ones, Angstrom. */
export function toCartesian(fracCoords: readonly Vector3[], latticeMatrix: Matrix3): Vector3[] {
  return fracCoords.map((x) => timesMatrix(x, latticeMatrix));
}

/** Cartesian coordinates [N][3] (Angstrom) to fractional ones, not wrapped. @throws Error if the cell is singular. */
export function toFractional(positions: readonly Vector3[], latticeMatrix: Matrix3): Vector3[] {
  const inverseLattice = inverse(latticeMatrix);
  return positions.map((r) => timesMatrix(r, inverseLattice));
}

/** Inverse of a lattice matrix. @throws Error if the cell is singular. */
export function inverse(latticeMatrix: Matrix3): Matrix3 {
  assertRegular(latticeMatrix);
  const det = determinant(latticeMatrix);
  const [a, b, c] = adjugate(latticeMatrix);
  const divide = (row: Vector3) => mapVector(row, (x) => x / det);
  return [divide(a), divide(b), divide(c)];
}

/** @throws Error naming the cell unless its three vectors are finite and span a volume. */
export function assertRegular(latticeMatrix: Matrix3): void {
  if (isRegular(latticeMatrix)) return;
  throw new Error(`cell: expected three independent lattice vectors, found ${JSON.stringify(latticeMatrix)}`);
}

function isRegular(latticeMatrix: Matrix3): boolean {
  const [a, b, c] = latticeMatrix;
  const box = norm(a) * norm(b) * norm(c);
  return Number.isFinite(box) && volume(latticeMatrix) > flatness * box;
}

function wrapComponent(x: number): number {
  const wrapped = x - Math.floor(x);
  // -1e-17 would round up to 1; the sum also turns -0 into 0.
  return wrapped >= 1 ? 0 : wrapped + 0;
}

function angleBetween(a: Vector3, b: Vector3): number {
  const cosine = dot(a, b) / (norm(a) * norm(b));
  return (Math.acos(Math.min(1, Math.max(-1, cosine))) * 180) / Math.PI;
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
