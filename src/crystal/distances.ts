import type { Crystal, Vector3 } from "./crystal.js";
import { imageLattice, reducedCoords, visitImages, type ImageLattice } from "./reduction.js";
import { mapVector, minus, norm, timesMatrix } from "./vectors.js";

/** All neighbours within a cutoff; entry k says that an image of atom `to[k]` lies at `vectors[k]` from atom `from[k]`. */
export interface NeighbourList {
  /** Number of entries M; every contact is listed from both of its ends. */
  readonly count: number;
  /** [M] atom index, ascending. */
  readonly from: Int32Array;
  /** [M] atom index. */
  readonly to: Int32Array;
  /** [M] Angstrom. */
  readonly distances: Float64Array;
  /** [M][3] Cartesian, Angstrom. */
  readonly vectors: Float64Array;
}

/** More neighbours than this point to a mistake in the cell or in the cutoff. */
const mostNeighbours = 2e7;

/**
 * Every image of every atom within `cutoff` of each atom, the atom's own images included; exact for skewed cells.
 * @param cutoff Angstrom, inclusive.
 * @throws Error if the cell is singular, the cutoff is not a number >= 0, or about 20 million neighbours would result.
 */
export function neighbours(crystal: Crystal, cutoff: number): NeighbourList {
  const lattice = imageLattice(crystal.latticeMatrix);
  assertCountable(lattice, crystal.atomicNumbers.length, cutoff);
  const coords = reducedCoords(crystal, lattice);
  const [ex, ey, ez] = lattice.rotation;
  const from: number[] = [];
  const to: number[] = [];
  const distances: number[] = [];
  const vectors: number[] = [];
  for (let i = 0; i < coords.length; i++) {
    for (let j = 0; j < coords.length; j++) {
      visitImages(lattice, minus(coords[j], coords[i]), cutoff * cutoff, (x, y, z, squared) => {
        if (i === j && squared < 1e-16) return cutoff * cutoff;
        from.push(i);
        to.push(j);
        distances.push(Math.sqrt(squared));
        vectors.push(
          x * ex[0] + y * ey[0] + z * ez[0],
          x * ex[1] + y * ey[1] + z * ez[1],
          x * ex[2] + y * ey[2] + z * ez[2],
        );
        return cutoff * cutoff;
      });
    }
  }
  return {
    count: from.length,
    from: Int32Array.from(from),
    to: Int32Array.from(to),
    distances: Float64Array.from(distances),
    vectors: Float64Array.from(vectors),
  };
}

/**
 * Shortest periodic distances [N][N] row-major, Angstrom, symmetric; the diagonal is an atom's distance to its own
 * nearest image (the shortest lattice vector). Exact for skewed cells.
 * @throws Error if the cell is singular.
 */
export function shortestDistances(crystal: Crystal): Float64Array {
  const lattice = imageLattice(crystal.latticeMatrix);
  const coords = reducedCoords(crystal, lattice);
  const n = coords.length;
  const distances = new Float64Array(n * n).fill(shortestLatticeVector(lattice));
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const distance = shortestImage(lattice, minus(coords[j], coords[i]));
      distances[i * n + j] = distance;
      distances[j * n + i] = distance;
    }
  }
  return distances;
}

/** The shortest distance between any two atoms or an atom and its own image, Angstrom. @throws Error if the cell is singular. */
export function minimumDistance(crystal: Crystal): number {
  return shortestDistances(crystal).reduce((least, distance) => Math.min(least, distance), Infinity);
}

/** Length of the shortest vector of the lattice, Angstrom. */
export function shortestLatticeVector(lattice: ImageLattice): number {
  let least = norm(lattice.triangular[0]) ** 2;
  const zero = 1e-12 * least;
  visitImages(lattice, [0, 0, 0], least, (_x, _y, _z, squared) => {
    if (squared > zero) least = Math.min(least, squared);
    return least;
  });
  return Math.sqrt(least);
}

/** Length of the shortest image of a difference of coordinates in the short basis, Angstrom. */
export function shortestImage(lattice: ImageLattice, difference: Vector3): number {
  const near = mapVector(difference, (x) => x - Math.round(x));
  let least = norm(timesMatrix(near, lattice.triangular)) ** 2;
  visitImages(lattice, near, least, (_x, _y, _z, squared) => (least = Math.min(least, squared)));
  return Math.sqrt(least);
}

function assertCountable({ triangular: [a, b, c] }: ImageLattice, atoms: number, cutoff: number): void {
  const layers = [a[0], b[1], c[2]].map((height) => (2 * cutoff) / height);
  const others = layers.reduce((product, count) => product * count, atoms * atoms);
  const ownImages = layers.reduce((product, count) => product * (1 + count), atoms);
  if (cutoff >= 0 && others + ownImages <= mostNeighbours) return;
  throw new Error(
    `neighbours: expected a cutoff >= 0 Angstrom with at most about ${mostNeighbours} neighbours, ` +
      `found ${cutoff} Angstrom in a cell of ${atoms} atoms and ${(a[0] * b[1] * c[2]).toPrecision(3)} Angstrom^3`,
  );
}
