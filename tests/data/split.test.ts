import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Dataset, openDataset, seededSplit, splitOfFormula, type DosRecord } from "../../src/data/index.js";
import { fixtureRecords } from "./helpers.js";

describe("the fixed split", () => {
  it("golden: computed with Python's hashlib", () => {
    expect(
      Object.fromEntries(["ClNa", "MgO", "Cu", "Si", "AgB2", "SZn", "KTaTe"].map((f) => [f, splitOfFormula(f)])),
    ).toEqual({
      ClNa: "train",
      MgO: "reserved",
      Cu: "validation",
      Si: "train",
      AgB2: "train",
      SZn: "train",
      KTaTe: "train",
    });
  });

  it("the bundled data set has no reserved formula, and no formula on two sides", async () => {
    const { train, validation, test } = (await openDataset("datasets/pbe-prototypes")).split();
    const sides = [train, validation, test].map((side) => new Set(side.formulas));
    for (const a of sides) for (const b of sides) if (a !== b) expect([...a].filter((f) => b.has(f))).toEqual([]);
    expect(sides.every((side) => side.size > 10)).toBe(true);
  });

  it("throws on a reserved formula and says what to do", async () => {
    const [record] = await fixtureRecords();
    const reserved = Dataset.fromRecords([{ ...record, formula: "MgO" } satisfies DosRecord]);
    expect(() => reserved.split()).toThrow(/MgO belongs to the reserved twentieth.*by: "composition"/);
  });
});

describe("the seeded split", () => {
  const formulas = Array.from({ length: 4000 }, (_, i) => `A${i}B`);

  it("has about the asked shares and depends on the seed", () => {
    const side = seededSplit({ by: "composition", seed: 1, fractions: { validation: 0.1, test: 0.3 } });
    const test = formulas.filter((f) => side(f) === "test");
    expect(Math.abs(test.length / 4000 - 0.3)).toBeLessThan(0.03);
    const other = seededSplit({ by: "composition", seed: 2, fractions: { validation: 0.1, test: 0.3 } });
    expect(formulas.filter((f) => side(f) !== other(f)).length).toBeGreaterThan(1000);
  });

  it("refuses shares that leave nothing", () => {
    const bad = fc.tuple(fc.double({ min: 0.5, max: 2, noNaN: true }), fc.double({ min: 0.5, max: 2, noNaN: true }));
    fc.assert(
      fc.property(bad, ([validation, test]) => {
        expect(() => seededSplit({ by: "composition", seed: 0, fractions: { validation, test } })).toThrow(
          /sum to less than 1/,
        );
      }),
    );
    expect(() => seededSplit({ by: "composition", seed: 0.5 })).toThrow(/whole number, got 0.5/);
  });
});
