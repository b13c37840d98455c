import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  assertCrystal,
  formula,
  permuteAtoms,
  rotate,
  scaleVolume,
  spaceGroup,
  supercell,
  volume,
  type Matrix3,
} from "../../src/crystal/index.js";
import { determinant } from "../../src/crystal/vectors.js";
import { crystal } from "./arbitraries.js";

const whole: fc.Arbitrary<Matrix3> = fc
  .tuple(...Array.from({ length: 9 }, () => fc.integer({ min: -2, max: 2 })))
  .map(([a, b, c, d, e, f, g, h, i]): Matrix3 => [
    [a, b, c],
    [d, e, f],
    [g, h, i],
  ])
  .filter((m) => determinant(m) !== 0);

describe("supercell", () => {
  it("has |det| copies of everything, without overlaps", () => {
    fc.assert(
      fc.property(crystal, whole, (c, repeats) => {
        const copies = Math.abs(determinant(repeats));
        const larger = assertCrystal(supercell(c, repeats));
        expect(larger.atomicNumbers.length).toBe(copies * c.atomicNumbers.length);
        expect(volume(larger.latticeMatrix)).toBeCloseTo(copies * volume(c.latticeMatrix), 6);
        expect(formula(larger.atomicNumbers)).toBe(formula(c.atomicNumbers));
      }),
    );
  });

  it("keeps the space group", () => {
    const nacl = { latticeMatrix: [[0, 2.8, 2.8], [2.8, 0, 2.8], [2.8, 2.8, 0]], fracCoords: [[0, 0, 0], [0.5, 0.5, 0.5]], atomicNumbers: [11, 17] } as const; // prettier-ignore
    expect(spaceGroup(supercell(nacl, [2, 3, 1])).number).toBe(225);
    expect(spaceGroup(supercell(nacl, [[-1, 1, 1], [1, -1, 1], [1, 1, -1]])).pearsonSymbol).toBe("cF8"); // prettier-ignore
  });

  it.each<[Parameters<typeof supercell>[1]]>([[[0, 1, 1]], [[1.5, 1, 1]], [[NaN, 1, 1]], [[[1, 0, 0], [1, 0, 0], [0, 0, 1]]]])("refuses %j", (repeats) => {
    const [c] = fc.sample(crystal, 1);
    expect(() => supercell(c, repeats)).toThrow(/supercell: expected whole numbers/);
  }); // prettier-ignore
});

describe("other maps", () => {
  const [c] = fc.sample(crystal, { numRuns: 1, seed: 5 });

  it("refuse what is no map of that kind", () => {
    expect(() => rotate(c, [[1, 0, 0], [0, 2, 0], [0, 0, 1]])).toThrow(/orthogonal/); // prettier-ignore
    expect(() => scaleVolume(c, 0)).toThrow(/factor/);
    expect(() => scaleVolume(c, NaN)).toThrow(/factor/);
    expect(() => permuteAtoms(c, [...c.atomicNumbers.keys(), 0])).toThrow(/permutation/);
    expect(() => permuteAtoms(c, c.atomicNumbers.map(() => 7))).toThrow(/permutation/); // prettier-ignore
  });
});
