import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import type { Matrix3 } from "../crystal/index.js";
import type { DenoiserConfig } from "./config.js";

/** Cube root of the volume of one atom in a typical crystal, Angstrom: where the metric's zero is put. */
const typicalLength = 2.7;

/** How a lattice is encoded. */
export type LatticeSpace = Pick<DenoiserConfig, "latticeSpace" | "latticeScale">;

/**
 * A lattice [9] (rows, Angstrom) as the nine numbers that diffuse.
 * @param atoms per cell: sets the size about which the metric's numbers are centred
 */
export function encodeLattice(
  lattice: ArrayLike<number>,
  atoms: number,
  { latticeSpace, latticeScale }: LatticeSpace,
): Float32Array {
  if (latticeSpace === "matrix") return Float32Array.from(lattice, (x) => x / latticeScale);
  const rows = toMatrix(lattice);
  const strain = mapEigenvalues(rows.mmul(rows.transpose()), (g) => 0.5 * Math.log(g) - logSize(atoms));
  return Float32Array.from(strain.to1DArray(), (x) => x / latticeScale);
}

/**
 * The inverse of `encodeLattice`; a metric becomes its symmetric square root, a lattice in some frame. Never throws: what a
 * diverged network predicts becomes an invalid cell, which the validity check counts.
 */
export function decodeLattice(
  values: ArrayLike<number>,
  atoms: number,
  { latticeSpace, latticeScale }: LatticeSpace,
): Matrix3 {
  const scaled = toMatrix(values).mul(latticeScale);
  if (latticeSpace === "matrix") return scaled.to2DArray() as unknown as Matrix3;
  const strain = Matrix.add(scaled, scaled.transpose()).mul(0.5);
  const finite = strain.to1DArray().every(Number.isFinite);
  const root = finite ? mapEigenvalues(strain, (s) => Math.exp(s + logSize(atoms))) : strain.mul(NaN);
  return root.to2DArray() as unknown as Matrix3;
}

/** f of a symmetric matrix through its eigenvalues. Entries that mean nothing are 0: denormal ones break the solver. */
function mapEigenvalues(matrix: Matrix, f: (eigenvalue: number) => number): Matrix {
  const entries = matrix.to1DArray().map((x) => (Math.abs(x) < 1e-12 ? 0 : x));
  const solver = new EigenvalueDecomposition(toMatrix(entries), { assumeSymmetric: true });
  const vectors = solver.eigenvectorMatrix;
  return vectors.mmul(Matrix.diag(solver.realEigenvalues.map(f))).mmul(vectors.transpose());
}

function logSize(atoms: number): number {
  return Math.log(typicalLength) + Math.log(atoms) / 3;
}

function toMatrix(values: ArrayLike<number>): Matrix {
  return Matrix.from1DArray(3, 3, Array.from(values));
}
