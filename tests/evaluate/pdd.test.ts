import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Vector3 } from "../../src/crystal/crystal.js";
import { scaleVolume, supercell } from "../../src/crystal/index.js";
import { amdDistance, isSameStructure, pddDistance, pointwiseDistances } from "../../src/evaluate/index.js";
import { anyCrystal, anyRedescription, cubic, fixtureRecords, rockSalt } from "./support.js";

const invariant = (crystal: Parameters<typeof pointwiseDistances>[0]) =>
  pointwiseDistances(crystal, { neighbours: 30 });

describe("pointwise distance distributions", () => {
  it("list the shells of simple cubic: 6 at a, 12 at sqrt 2 a, 8 at sqrt 3 a", () => {
    const crystal = cubic(3, [[0.2, 0.3, 0.4]], [84]);
    const [row] = pointwiseDistances(crystal, { neighbours: 26, normalize: false }).rows.get(84)!;
    const shells = [3, 3 * Math.SQRT2, 3 * Math.sqrt(3)].flatMap((d, i) => Array<number>([6, 12, 8][i]).fill(d));
    expect(row).toHaveLength(26);
    row.forEach((distance, i) => expect(distance).toBeCloseTo(shells[i], 9));
  });

  it("of crystals that share only some elements are infinitely apart, whatever the rounding of their neighbours", () => {
    const eight = (atomicNumbers: number[]) =>
      pointwiseDistances(cubic(6, atomicNumbers.map((_, i): Vector3 => [(i & 1) / 2, (i & 2) / 4, (i & 4) / 8]), atomicNumbers)); // prettier-ignore
    // 38 + 38 + 13 + 13 neighbours against 38 + 25 + 25 + 13.
    const [a, b] = [eight([3, 3, 3, 4, 4, 4, 5, 6]), eight([3, 3, 3, 4, 4, 5, 5, 6])];
    expect([pddDistance(a, b), amdDistance(a, b)]).toEqual([Infinity, Infinity]);
  });

  it("list neighbours by element: in rock salt 12 of one's own at a/sqrt 2, then 6 others at a/2 and 8 further", () => {
    const [row] = pointwiseDistances(rockSalt(5, 11, 17), { neighbours: 24, normalize: false }).rows.get(11)!;
    expect([...row.subarray(0, 12)].every((d) => Math.abs(d - 5 / Math.SQRT2) < 1e-9)).toBe(true);
    expect([...row.subarray(12, 18)].every((d) => Math.abs(d - 2.5) < 1e-9)).toBe(true);
    expect(row[18]).toBeCloseTo(2.5 * Math.sqrt(3), 9);
  });

  it("do not depend on how a crystal is described", () => {
    fc.assert(
      fc.property(anyCrystal, anyRedescription, (crystal, redescribe) => {
        expect(pddDistance(invariant(crystal), invariant(redescribe(crystal)))).toBeLessThan(1e-6);
      }),
      { numRuns: 40 },
    );
  });

  it("are the same for a supercell", () => {
    fc.assert(
      fc.property(anyCrystal, fc.constantFrom<Vector3>([2, 1, 1], [1, 3, 1], [1, 2, 2]), (crystal, repeats) => {
        expect(pddDistance(invariant(crystal), invariant(supercell(crystal, repeats)))).toBeLessThan(1e-6);
      }),
      { numRuns: 20 },
    );
  });

  it("forget a uniform scaling only when normalised", () => {
    fc.assert(
      fc.property(anyCrystal, (crystal) => {
        const larger = scaleVolume(crystal, 1.3);
        expect(pddDistance(invariant(crystal), invariant(larger))).toBeLessThan(1e-6);
        const [a, b] = [crystal, larger].map((c) => pointwiseDistances(c, { neighbours: 30, normalize: false }));
        expect(pddDistance(a, b)).toBeGreaterThan(0.1);
      }),
      { numRuns: 20 },
    );
  });

  it("change by at most twice the displacement, and the AMD distance by no more than that", () => {
    const shift = fc.double({ min: -0.05, max: 0.05, noNaN: true });
    fc.assert(
      fc.property(
        anyCrystal,
        fc.array(fc.tuple(shift, shift, shift), { minLength: 5, maxLength: 5 }),
        (crystal, moves) => {
          const fracCoords = crystal.fracCoords.map(([x, y, z], i): Vector3 => {
            const [a, b, c] = crystal.latticeMatrix;
            // Along the axes' directions, so the displacement is at most the sum of the three lengths.
            return [
              x + moves[i][0] / Math.hypot(...a),
              y + moves[i][1] / Math.hypot(...b),
              z + moves[i][2] / Math.hypot(...c),
            ];
          });
          const [before, after] = [crystal, { ...crystal, fracCoords }].map((c) =>
            pointwiseDistances(c, { neighbours: 30, normalize: false }),
          );
          const largest = Math.max(...moves.map((move) => move.reduce((sum, step) => sum + Math.abs(step), 0)));
          const distance = pddDistance(before, after);
          expect(distance).toBeLessThanOrEqual(2 * largest + 1e-9);
          expect(amdDistance(before, after)).toBeLessThanOrEqual(distance + 1e-9);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("are symmetric and keep the triangle inequality", () => {
    const sameFormula = anyCrystal
      .filter(({ atomicNumbers }) => new Set(atomicNumbers).size === 1)
      .map((crystal) => ({
        ...crystal,
        atomicNumbers: crystal.atomicNumbers.map(() => 11),
      }));
    fc.assert(
      fc.property(sameFormula, sameFormula, sameFormula, (a, b, c) => {
        const [p, q, r] = [a, b, c].map(invariant);
        expect(pddDistance(p, q)).toBeCloseTo(pddDistance(q, p), 9);
        expect(pddDistance(p, r)).toBeLessThanOrEqual(pddDistance(p, q) + pddDistance(q, r) + 1e-6);
      }),
      { numRuns: 20 },
    );
  });

  it("are infinitely far apart when the compositions differ", () => {
    const [salt, other] = [rockSalt(5, 11, 17), rockSalt(5, 19, 17)].map(invariant);
    expect(pddDistance(salt, other)).toBe(Infinity);
    expect(amdDistance(salt, other)).toBe(Infinity);
  });

  it("refuse a flat cell and an empty crystal", () => {
    const flat = {
      ...cubic(3, [[0, 0, 0]], [11]),
      latticeMatrix: [
        [3, 0, 0],
        [0, 3, 0],
        [3, 3, 0],
      ] as const,
    };
    expect(() => pointwiseDistances(flat)).toThrow(/cell/);
    expect(() => pointwiseDistances(cubic(3, [], []))).toThrow(/at least one atom, found none/);
  });
});

describe("PDDs with unequal numbers of neighbours", () => {
  it("are refused", () => {
    const [few, many] = [10, 20].map((neighbours) => pointwiseDistances(rockSalt(5, 11, 17), { neighbours }));
    expect(() => pddDistance(few, many)).toThrow(/equal numbers of neighbours, found 10 and 20/);
  });
});

describe("the same structure", () => {
  const records = new Map(fixtureRecords().map((record) => [record.id, record.crystal]));

  it.each([
    ["fcc-Fe", "hcp-Fe"],
    ["cscl-PbNi", "l10-PbNi"],
    ["halfheusler-CaReSi", "halfheusler-ReCaSi"],
    ["halfheusler-GaLiAl", "halfheusler-LiGaAl"],
  ])("%s is not %s", (first, second) => {
    expect(isSameStructure(records.get(first)!, records.get(second)!)).toBe(false);
  });

  it("holds for every relaxed crystal, strained by 1% and otherwise described", () => {
    fc.assert(
      fc.property(fc.constantFrom(...records.values()), anyRedescription, (crystal, redescribe) => {
        const [a, b, c] = crystal.latticeMatrix;
        const stretch = ([x, y, z]: Vector3): Vector3 => [1.01 * x, y, 0.995 * z];
        const strained = { ...crystal, latticeMatrix: [stretch(a), stretch(b), stretch(c)] as const };
        expect(isSameStructure(crystal, redescribe(strained))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});
