import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseFormula } from "../../src/crystal/index.js";
import { isChargeNeutral } from "../../src/evaluate/index.js";

const atoms = (formula: string) => [...parseFormula(formula)].flatMap(([z, count]) => Array<number>(count).fill(z));

describe("composition validity by SMACT's rule", () => {
  it.each(["NaCl", "MgO", "TiO2", "Al2O3", "SrTiO3", "GaAs", "CaF2", "Fe2O3", "NaFeO2", "BaZrS3"])(
    "%s is valid",
    (f) => {
      expect(isChargeNeutral(atoms(f))).toBe(true);
    },
  );

  it.each([
    ["NaCl2", "not neutral with sodium at +1"],
    ["MgO3", "not neutral"],
    ["Al2O7", "not neutral"],
    ["KF2", "not neutral"],
    ["Fe3O4", "neutral only with iron in two states"],
    ["HeNe", "no oxidation states"],
    ["SH4", "neutral only with sulphur positive, though it is the more electronegative"],
    ["B2SiO", "neutral only with silicon negative beside oxygen, though boron is the more electronegative"],
    ["BNP3", "neutral only with one of two cations the more electronegative"],
    ["BSi", "neutral only with boron positive, though it is the more electronegative"],
  ])("%s is invalid (%s)", (f) => {
    expect(isChargeNeutral(atoms(f))).toBe(false);
  });

  it.each(["Cu3Au", "TiAl", "PbNi3", "NiGe", "CuZnSb"])("%s is valid as an alloy", (f) => {
    expect(isChargeNeutral(atoms(f))).toBe(true);
  });

  it.each(["Si", "O2", "Xe", "Fe"])("%s is valid as an element", (f) => {
    expect(isChargeNeutral(atoms(f))).toBe(true);
  });

  it("looks at proportions only", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 94 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 2, max: 4 }),
        (list, times) => {
          const repeated = Array.from({ length: times }, () => list)
            .flat()
            .sort();
          expect(isChargeNeutral(repeated)).toBe(isChargeNeutral(list));
        },
      ),
    );
  });
});
