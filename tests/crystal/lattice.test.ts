import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  canonicalFrame,
  inverse,
  latticeFromParameters,
  latticeParameters,
  shortestDistances,
  toCartesian,
  toFractional,
  volume,
  wrap,
  type Matrix3,
  type Vector3,
} from "../../src/crystal/index.js";
import { determinant } from "../../src/crystal/vectors.js";
import { crystal, latticeMatrix, turnedCrystal, vector } from "./arbitraries.js";

interface Golden {
  readonly lengths: Vector3[];
  readonly anglesDeg: Vector3[];
  readonly latticeMatrices: Matrix3[];
}

const golden = JSON.parse(
  readFileSync(new URL("../fixtures/crystal/canonical-lattices.json", import.meta.url), "utf8"),
) as Golden;

describe("latticeFromParameters", () => {
  it("has the frame of the reference implementation (float32) to 1e-5 Angstrom", () => {
    golden.lengths.forEach((lengths, k) => {
      const lattice = latticeFromParameters(lengths, golden.anglesDeg[k]);
      lattice.flat().forEach((x, i) => expect(Math.abs(x - golden.latticeMatrices[k].flat()[i])).toBeLessThan(1e-5));
    });
  });

  it("gives back lengths and angles, right-handed", () => {
    fc.assert(
      fc.property(latticeMatrix, (lattice) => {
        const { lengths, anglesDeg } = latticeParameters(lattice);
        const again = latticeFromParameters(lengths, anglesDeg);
        again.flat().forEach((x, i) => expect(x).toBeCloseTo(lattice.flat()[i], 8));
        expect(determinant(again)).toBeGreaterThan(0);
      }),
    );
  });

  it.each<[Vector3, Vector3]>([
    [
      [3, 3, 3],
      [30, 30, 90],
    ],
    [
      [3, 3, 3],
      [120, 120, 120],
    ],
    [
      [3, 0, 3],
      [90, 90, 90],
    ],
    [
      [3, -1, 3],
      [90, 90, 90],
    ],
    [
      [3, NaN, 3],
      [90, 90, 90],
    ],
    [
      [3, 3, 3],
      [90, 180, 90],
    ],
    [
      [3, 3, 3],
      [90, -90, 90],
    ],
    [
      [1e200, 1e200, 1e200],
      [90, 90, 90],
    ],
  ])("refuses %j Angstrom, %j degrees", (lengths, angles) => {
    expect(() => latticeFromParameters(lengths, angles)).toThrow(/cell: expected/);
  });
});

describe("canonicalFrame", () => {
  it("keeps distances and volume, also for left-handed lattices, and wraps", () => {
    fc.assert(
      fc.property(turnedCrystal, vector(-3, 3), (c, shift) => {
        const moved = { ...c, fracCoords: c.fracCoords.map((x): Vector3 => [x[0] + Math.round(shift[0]), x[1], x[2]]) };
        const canonical = canonicalFrame(moved);
        const expected = shortestDistances(c);
        shortestDistances(canonical).forEach((d, k) => expect(d).toBeCloseTo(expected[k], 7));
        expect(volume(canonical.latticeMatrix)).toBeCloseTo(volume(c.latticeMatrix), 6);
        canonical.fracCoords.flat().forEach((x) => expect(x >= 0 && x < 1).toBe(true));
      }),
    );
  });

  it("changes nothing the second time", () => {
    fc.assert(
      fc.property(crystal, (c) => {
        const once = canonicalFrame(c);
        const twice = canonicalFrame(once);
        twice.latticeMatrix.flat().forEach((x, k) => expect(x).toBeCloseTo(once.latticeMatrix.flat()[k], 9));
        expect(twice.fracCoords).toEqual(once.fracCoords);
      }),
    );
  });
});

describe("coordinates", () => {
  it("go to Cartesian and back", () => {
    fc.assert(
      fc.property(turnedCrystal, (c) => {
        const back = toFractional(toCartesian(c.fracCoords, c.latticeMatrix), c.latticeMatrix);
        back.flat().forEach((x, k) => expect(x).toBeCloseTo(c.fracCoords.flat()[k], 10));
      }),
    );
  });

  it("wrap into [0, 1), tiny negative numbers and -0 included", () => {
    expect(wrap([-1e-20, -0, 1])).toEqual([0, 0, 0]);
    fc.assert(fc.property(vector(-1e6, 1e6), (x) => wrap(x).every((w) => w >= 0 && w < 1)));
  });

  it.each<Matrix3[]>([
    [
      [
        [1, 0, 0],
        [0, 1, 0],
        [1, 1, 0],
      ],
    ],
    [
      [
        [0, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ],
    ],
    [
      [
        [NaN, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ],
    ],
    [
      [
        [3, 0, 0],
        [3, 1e-7, 0],
        [0, 0, 3],
      ],
    ],
  ])("refuse the singular cell %j", (lattice) => {
    expect(() => inverse(lattice)).toThrow(/cell: expected three independent lattice vectors/);
    expect(() => toFractional([[0, 0, 0]], lattice)).toThrow(/independent/);
  });
});
