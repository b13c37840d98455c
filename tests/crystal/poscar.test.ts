import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalFrame, formatPoscar, parsePoscar, volume } from "../../src/crystal/index.js";
import { expectSameCrystal } from "./helpers.js";
import { turnedCrystal } from "./arbitraries.js";

const text = `Rock salt
2.0
0 1.41 1.41
1.41 0 1.41
1.41 1.41 0
Na_pv Cl/9f3a
1 1
Selective dynamics
Cartesian
0 0 0 T T T
1.41 1.41 1.41 F F F Cl

0 0 0
0 0 0
`;

describe("parsePoscar", () => {
  it("reads scaling, selective dynamics, Cartesian coordinates and names of potentials", () => {
    const c = parsePoscar(text);
    expect(c.atomicNumbers).toEqual([11, 17]);
    expect(c.latticeMatrix[0]).toEqual([0, 2.82, 2.82]);
    c.fracCoords[1].forEach((x) => expect(x).toBeCloseTo(0.5, 12));
  });

  it("takes a negative scaling as the volume and three as one for each axis", () => {
    const fixed = parsePoscar(text.replace("2.0", "-40"));
    expect(volume(fixed.latticeMatrix)).toBeCloseTo(40, 10);
    fixed.fracCoords[1].forEach((x) => expect(x).toBeCloseTo(0.5, 12));
    expect(parsePoscar(text.replace("2.0", "2 2 3")).latticeMatrix[0]).toEqual([0, 2.82, 4.2299999999999995]);
  });

  it.each([
    ["Na_pv Cl/9f3a\n", "", /p: lines 6 and 7: expected element symbols \(VASP 5\), found "1 1"/],
    ["Na_pv", "Qq", /lines 6 and 7: unknown element "Qq"/],
    ["\n1 1\n", "\n1\n", /expected 2 counts of atoms, found "1"/],
    ["\n1 1\n", "\n1 -1\n", /expected 2 counts/],
    ["\n1 1\n", "\n1 9\n", /line 12: expected three numbers, found nothing/],
    ["\n2.0\n", "\n0\n", /line 2: expected one scaling factor/],
    ["\n2.0\n", "\nNaN\n", /line 2: expected a scaling factor, found "NaN"/],
    ["Cartesian", "0 0 0", /line 9: expected Direct or Cartesian, found "0"/],
    ["1.41 1.41 0\n", "1.41 1.41 x\n", /line 5: expected three numbers, found "x"/],
    ["1.41 1.41 0\n", "1.41 1.41 2.82\n", /cell: expected three independent/],
    ["1.41 1.41 1.41 F", "0 0 1e-2 F", /atoms 1 and 2: expected at least 0.1 Angstrom/],
    ["1.41 1.41 1.41 F", "1e400 1.41 1.41 F", /line 11: expected three numbers, found "1e400"/],
  ])("refuses %j -> %j", (find, replacement, message) => {
    expect(() => parsePoscar(text.replace(find, replacement), "p")).toThrow(message);
  });
});

describe("formatPoscar", () => {
  it("is read back as the same crystal, whatever the title", () => {
    fc.assert(
      fc.property(turnedCrystal, fc.string(), (c, title) => {
        expectSameCrystal(parsePoscar(formatPoscar(c, { title })), c, 1e-10);
      }),
    );
  });

  it("can bring the atoms of an element together", () => {
    fc.assert(
      fc.property(turnedCrystal, (c) => {
        const grouped = parsePoscar(formatPoscar(canonicalFrame(c), { groupElements: true })).atomicNumbers;
        const runs = grouped.filter((z, k) => z !== grouped[k - 1]);
        expect(new Set(runs).size).toBe(runs.length);
        expect([...grouped].sort()).toEqual([...c.atomicNumbers].sort());
      }),
    );
  });
});
