import { crystalOf, type CrystalLike } from "./crystal-like.js";
import type { Crystal, Matrix3, Vector3 } from "./crystal.js";
import { inverse, wrap } from "./lattice.js";
import { analyse, fromMoyo, rows } from "./moyo.js";
import { combine, mapVector, minus, multiply, norm, plus, timesMatrix, transpose } from "./vectors.js";

/** Symmetry of a crystal within a tolerance. */
export interface SpaceGroup {
  /** 1-230. */
  readonly number: number;
  /** Short Hermann-Mauguin symbol, "F d -3 m". */
  readonly symbol: string;
  /** 1-530. */
  readonly hallNumber: number;
  /** "cF8". */
  readonly pearsonSymbol: string;
  /** [N] Wyckoff letters of the crystal's atoms. */
  readonly wyckoffLetters: readonly string[];
}

/** Tolerance in Angstrom when none is given. */
const defaultTolerance = 0.01;

/** Tolerance in Angstrom for a crystal that has just been made exactly symmetric. */
const exactTolerance = 1e-3;

/**
 * Space group of a crystal.
 * @param tolerance how far atoms and cell may be from the symmetric ones, Angstrom.
 * @throws Error if the crystal is invalid (see assertCrystal), or no consistent symmetry exists at this tolerance.
 *
 * @example
 *     console.log(spaceGroup(crystal).symbol, spaceGroup(crystal).number); // F m -3 m 225
 */
export function spaceGroup(crystal: CrystalLike, tolerance = defaultTolerance): SpaceGroup {
  const found = analyse(crystalOf(crystal), tolerance);
  return {
    number: found.number,
    symbol: found.hm_symbol,
    hallNumber: found.hall_number,
    pearsonSymbol: found.pearson_symbol,
    wyckoffLetters: found.wyckoffs,
  };
}

/**
 * The crystal made exactly symmetric: same cell setting, orientation, atoms and order, nothing moved by more
 * than about the tolerance. Generated crystals need it before DFT: without it there are ten times as many irreducible k-points.
 * @param tolerance Angstrom; 0.05-0.1 for generated crystals.
 * @throws Error as spaceGroup.
 */
export function symmetrise(crystal: Crystal, tolerance = defaultTolerance): Crystal {
  const found = analyse(crystal, tolerance);
  const toInput = rows(found.std_linear);
  const toStandard = inverse(toInput);
  const origin = found.std_origin_shift;
  const ideal = fromMoyo(found.std_cell);
  return {
    latticeMatrix: symmetricLattice(
      crystal.latticeMatrix,
      found.operations.map((operation) => rows(operation.rotation)),
    ),
    fracCoords: crystal.fracCoords.map((x, atom) => {
      const standard = timesMatrix(minus(x, origin), toStandard);
      const moved = nearestSite(ideal, standard, crystal.atomicNumbers[atom]);
      return wrap(plus(timesMatrix(moved, toInput), origin));
    }),
    atomicNumbers: crystal.atomicNumbers,
  };
}

/**
 * The crystal translated as a whole so that the origin lies on the atom about which most symmetry operations need no
 * translation. Codes that use only such operations (GPAW, many others) then have the fewest irreducible k-points.
 * @param tolerance Angstrom.
 * @throws Error as spaceGroup.
 */
export function atSymmetricOrigin(crystal: Crystal, tolerance = defaultTolerance): Crystal {
  const { operations } = analyse(crystal, tolerance);
  const withoutTranslation = (origin: Vector3): number =>
    operations.filter(({ rotation, translation }) => {
      const moved = minus(plus(timesMatrix(origin, rows(rotation)), translation), origin);
      const nearest = mapVector(moved, (x) => x - Math.round(x));
      return norm(timesMatrix(nearest, crystal.latticeMatrix)) < tolerance;
    }).length;
  const counts = crystal.fracCoords.map(withoutTranslation);
  const origin = crystal.fracCoords[counts.indexOf(Math.max(...counts))];
  return { ...crystal, fracCoords: crystal.fracCoords.map((x) => wrap(minus(x, origin))) };
}

/** Standardised primitive cell (spglib's conventions), exactly symmetric. @throws Error as spaceGroup. */
export function primitiveCell(crystal: Crystal, tolerance = defaultTolerance): Crystal {
  return fromMoyo(analyse(symmetrise(crystal, tolerance), exactTolerance).prim_std_cell);
}

/** Standardised conventional cell (spglib's conventions), exactly symmetric. @throws Error as spaceGroup. */
export function standardCell(crystal: Crystal, tolerance = defaultTolerance): Crystal {
  return fromMoyo(analyse(symmetrise(crystal, tolerance), exactTolerance).std_cell);
}

/**
 * The lattice L U whose metric is the mean of the given one over the rotations; U is the symmetric stretch, so that
 * nothing turns. (moyo idealises the atoms but leaves the cell as it is.)
 */
function symmetricLattice(latticeMatrix: Matrix3, rotations: readonly Matrix3[]): Matrix3 {
  const metric = multiply(latticeMatrix, transpose(latticeMatrix));
  const mean = rotations
    .map((rotation) => multiply(multiply(rotation, metric), transpose(rotation)))
    .reduce((sum, image) => combine(1, sum, 1 / rotations.length, image), combine(0, metric, 0, metric));
  const inverseLattice = inverse(latticeMatrix);
  return multiply(latticeMatrix, squareRoot(multiply(multiply(inverseLattice, mean), transpose(inverseLattice))));
}

/** Square root of a symmetric matrix near one, by Denman and Beavers' iteration (Appl. Math. Comput. 2 (1976) 63). */
function squareRoot(matrix: Matrix3): Matrix3 {
  let root = matrix;
  let inverseRoot: Matrix3 = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ];
  for (let step = 0; step < 12; step++) {
    const next = combine(0.5, root, 0.5, inverse(inverseRoot));
    inverseRoot = combine(0.5, inverseRoot, 0.5, inverse(root));
    root = next;
  }
  return root;
}

/** The image of a site of the ideal cell, of this element, that is nearest to a fractional coordinate. */
function nearestSite(ideal: Crystal, x: Vector3, z: number): Vector3 {
  const offsets = ideal.fracCoords
    .filter((_, site) => ideal.atomicNumbers[site] === z)
    .map((site) => mapVector(minus(site, x), (component) => component - Math.round(component)))
    .map((offset) => ({ offset, distance: norm(timesMatrix(offset, ideal.latticeMatrix)) }));
  return plus(x, offsets.reduce((best, other) => (other.distance < best.distance ? other : best)).offset);
}
