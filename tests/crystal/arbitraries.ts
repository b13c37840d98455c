import fc from "fast-check";
import {
  assertCrystal,
  latticeFromParameters,
  rotate,
  volume,
  type Crystal,
  type Matrix3,
  type Vector3,
} from "../../src/crystal/index.js";
import { multiply } from "../../src/crystal/vectors.js";

function real(min: number, max: number): fc.Arbitrary<number> {
  return fc.double({ min, max, noNaN: true });
}

export function vector(min: number, max: number): fc.Arbitrary<Vector3> {
  return fc.tuple(real(min, max), real(min, max), real(min, max));
}

/** Rotations and reflections, from a quaternion and a sign. */
export const orthogonal: fc.Arbitrary<Matrix3> = fc
  .tuple(real(-1, 1), real(-1, 1), real(-1, 1), real(-1, 1), fc.constantFrom(1, -1))
  .filter(([w, x, y, z]) => Math.hypot(w, x, y, z) > 0.1)
  .map(([a, b, c, d, sign]) => {
    const length = Math.hypot(a, b, c, d);
    const [w, x, y, z] = [a / length, b / length, c / length, d / length];
    return [
      [sign * (1 - 2 * (y * y + z * z)), sign * 2 * (x * y - z * w), sign * 2 * (x * z + y * w)],
      [sign * 2 * (x * y + z * w), sign * (1 - 2 * (x * x + z * z)), sign * 2 * (y * z - x * w)],
      [sign * 2 * (x * z - y * w), sign * 2 * (y * z + x * w), sign * (1 - 2 * (x * x + y * y))],
    ];
  });

/** Whole matrices of determinant one: other cells of the same lattice, often very skewed. */
export const unimodular: fc.Arbitrary<Matrix3> = fc
  .tuple(...Array.from({ length: 6 }, () => fc.integer({ min: -3, max: 3 })))
  .map(([a, b, c, d, e, f]) =>
    multiply(
      [
        [1, a, b],
        [0, 1, c],
        [0, 0, 1],
      ],
      [
        [1, 0, 0],
        [d, 1, 0],
        [e, f, 1],
      ],
    ),
  );

export const latticeMatrix: fc.Arbitrary<Matrix3> = fc
  .tuple(vector(2, 8), vector(60, 120))
  .filter(([, [alpha, beta, gamma]]) => alpha + beta + gamma < 330 && alpha < beta + gamma - 10)
  .filter(([, [alpha, beta, gamma]]) => beta < alpha + gamma - 10 && gamma < alpha + beta - 10)
  .map(([lengths, angles]) => latticeFromParameters(lengths, angles))
  .filter((lattice) => volume(lattice) > 4);

/** Crystals of one to six atoms, canonical frame, without overlaps. */
export const crystal: fc.Arbitrary<Crystal> = fc
  .tuple(
    latticeMatrix,
    fc.array(fc.tuple(vector(0, 0.999), fc.integer({ min: 1, max: 94 })), { minLength: 1, maxLength: 6 }),
  )
  .map(([lattice, atoms]) => ({
    latticeMatrix: lattice,
    fracCoords: atoms.map(([x]) => x),
    atomicNumbers: atoms.map(([, z]) => z),
  }))
  .filter(isCrystal);

/** The same, anywhere in space. */
export const turnedCrystal: fc.Arbitrary<Crystal> = fc.tuple(crystal, orthogonal).map(([c, q]) => rotate(c, q));

function isCrystal(candidate: Crystal): boolean {
  try {
    assertCrystal(candidate);
    return true;
  } catch {
    return false;
  }
}
