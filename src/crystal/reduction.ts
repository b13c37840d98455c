import type { Crystal, Matrix3, Vector3 } from "./crystal.js";
import { assertRegular, inverse, wrap } from "./lattice.js";
import { cross, determinant, dot, mapVector, minus, norm, timesMatrix } from "./vectors.js";

/**
 * A lattice prepared for searches of periodic images: short basis vectors in a frame where the matrix is lower
 * triangular (a along x, b in the x-y plane), so that the images inside a sphere can be enumerated without waste.
 */
export interface ImageLattice {
  /** Lower triangular, rows are vectors, Angstrom. */
  readonly triangular: Matrix3;
  /** From the crystal's fractional coordinates to those of the short basis. */
  readonly change: Matrix3;
  /** From the triangular frame's Cartesian vectors back to the crystal's. */
  readonly rotation: Matrix3;
}

/** @throws Error if the cell is singular. */
export function imageLattice(latticeMatrix: Matrix3): ImageLattice {
  assertRegular(latticeMatrix);
  const reduced = shortBasis(latticeMatrix);
  const rotation = frameOf(reduced);
  const inverseReduced = inverse(reduced);
  return {
    triangular: reduced.map((row) => mapVector(row, (_, k) => dot(row, rotation[k]))) as unknown as Matrix3,
    change: latticeMatrix.map((row) => mapVector(timesMatrix(row, inverseReduced), Math.round)) as unknown as Matrix3,
    rotation,
  };
}

/** The crystal's fractional coordinates in the short basis, [N][3], wrapped into [0, 1). */
export function reducedCoords(crystal: Crystal, lattice: ImageLattice): Vector3[] {
  return crystal.fracCoords.map((x) => wrap(timesMatrix(wrap(x), lattice.change)));
}

/**
 * Calls `visit` with every vector (d + n) L, n whole, not longer than the radius; d is a difference of coordinates in
 * wrapped coordinates in the short basis, L the triangular lattice. `visit` returns the squared radius to go on with.
 * The nested ranges are those of Fincke and Pohst (Math. Comp. 44 (1985) 463): exact for any cell.
 */
export function visitImages(
  { triangular: [a, b, c] }: ImageLattice,
  [dx, dy, dz]: Vector3,
  radiusSquared: number,
  visit: (x: number, y: number, z: number, distanceSquared: number) => number,
): void {
  let limit = radiusSquared;
  const zEnd = Math.sqrt(limit) / c[2] - dz;
  for (let nz = Math.ceil(-Math.sqrt(limit) / c[2] - dz); nz <= zEnd; nz++) {
    const z = (dz + nz) * c[2];
    const yShift = dy + ((dz + nz) * c[1]) / b[1];
    const yRadius = Math.sqrt(Math.max(0, limit - z * z)) / b[1];
    for (let ny = Math.ceil(-yRadius - yShift); ny <= yRadius - yShift; ny++) {
      const y = (yShift + ny) * b[1];
      const xShift = dx + ((dz + nz) * c[0] + (dy + ny) * b[0]) / a[0];
      const xRadius = Math.sqrt(Math.max(0, limit - z * z - y * y)) / a[0];
      for (let nx = Math.ceil(-xRadius - xShift); nx <= xRadius - xShift; nx++) {
        const x = (xShift + nx) * a[0];
        const distanceSquared = x * x + y * y + z * z;
        if (distanceSquared <= limit) limit = visit(x, y, z, distanceSquared);
      }
    }
  }
}

/** Subtracts whole multiples of the vectors from each other as long as that shortens one. */
function shortBasis(latticeMatrix: Matrix3): Matrix3 {
  const basis: [Vector3, Vector3, Vector3] = [...latticeMatrix];
  const pairs = [
    [0, 1],
    [0, 2],
    [1, 0],
    [1, 2],
    [2, 0],
    [2, 1],
  ] as const;
  // Every change shortens a vector; the bound is only against rounding.
  for (let changed = true, round = 0; changed && round < 200; round++) {
    changed = false;
    for (const [i, j] of pairs) {
      const shorter = subtractMultiple(basis[i], basis[j]);
      if (norm(shorter) >= norm(basis[i]) * (1 - 1e-12)) continue;
      basis[i] = shorter;
      changed = true;
    }
  }
  return basis.sort((a, b) => norm(a) - norm(b));
}

function subtractMultiple(v: Vector3, by: Vector3): Vector3 {
  const multiple = Math.round(dot(v, by) / dot(by, by));
  return minus(
    v,
    mapVector(by, (x) => x * multiple),
  );
}

/** Orthonormal rows: x along the first vector, y in the plane of the first two, z towards the third. */
function frameOf(basis: Matrix3): Matrix3 {
  const unit = (v: Vector3) => mapVector(v, (component) => component / norm(v));
  const x = unit(basis[0]);
  const side = determinant(basis) < 0 ? -1 : 1;
  const z = mapVector(unit(cross(basis[0], basis[1])), (component) => side * component);
  const across = mapVector(cross(z, x), (component) => side * component);
  return [x, across, z];
}
