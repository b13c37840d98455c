/** Three Cartesian or fractional components. */
export type Vector3 = readonly [number, number, number];

/** 3 x 3 matrix; for a lattice the rows are the lattice vectors in Angstrom. */
export type Matrix3 = readonly [Vector3, Vector3, Vector3];

/** A periodic crystal. Plain data: the functions of this room take and return it and never modify it. */
export interface Crystal {
  /** [3][3], rows are the lattice vectors, Angstrom. */
  readonly latticeMatrix: Matrix3;
  /** [N][3], in units of the lattice vectors. */
  readonly fracCoords: readonly Vector3[];
  /** [N], 1 (H) to 118. */
  readonly atomicNumbers: readonly number[];
}
