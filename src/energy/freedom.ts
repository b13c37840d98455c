import type { Crystal, Matrix3, Vector3 } from "../crystal/index.js";
import { scaleVolume, toFractional, volume } from "../crystal/index.js";
import { combine, mapVector, multiply, plus, transpose } from "../crystal/vectors.js";
import { gigapascal } from "./geometry.js";
import type { Operation } from "./operations.js";
import { projection } from "./operations.js";
import type { EnergyResult } from "./potential.js";

/** What a relaxation leaves as it is, besides symmetry. */
export interface Fixed {
  /** The whole cell: atoms move only. */
  readonly lattice?: boolean;
  /** The cell's volume; its shape may change. */
  readonly volume?: boolean;
  /** The fractional coordinates: true for those of all atoms, or the atoms' indices; atoms that symmetry makes equal to them too. */
  readonly sites?: boolean | readonly number[];
}

/**
 * The coordinates of a relaxation: displacements (Angstrom) of N atoms, then a strain in units that make it as stiff as these.
 * Everything that symmetry or `fixed` forbids is projected out.
 */
export interface Freedom {
  /** The energy's derivatives by the coordinates at a crystal, eV/Angstrom. */
  gradient(at: Crystal, found: EnergyResult): Float64Array;
  /** The crystal after a step. */
  move(from: Crystal, step: Float64Array): Crystal;
  /** The largest force (eV/Angstrom) and stress component (GPa) that may still do something. */
  residual(at: Crystal, found: EnergyResult): { readonly force: number; readonly stress: number };
  /** A step shortened so that no atom moves by more than `distance` (Angstrom) and no strain exceeds a fifth of it. */
  limited(step: Float64Array, distance: number): Float64Array;
}

/** eV/Angstrom^2: the curvature of a coordinate about which nothing is known yet. */
export const usualCurvature = 10;

/** eV/Angstrom^3, 100 GPa: with it strains get the same. */
const usualStiffness = 100 / gigapascal;

const unit: Matrix3 = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];

/** The freedom of a crystal that keeps its operations. */
export function freedomOf(start: Crystal, operations: readonly Operation[], fixed: Fixed): Freedom {
  const count = start.atomicNumbers.length;
  const startVolume = volume(start.latticeMatrix);
  const scale = Math.sqrt((usualStiffness * startVolume) / usualCurvature);
  const sites = fixed.sites === true ? [...start.atomicNumbers.keys()] : fixed.sites || [];
  // Their equals as well: averaged over the operations, a movement of these would move them.
  const held = new Set([...sites, ...sites.flatMap((site) => operations.map(({ atoms }) => atoms[site]))]);

  const allowed = (at: Crystal, atomVectors: readonly Vector3[], tensor: Matrix3) => {
    const symmetry = projection(at.latticeMatrix, operations);
    const free = atomVectors.map((v, i): Vector3 => (held.has(i) ? [0, 0, 0] : v));
    return { vectors: symmetry.vectors(free), tensor: symmetry.tensor(freeStrain(tensor, fixed)) };
  };
  return {
    gradient: (at, { forces, stress }) => {
      const { vectors, tensor } = allowed(at, forces, stress);
      const perStrain = volume(at.latticeMatrix) / gigapascal / scale;
      return Float64Array.from([...vectors.flat().map((f) => -f), ...tensor.flat().map((s) => s * perStrain)]);
    },
    residual: (at, { forces, stress }) => {
      const { vectors, tensor } = allowed(at, forces, stress);
      const largest = (rows: readonly Vector3[]) => Math.max(...rows.flat().map(Math.abs));
      return { force: Math.max(...vectors.map((f) => Math.hypot(...f))), stress: largest(tensor) };
    },
    move: (from, step) => {
      const [moves, strain] = parts(step, count, scale);
      const projected = allowed(from, moves, strain);
      const shifts = toFractional(projected.vectors, from.latticeMatrix);
      const moved = {
        ...from,
        latticeMatrix: multiply(from.latticeMatrix, combine(1, unit, 1, projected.tensor)),
        fracCoords: from.fracCoords.map((x, i) => plus(x, shifts[i])),
      };
      // A strain without trace keeps the volume to first order only.
      return fixed.volume && !fixed.lattice ? scaleVolume(moved, startVolume / volume(moved.latticeMatrix)) : moved;
    },
    limited: (step, distance) => {
      const [moves, strain] = parts(step, count, scale);
      const largestStrain = Math.max(...strain.flat().map(Math.abs));
      const excess = Math.max(...moves.map((v) => Math.hypot(...v) / distance), (largestStrain * 5) / distance, 1);
      return step.map((x) => x / excess);
    },
  };
}

/** The displacements and the strain that a step is made of. */
function parts(step: Float64Array, count: number, scale: number): [Vector3[], Matrix3] {
  const at = (k: number): Vector3 => [step[k], step[k + 1], step[k + 2]];
  const strain = (row: number) => mapVector(at(3 * (count + row)), (x) => x / scale);
  return [Array.from({ length: count }, (_, i) => at(3 * i)), [strain(0), strain(1), strain(2)]];
}

/** The part of a strain or stress that turns nothing and changes nothing that is fixed. */
function freeStrain(tensor: Matrix3, { lattice, volume: fixedVolume }: Fixed): Matrix3 {
  if (lattice) return combine(0, tensor, 0, tensor);
  const symmetric = combine(0.5, tensor, 0.5, transpose(tensor));
  const trace = symmetric[0][0] + symmetric[1][1] + symmetric[2][2];
  return fixedVolume ? combine(1, symmetric, -trace / 3, unit) : symmetric;
}
