import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  minimumDistance,
  neighbours,
  permuteAtoms,
  rotate,
  scaleVolume,
  shortestDistances,
  supercell,
  toCartesian,
  toFractional,
  translate,
  volume,
  type Crystal,
  type Matrix3,
  type Vector3,
} from "../../src/crystal/index.js";
import { minus, multiply, norm, plus, timesMatrix } from "../../src/crystal/vectors.js";
import { crystal, orthogonal, turnedCrystal, unimodular, vector } from "./arbitraries.js";

const offsets = [-4, -3, -2, -1, 0, 1, 2, 3, 4];
const shifts = offsets.flatMap((a) => offsets.flatMap((b) => offsets.map((c): Vector3 => [a, b, c])));

/** All vectors from atom i to images of atom j, by trying them. */
function images(c: Crystal, i: number, j: number): Vector3[] {
  const difference = minus(c.fracCoords[j], c.fracCoords[i]);
  return shifts.map((n) => timesMatrix(plus(difference, n), c.latticeMatrix));
}

function bruteForce(c: Crystal): number[] {
  const atoms = c.atomicNumbers.map((_, i) => i);
  return atoms.flatMap((i) =>
    atoms.map((j) => Math.min(...images(c, i, j).map((r) => (norm(r) > 1e-9 ? norm(r) : Infinity)))),
  );
}

function skewed(c: Crystal, change: Matrix3): Crystal {
  const latticeMatrix = multiply(change, c.latticeMatrix);
  return { ...c, latticeMatrix, fracCoords: toFractional(toCartesian(c.fracCoords, c.latticeMatrix), latticeMatrix) };
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, digits = 8): void {
  expect(actual.length).toBe(expected.length);
  for (let k = 0; k < actual.length; k++) expect(actual[k]).toBeCloseTo(expected[k], digits);
}

const fcc = { latticeMatrix: [[0, 2, 2], [2, 0, 2], [2, 2, 0]], fracCoords: [[0, 0, 0]], atomicNumbers: [29] } as const; // prettier-ignore

describe("shortestDistances", () => {
  it("equals the search through many images", () => {
    fc.assert(
      fc.property(crystal, (c) => expectClose(shortestDistances(c), bruteForce(c))),
      { numRuns: 40 },
    );
  });

  it("does not depend on the choice of the cell, however skewed", () => {
    fc.assert(
      fc.property(crystal, unimodular, (c, change) =>
        expectClose(shortestDistances(skewed(c, change)), shortestDistances(c)),
      ),
    );
  });

  it("survives O(3), translations and permutations", () => {
    fc.assert(
      fc.property(crystal, orthogonal, vector(-5, 5), (c, q, shift) => {
        const reversed = [...c.atomicNumbers.keys()].reverse();
        const moved = permuteAtoms(translate(rotate(c, q), shift), reversed);
        // Reversing all atoms reverses the row-major matrix.
        expectClose(shortestDistances(moved).reverse(), shortestDistances(c));
      }),
    );
  });

  it("scales with the cube root of the volume", () => {
    fc.assert(
      fc.property(crystal, fc.double({ min: 0.2, max: 5, noNaN: true }), (c, factor) => {
        const scaled = scaleVolume(c, factor);
        expect(volume(scaled.latticeMatrix) / volume(c.latticeMatrix)).toBeCloseTo(factor, 9);
        expect(minimumDistance(scaled)).toBeCloseTo(minimumDistance(c) * Math.cbrt(factor), 8);
      }),
    );
  });
});

describe("minimumDistance", () => {
  it("is that of an atom and its image in fcc", () => expect(minimumDistance(fcc)).toBeCloseTo(Math.sqrt(8), 12));

  it("is the same in a supercell", () => {
    fc.assert(
      fc.property(turnedCrystal, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 2 }), (c, a, b) => {
        expect(minimumDistance(supercell(c, [a, b, 1]))).toBeCloseTo(minimumDistance(c), 8);
      }),
    );
  });
});

describe("neighbours", () => {
  it("finds the shells of fcc: 12, 6, 24, 12", () => {
    const shells = new Map<number, number>();
    for (const distance of neighbours(fcc, 5.7).distances) {
      const squared = Math.round(distance ** 2);
      shells.set(squared, (shells.get(squared) ?? 0) + 1);
    }
    expect([...shells].sort(([a], [b]) => a - b)).toEqual([
      [8, 12],
      [16, 6],
      [24, 24],
      [32, 12],
    ]);
  });

  it("equals the search through many images, for skewed cells too", () => {
    fc.assert(
      fc.property(crystal, unimodular, orthogonal, (c, change, q) => {
        // 3.4 Angstrom reaches at most two of the cells, which the search covers.
        const cutoff = 3.4;
        fc.pre(neighbours(c, cutoff + 1e-6).count === neighbours(c, cutoff - 1e-6).count);
        const list = neighbours(rotate(skewed(c, change), q), cutoff);
        const atoms = [...c.atomicNumbers.keys()];
        const expected = atoms.flatMap((i) => atoms.flatMap((j) => images(c, i, j).map(norm)));
        const inside = expected.filter((d) => d > 1e-9 && d <= cutoff);
        expectClose([...list.distances].sort(), inside.sort());
      }),
      { numRuns: 40 },
    );
  });

  it("gives vectors that end on atoms, and every contact from both ends", () => {
    fc.assert(
      fc.property(turnedCrystal, (c) => {
        const { count, from, to, vectors, distances } = neighbours(c, 4);
        let sum: Vector3 = [0, 0, 0];
        for (let k = 0; k < count; k++) {
          const r: Vector3 = [vectors[3 * k], vectors[3 * k + 1], vectors[3 * k + 2]];
          sum = plus(sum, r);
          expect(norm(r)).toBeCloseTo(distances[k], 9);
          const [x] = toFractional([r], c.latticeMatrix);
          const whole = minus(plus(c.fracCoords[from[k]], x), c.fracCoords[to[k]]);
          whole.forEach((n) => expect(Math.abs(n - Math.round(n))).toBeLessThan(1e-8));
        }
        sum.forEach((x) => expect(Math.abs(x)).toBeLessThan(1e-7));
      }),
      { numRuns: 30 },
    );
  });

  it("has as many per atom in a supercell", () => {
    fc.assert(
      fc.property(crystal, (c) => {
        // A shell exactly at the cutoff may fall on either side by rounding.
        fc.pre(neighbours(c, 4 + 1e-6).count === neighbours(c, 4 - 1e-6).count);
        expect(neighbours(supercell(c, [2, 1, 2]), 4).count).toBe(4 * neighbours(c, 4).count);
      }),
      { numRuns: 30 },
    );
  });

  it("refuses bad cut-offs, endless lists and singular cells at once", () => {
    expect(() => neighbours(fcc, NaN)).toThrow(/cutoff/);
    expect(() => neighbours(fcc, -1)).toThrow(/cutoff/);
    expect(() => neighbours(fcc, 1e4)).toThrow(/neighbours/);
    expect(() => neighbours({ ...fcc, latticeMatrix: [[0, 2, 2], [2, 0, 2], [2, 2, 4]] }, 5)).toThrow(/cell/); // prettier-ignore
    const needle: Matrix3 = [[1e-3, 0, 0], [0, 1e-3, 0], [0, 0, 1e9]]; // prettier-ignore
    expect(() => neighbours({ ...fcc, latticeMatrix: needle }, 5)).toThrow(/neighbours/);
  });

  it("does not hang on coordinates far away", () => {
    expect(neighbours({ ...fcc, fracCoords: [[1e300, -1e20, 1e17]] }, 3).count).toBe(12);
  });
});
