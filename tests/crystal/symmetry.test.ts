import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  atSymmetricOrigin,
  parseCif,
  primitiveCell,
  rotate,
  shortestDistances,
  spaceGroup,
  standardCell,
  supercell,
  symmetrise,
  translate,
  volume,
  type Crystal,
  type Vector3,
} from "../../src/crystal/index.js";
import { fixture } from "./helpers.js";
import { crystal, orthogonal, vector } from "./arbitraries.js";

const known: [string, number][] = [
  ["quartz", 154],
  ["anatase", 141],
  ["corundum", 167],
  ["diamond", 227],
  ["baddeleyite", 14],
];

/** Unbiased: tiny noise would leave the symmetry as it is. */
const noise = fc.noBias(fc.infiniteStream(fc.integer({ min: -1000, max: 1000 }).map((n) => n / 1000)));

function shaken(c: Crystal, amount: number, numbers: Iterator<number>): Crystal {
  const shake = (v: Vector3, by: number): Vector3 => [
    v[0] + by * numbers.next().value,
    v[1] + by * numbers.next().value,
    v[2] + by * numbers.next().value,
  ];
  const [a, b, d] = c.latticeMatrix;
  return {
    latticeMatrix: [shake(a, amount), shake(b, amount), shake(d, amount)],
    fracCoords: c.fracCoords.map((x) => shake(x, amount / 5)),
    atomicNumbers: c.atomicNumbers,
  };
}

describe.each(known)("%s", (name, number) => {
  const ideal = parseCif(fixture(`${name}.cif`));

  it("keeps its space group under O(3) and translation; a mirror only swaps enantiomorphs", () => {
    fc.assert(
      fc.property(orthogonal, vector(-1, 1), (q, shift) => {
        const allowed = number === 154 ? [152, 154] : [number];
        expect(allowed).toContain(spaceGroup(translate(rotate(ideal, q), shift)).number);
      }),
      { numRuns: 10 },
    );
  });

  it("is restored from noise: exactly symmetric, hardly moved, same order of atoms", () => {
    fc.assert(
      fc.property(orthogonal, noise, (q, numbers) => {
        const rough = shaken(rotate(ideal, q), 0.01, numbers[Symbol.iterator]());
        expect(spaceGroup(rough, 1e-4).number).toBeLessThan(number);
        const restored = symmetrise(rough, 0.1);
        expect(spaceGroup(restored, 1e-5).number).toBe(spaceGroup(rough, 0.1).number);
        expect([number, 152]).toContain(spaceGroup(restored, 1e-5).number);
        const before = shortestDistances(rough);
        shortestDistances(restored).forEach((d, k) => expect(Math.abs(d - before[k])).toBeLessThan(0.1));
        restored.latticeMatrix.flat().forEach((x, k) => {
          expect(Math.abs(x - rough.latticeMatrix.flat()[k])).toBeLessThan(0.05);
        });
      }),
      { numRuns: 5 },
    );
  });

  it("has a primitive cell no larger than its standard cell, with the same space group", () => {
    const rough = supercell(ideal, [1, 2, 1]);
    const primitive = primitiveCell(rough);
    const standard = standardCell(rough);
    const ratio = volume(standard.latticeMatrix) / volume(primitive.latticeMatrix);
    expect([1, 2, 3, 4].some((n) => Math.abs(n - ratio) < 1e-6)).toBe(true);
    expect([primitive, standard].map((c) => spaceGroup(c, 1e-5).number)).toEqual([number, number]);
  });
});

describe("spaceGroup", () => {
  it("describes diamond", () => {
    const group = spaceGroup(parseCif(fixture("diamond.cif")));
    expect(group).toMatchObject({ number: 227, symbol: "F d -3 m", pearsonSymbol: "cF8" });
    expect(new Set(group.wyckoffLetters).size).toBe(1);
  });

  it("finds some group for any crystal, or says why not", () => {
    fc.assert(
      fc.property(crystal, (c) => {
        const { number } = spaceGroup(c, 1e-3);
        expect(number >= 1 && number <= 230).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it("refuses bad tolerances and what is no crystal", () => {
    const diamond = parseCif(fixture("diamond.cif"));
    expect(() => spaceGroup(diamond, 0)).toThrow(/tolerance/);
    expect(() => spaceGroup(diamond, NaN)).toThrow(/tolerance/);
    expect(() => spaceGroup({ ...diamond, fracCoords: diamond.fracCoords.slice(1) })).toThrow(/as many coordinates/);
    expect(() => spaceGroup({ ...diamond, fracCoords: diamond.fracCoords.map(() => [0, 0, 0]) })).toThrow(
      /atoms 1 and 2/,
    );
  });
});

describe("atSymmetricOrigin", () => {
  const perovskite: Crystal = {
    latticeMatrix: [
      [4, 0, 0],
      [0, 4, 0],
      [0, 0, 4],
    ],
    fracCoords: [
      [0.5, 0.5, 0],
      [0.5, 0, 0.5],
      [0, 0.5, 0.5],
      [0, 0, 0],
      [0.5, 0.5, 0.5],
    ],
    atomicNumbers: [8, 8, 8, 20, 22],
  };

  it("puts an atom of the highest site symmetry at the origin, wherever the crystal was, and moves it as a whole", () => {
    fc.assert(
      fc.property(vector(-2, 2), (shift) => {
        const moved = atSymmetricOrigin(translate(perovskite, shift));
        const atOrigin = moved.fracCoords.findIndex((x) => x.every((c) => Math.abs(c - Math.round(c)) < 1e-6));
        // Oxygen has 16 operations, calcium and titanium all 48.
        expect([20, 22]).toContain(moved.atomicNumbers[atOrigin]);
        const [before, after] = [perovskite, moved].map((c) => shortestDistances(c));
        after.forEach((distance, i) => expect(distance).toBeCloseTo(before[i], 5));
      }),
      { numRuns: 30 },
    );
  });
});
