import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Crystal } from "../../src/crystal/crystal.js";
import { isStrictlyValid, isStructurallyValid, volumeRange } from "../../src/evaluate/index.js";
import { anyCrystal, anyRedescription, cubic, fixtureRecords, rockSalt } from "./support.js";

describe("structural validity", () => {
  it("turns at 0.5 Angstrom between two atoms", () => {
    const pair = (distance: number) =>
      cubic(
        4,
        [
          [0, 0, 0],
          [distance / 4, 0, 0],
        ],
        [11, 17],
      );
    expect(isStructurallyValid(pair(0.49))).toBe(false);
    expect(isStructurallyValid(pair(0.51))).toBe(true);
  });

  it("counts an atom's own images and distances across the boundary", () => {
    const thin: Crystal = {
      ...cubic(4, [[0, 0, 0]], [11]),
      latticeMatrix: [
        [0.4, 0, 0],
        [0, 9, 0],
        [0, 0, 9],
      ],
    };
    expect(isStructurallyValid(thin)).toBe(false);
    expect(
      isStructurallyValid(
        cubic(
          4,
          [
            [0.02, 0, 0],
            [0.97, 0, 0],
          ],
          [11, 17],
        ),
      ),
    ).toBe(false);
    // The same lattice as `thin`, told by long vectors.
    const skewed: Crystal = {
      ...thin,
      latticeMatrix: [
        [8, 9, 0],
        [8.4, 9, 0],
        [0, 0, 9],
      ],
    };
    expect(isStructurallyValid(skewed)).toBe(false);
  });

  it.each([
    [
      "a flat cell",
      {
        latticeMatrix: [
          [3, 0, 0],
          [0, 3, 0],
          [3, 3, 0],
        ],
      },
    ],
    [
      "a cell of NaN",
      {
        latticeMatrix: [
          [NaN, 0, 0],
          [0, 3, 0],
          [0, 0, 3],
        ],
      },
    ],
    ["an infinite coordinate", { fracCoords: [[Infinity, 0, 0]] }],
    ["no atoms", { fracCoords: [], atomicNumbers: [] }],
  ] as [string, Partial<Crystal>][])("is false, not an error, for %s", (_, change) => {
    expect(isStructurallyValid({ ...cubic(3, [[0, 0, 0]], [11]), ...change })).toBe(false);
  });

  it("does not depend on how a crystal is described", () => {
    const volumes = [5, 30] as const;
    const tight = anyCrystal.map((crystal) => ({
      ...crystal,
      fracCoords: crystal.fracCoords.map((x) => x.map((v) => Math.round(v * 6) / 6) as [number, number, number]),
    }));
    fc.assert(
      fc.property(tight, anyRedescription, (crystal, redescribe) => {
        const other = redescribe(crystal);
        expect(isStructurallyValid(other)).toBe(isStructurallyValid(crystal));
        expect(isStrictlyValid(other, volumes)).toBe(isStrictlyValid(crystal, volumes));
      }),
      { numRuns: 60 },
    );
  });
});

describe("strict validity", () => {
  const anyVolume = [0, Infinity] as const;

  it("turns at 0.7 times the sum of the covalent radii (Na 1.66, Cl 1.02 Angstrom)", () => {
    const shortest = 0.7 * (1.66 + 1.02);
    expect(isStrictlyValid(rockSalt(2 * 1.01 * shortest, 11, 17), anyVolume)).toBe(true);
    expect(isStrictlyValid(rockSalt(2 * 0.99 * shortest, 11, 17), anyVolume)).toBe(false);
  });

  it("holds the volume per atom to the training set's range", () => {
    const salt = rockSalt(5.64, 11, 17);
    const perAtom = 5.64 ** 3 / 8;
    expect(isStrictlyValid(salt, [perAtom - 0.1, perAtom + 0.1])).toBe(true);
    expect(isStrictlyValid(salt, [perAtom + 0.1, perAtom + 1])).toBe(false);
    expect(isStrictlyValid(salt, [1, perAtom - 0.1])).toBe(false);
  });

  it("holds for relaxed DFT crystals in their own volume range", () => {
    const records = fixtureRecords();
    const range = volumeRange(records);
    const failed = records.filter(({ crystal }) => !isStrictlyValid(crystal, range)).map(({ id }) => id);
    expect(failed).toEqual([]);
  });

  it("needs records for a range", () => {
    expect(() => volumeRange([])).toThrow(/at least one record, found none/);
  });
});
