import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import type { Matrix3, Vector3 } from "../crystal/index.js";
import { latticeFromParameters } from "../crystal/index.js";
import type { DenoiserConfig } from "./config.js";

/** Cube root of the volume of one atom in a typical crystal, Angstrom: where the metric's zero is put. */
const typicalLength = 2.7;

type LatticeSpace = Pick<DenoiserConfig, "latticeSpace" | "latticeScale">;

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

/** The inverse of `encodeLattice`; a metric becomes the lattice in the canonical frame. */
export function decodeLattice(
  values: ArrayLike<number>,
  atoms: number,
  { latticeSpace, latticeScale }: LatticeSpace,
): Matrix3 {
  const scaled = toMatrix(values).mul(latticeScale);
  if (latticeSpace === "matrix") return scaled.to2DArray() as unknown as Matrix3;
  const strain = Matrix.add(scaled, scaled.transpose()).mul(0.5);
  return latticeOfMetric(mapEigenvalues(strain, (s) => Math.exp(2 * (s + logSize(atoms)))));
}

/** f of a symmetric matrix through its eigenvalues. */
function mapEigenvalues(matrix: Matrix, f: (eigenvalue: number) => number): Matrix {
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(matrix, { assumeSymmetric: true });
  return eigenvectorMatrix.mmul(Matrix.diag(realEigenvalues.map(f))).mmul(eigenvectorMatrix.transpose());
}

function latticeOfMetric(metric: Matrix): Matrix3 {
  const lengths = [0, 1, 2].map((i) => Math.sqrt(metric.get(i, i)));
  const angle = (i: number, j: number): number =>
    (Math.acos(metric.get(i, j) / (lengths[i] * lengths[j])) * 180) / Math.PI;
  return latticeFromParameters(lengths as unknown as Vector3, [angle(1, 2), angle(0, 2), angle(0, 1)]);
}

function logSize(atoms: number): number {
  return Math.log(typicalLength) + Math.log(atoms) / 3;
}

function toMatrix(values: ArrayLike<number>): Matrix {
  return Matrix.from1DArray(3, 3, Array.from(values));
}
