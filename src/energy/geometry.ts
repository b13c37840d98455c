import type { Crystal, Matrix3, Vector3 } from "../crystal/index.js";
import { volume } from "../crystal/index.js";
import { dot, mapVector, norm } from "../crystal/vectors.js";
import type { AngleClass, CrystalGraph } from "./graph.js";
import type { Projection } from "./operations.js";

/** 1 eV/Angstrom^3 in GPa. */
export const gigapascal = 160.21766208;

/** The package keeps the cosine off +-1, where the angle has no derivative: theta = acos(c (1 - 1e-6)). */
const cosineShare = 1 - 1e-6;

/** The angle between two bonds as the network takes it, radian. In double precision: near 180 degrees single has three digits. */
export function angleBetween([a, b]: AngleClass["vectors"]): number {
  return Math.acos((dot(a, b) / (norm(a) * norm(b))) * cosineShare);
}

/** What the energy's derivatives by bond lengths and angles make of a crystal. */
export interface Derivatives {
  /** [N][3] eV/Angstrom. */
  readonly forces: readonly Vector3[];
  /** GPa: the derivative by strain over the volume; negative pressure on its diagonal. */
  readonly stress: Matrix3;
}

/** The energy's derivatives by lengths and angles, each of a whole class. */
export interface Slopes {
  /** [U] eV/Angstrom. */
  readonly byDistance: readonly number[];
  /** [G] eV/radian. */
  readonly byAngle: readonly number[];
}

/**
 * Forces and stress by the chain rule, in double precision.
 * @param symmetry spreads what is found for one of a class over all of it
 */
export function derivatives(
  { latticeMatrix, atomicNumbers }: Crystal,
  graph: CrystalGraph,
  { byDistance, byAngle }: Slopes,
  symmetry: Projection,
): Derivatives {
  const forces = new Float64Array(3 * atomicNumbers.length);
  const virial = new Float64Array(9);
  /** The energy changes by gradient . d(vector from one atom to the other). */
  const add = (from: number, to: number, vector: Vector3, gradient: Vector3): void => {
    for (let k = 0; k < 3; k++) {
      forces[3 * from + k] += gradient[k];
      forces[3 * to + k] -= gradient[k];
      for (let l = 0; l < 3; l++) virial[3 * k + l] += vector[k] * gradient[l];
    }
  };
  graph.bonds.forEach(({ from, to, vector, distance }, k) =>
    add(
      from,
      to,
      vector,
      mapVector(vector, (x) => (x / distance) * byDistance[k]),
    ),
  );
  graph.angles.forEach(({ centre, ends, vectors }, k) => {
    const [first, second] = angleGradients(vectors, byAngle[k]);
    add(centre, ends[0], vectors[0], first);
    add(centre, ends[1], vectors[1], second);
  });
  const perVolume = gigapascal / volume(latticeMatrix);
  const row = (k: number): Vector3 => [
    virial[3 * k] * perVolume,
    virial[3 * k + 1] * perVolume,
    virial[3 * k + 2] * perVolume,
  ];
  return {
    forces: symmetry.vectors(atomicNumbers.map((_, i) => [forces[3 * i], forces[3 * i + 1], forces[3 * i + 2]])),
    stress: symmetry.tensor([row(0), row(1), row(2)]),
  };
}

/** The derivatives of an angle by its two vectors, times a factor. */
function angleGradients([a, b]: AngleClass["vectors"], factor: number): [Vector3, Vector3] {
  const [lengthA, lengthB] = [norm(a), norm(b)];
  const cosine = dot(a, b) / (lengthA * lengthB);
  const slope = (-cosineShare / Math.sqrt(1 - (cosine * cosineShare) ** 2)) * factor;
  const towards = (of: Vector3, ofLength: number, other: Vector3, otherLength: number): Vector3 =>
    mapVector(of, (x, k) => (slope * (other[k] / otherLength - (cosine * x) / ofLength)) / ofLength);
  return [towards(a, lengthA, b, lengthB), towards(b, lengthB, a, lengthA)];
}
