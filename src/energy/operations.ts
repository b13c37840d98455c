import type { Crystal, Matrix3, Vector3 } from "../crystal/index.js";
import { inverse } from "../crystal/index.js";
import { analyse, rows } from "../crystal/moyo.js";
import { combine, mapVector, minus, multiply, norm, plus, timesMatrix, transpose } from "../crystal/vectors.js";

/** A symmetry operation of a crystal: x -> x A + t takes atom i to an image of atom `atoms[i]`. */
export interface Operation {
  /** A, whole numbers, for row vectors of fractional coordinates. */
  readonly rotation: Matrix3;
  /** t, in units of the lattice vectors. */
  readonly translation: Vector3;
  /** [N] */
  readonly atoms: readonly number[];
  /** [N], whole: x_i A + t = x_atoms[i] + shifts[i]. */
  readonly shifts: readonly Vector3[];
}

/**
 * All symmetry operations of the crystal's own cell.
 * @param tolerance Angstrom
 * @throws Error if the crystal is invalid (see assertCrystal), or no consistent symmetry exists at this tolerance
 */
export function symmetryOperations(crystal: Crystal, tolerance: number): Operation[] {
  const { operations } = analyse(crystal, tolerance);
  return operations.map(({ rotation, translation }) => onAtoms(crystal, rows(rotation), translation));
}

/** The one operation that every crystal has. */
export function identityOperation({ atomicNumbers }: Crystal): Operation {
  return {
    rotation: [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
    translation: [0, 0, 0],
    atoms: atomicNumbers.map((_, i) => i),
    shifts: atomicNumbers.map(() => [0, 0, 0]),
  };
}

/** The image of each atom is the nearest atom of its element. */
function onAtoms({ latticeMatrix, fracCoords, atomicNumbers }: Crystal, rotation: Matrix3, translation: Vector3) {
  const images = fracCoords.map((x, i) => {
    const moved = plus(timesMatrix(x, rotation), translation);
    const distance = (j: number) => {
      const offset = minus(moved, fracCoords[j]);
      return norm(timesMatrix(minus(offset, mapVector(offset, Math.round)), latticeMatrix));
    };
    const candidates = atomicNumbers.flatMap((z, j) => (z === atomicNumbers[i] ? [j] : []));
    const atom = candidates.reduce((best, j) => (distance(j) < distance(best) ? j : best));
    return { atom, shift: mapVector(minus(moved, fracCoords[atom]), Math.round) };
  });
  return { rotation, translation, atoms: images.map((i) => i.atom), shifts: images.map((i) => i.shift) };
}

/** The part of a change that no operation alters. */
export interface Projection {
  /** [N][3] Cartesian vectors at the atoms (forces, displacements), averaged over the operations. */
  readonly vectors: (atomVectors: readonly Vector3[]) => Vector3[];
  /** A Cartesian tensor (stress, strain), averaged likewise. */
  readonly tensor: (tensor: Matrix3) => Matrix3;
}

/** Averages over the operations of a crystal; exact where the lattice has their symmetry. */
export function projection(latticeMatrix: Matrix3, operations: readonly Operation[]): Projection {
  const turns = operations.map(({ rotation }) => multiply(multiply(inverse(latticeMatrix), rotation), latticeMatrix));
  const share = 1 / operations.length;
  return {
    vectors: (atomVectors) => {
      const sums: Vector3[] = atomVectors.map(() => [0, 0, 0]);
      operations.forEach(({ atoms }, g) =>
        atoms.forEach((image, i) => (sums[image] = plus(sums[image], timesMatrix(atomVectors[i], turns[g])))),
      );
      return sums.map((sum) => mapVector(sum, (x) => x * share));
    },
    tensor: (tensor) =>
      turns
        .map((turn) => multiply(multiply(transpose(turn), tensor), turn))
        .reduce((sum, image) => combine(1, sum, share, image), combine(0, tensor, 0, tensor)),
  };
}
