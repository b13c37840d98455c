import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatExtxyz, parseExtxyz } from "../../src/crystal/index.js";
import { expectSameCrystal } from "./helpers.js";
import { turnedCrystal } from "./arbitraries.js";

const lattice = 'Lattice="3 0 0 0 3 0 0 0 4"';
const text = `2
${lattice} Properties=forces:R:3:Z:I:1:pos:R:3 energy=-1.5 name='rock salt' converged pbc="T T T"
0 0 0 26 0 0 0
0.1 0.2 0.3 8 1.5 1.5 2
`;

describe("parseExtxyz", () => {
  it("reads any order of columns, atomic numbers and the pairs of the comment", () => {
    const [{ crystal, info }] = parseExtxyz(text);
    expect(crystal.atomicNumbers).toEqual([26, 8]);
    expect(crystal.fracCoords[1]).toEqual([0.5, 0.5, 0.5]);
    expect(info).toEqual({ energy: "-1.5", name: "rock salt", converged: "T" });
  });

  it.each([
    ["2\n", "3\n", /x: line 1: expected 3 atoms, found the end of the file after 2/],
    ["2\n", "two\n", /line 1: expected the number of atoms, found "two"/],
    [lattice, "", /frame 1: Lattice: expected nine numbers, found ""/],
    ["0 0 4", "0 0 nan", /Lattice: expected nine numbers, found "nan"/],
    ["0 0 4", "0 0 0", /frame 1: cell: expected three independent/],
    ['"T T T"', '"T T F"', /pbc: expected a crystal/],
    [":pos:R:3", "", /Properties: expected species/],
    ["26 0 0 0", "126 0 0 0", /expected an integer 1-118, found 126/],
    ["26 0 0 0", "26 0 0", /line 3: expected three coordinates, found nothing/],
    ["1.5 1.5 2", "0 3 4.05", /atoms 1 and 2/],
  ])("refuses %j -> %j", (find, replacement, message) => {
    expect(() => parseExtxyz(text.replace(find, replacement), "x")).toThrow(message);
  });
});

describe("formatExtxyz", () => {
  it("is read back as the same crystals with the same pairs", () => {
    fc.assert(
      fc.property(
        fc.array(turnedCrystal, { minLength: 1, maxLength: 3 }),
        fc.double({ noNaN: true }),
        (crystals, x) => {
          const frames = parseExtxyz(formatExtxyz(crystals, [{ x, note: "a = b", ok: true }]));
          expect(frames.length).toBe(crystals.length);
          frames.forEach(({ crystal }, k) => expectSameCrystal(crystal, crystals[k], 1e-10));
          expect(frames[0].info).toEqual({ x: String(x), note: "a = b", ok: "T" });
        },
      ),
    );
  });

  it("refuses keys and values that the format cannot hold", () => {
    const [c] = fc.sample(turnedCrystal, 1);
    const bad: Record<string, string | number>[] = [
      { "a b": 1 },
      { Lattice: "x" },
      { a: 'say "x"' },
      { a: "two\nlines" },
    ];
    for (const info of bad) {
      expect(() => formatExtxyz([c], [info])).toThrow(/plain key and value/);
    }
  });
});
