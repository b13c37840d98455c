import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  canonicalFrame,
  composition,
  formatCif,
  formula,
  parseCif,
  shortestDistances,
  spaceGroup,
  volume,
  type Crystal,
} from "../../src/crystal/index.js";
import { expectSameCrystal, fixture } from "./helpers.js";
import { turnedCrystal } from "./arbitraries.js";

interface Expected {
  readonly atoms: number;
  readonly volume: number;
  readonly spaceGroup: number;
  /** Sum of pymatgen's distance matrix, whose diagonal is zero. */
  readonly distanceSum: number;
}

const expectations = JSON.parse(fixture("cif-expected.json")) as Record<string, Expected>;

function distanceSum(c: Crystal): number {
  const n = c.atomicNumbers.length;
  return shortestDistances(c).reduce((sum, d, k) => (k % (n + 1) === 0 ? sum : sum + d), 0);
}

describe("parseCif", () => {
  it.each(Object.keys(expectations))("reads %s as pymatgen does", (name) => {
    const c = parseCif(fixture(`${name}.cif`), name);
    const expected = expectations[name];
    expect(c.atomicNumbers.length).toBe(expected.atoms);
    expect(volume(c.latticeMatrix)).toBeCloseTo(expected.volume, 5);
    expect(spaceGroup(c).number).toBe(expected.spaceGroup);
    // The files have eight decimals.
    expect(distanceSum(c)).toBeCloseTo(expected.distanceSum, 2);
  });

  it("reads uncertainties, quotes, text fields, several blocks, elements from labels and rounded special positions", () => {
    const c = parseCif(fixture("quartz-uncertainties.cif"));
    const clean = parseCif(fixture("quartz.cif"));
    expect([...composition(c.atomicNumbers)]).toEqual([...composition(clean.atomicNumbers)]);
    expect(distanceSum(c)).toBeCloseTo(distanceSum(clean), 1);
    expect(spaceGroup(c, 1e-3).number).toBe(154);
  });

  it.each([
    ["corundum.cif", "R-3c:H", 30],
    ["baddeleyite.cif", "P21/c", 12],
    ["quartz.cif", "P 32 2 1", 9],
  ])("takes the operations of %s from the symbol %s where the list is missing", (file, symbol, atoms) => {
    const text = withoutOperations(fixture(file)).replace(/(_symmetry_space_group_name_H-M).*/, `$1 '${symbol}'`);
    const c = parseCif(text);
    expect(c.atomicNumbers.length).toBe(atoms);
    expect(distanceSum(c)).toBeCloseTo(distanceSum(parseCif(fixture(file))), 3);
  });

  it("refuses to choose a setting", () => {
    expect(() => parseCif(withoutOperations(fixture("diamond.cif")), "diamond.cif")).toThrow(
      /diamond\.cif: data_C: expected a list of symmetry operations .* found 2 settings/,
    );
  });

  const simple = formatCif({
    latticeMatrix: [[3, 0, 0], [0, 3, 0], [0, 0, 4]],
    fracCoords: [[0, 0, 0], [0.5, 0.5, 0.5]],
    atomicNumbers: [26, 8],
  }); // prettier-ignore

  it.each([
    ["partial occupancy", /0\.5000000000 {2}1$/m, "0.5 0.7", /site O2: expected full occupancy, found 0.7/],
    ["an unknown element", /Fe1 {2}Fe/, "Xx1 Xx", /site Xx1: unknown element "Xx"/],
    ["a missing coordinate", /0\.5000000000/, "?", /site O2: expected a number for _atom_site_fract_x, found nothing/],
    ["a coordinate that is none", /0\.5000000000/, "half", /site O2: .*"half"/],
    ["no number of the cell", /_cell_length_b .*/, "", /_cell_length_b, found nothing/],
    ["a flat cell", /_cell_angle_gamma .*/, "_cell_angle_gamma 180", /cell: expected/],
    ["NaN", /_cell_length_a .*/, "_cell_length_a nan", /"nan"/],
    ["a cell too large for numbers", /_cell_length_a .*/, "_cell_length_a 1e999", /"1e999"/],
    ["overlapping atoms", /0\.5000000000 {2}0\.5000000000 {2}0\.5000000000/, "0 1 0.01", /atoms 1 and 2.*0\.0400/],
    ["a bad operation", /'x, y, z'/, "'x, y'", /symmetry operation 1: .*"x, y"/],
    ["an operation without inverse", /'x, y, z'/, "'x, x, z'", /symmetry operation 1/],
    ["a repeated tag", /_cell_length_a .*/, "_cell_length_a 3\n_cell_length_a 4", /each tag once/],
    ["an incomplete row", /1\n$/, "\n", /rows of 6 values/],
    ["an open quote", /'x, y, z'/, "'x, y, z", /closing quote/],
    ["an open text field", /_cell_length_a .*/, "_cell_length_a\n;3", /line 5: expected the text field to end/],
    ["an ambiguous label", /_atom_site_type_symbol\n|(?<=Fe1) {2}Fe|(?<=O2) {2}O/g, "", undefined],
  ])("handles %s", (_, find, replacement, message) => {
    const text = simple.replace(find, replacement);
    expect(text).not.toBe(simple);
    if (message) expect(() => parseCif(text, "x.cif")).toThrow(message);
    else expect(formula(parseCif(text).atomicNumbers)).toBe("FeO");
  });

  it("does not guess whether CA1 is calcium or carbon", () => {
    const bare = simple.replace(/_atom_site_type_symbol\n|(?<=Fe1) {2}Fe|(?<=O2) {2}O/g, "");
    expect(() => parseCif(bare.replace("Fe1", "CA1"))).toThrow(/site CA1: expected _atom_site_type_symbol/);
    expect(formula(parseCif(bare.replace("Fe1", "Ca1")).atomicNumbers)).toBe("CaO");
    expect(() => parseCif(bare.replace("Fe1", "Wat1"))).toThrow(/site Wat1/);
  });

  it("refuses two structures and none", () => {
    expect(() => parseCif(simple + simple, "x.cif")).toThrow(/expected one data block .* data_FeO, data_FeO/);
    expect(() => parseCif("", "x.cif")).toThrow(/x\.cif: expected one data block .* found none/);
  });
});

describe("formatCif", () => {
  it("is read back as the same crystal", () => {
    fc.assert(fc.property(turnedCrystal, (c) => expectSameCrystal(parseCif(formatCif(c)), canonicalFrame(c), 1e-6)));
  });

  it("takes any title and comment", () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (title, comments) => {
        const c = { latticeMatrix: [[3, 0, 0], [0, 3, 0], [0, 0, 4]], fracCoords: [[0, 0, 0]], atomicNumbers: [26] } as const; // prettier-ignore
        expect(parseCif(formatCif(c, { title, comments })).atomicNumbers).toEqual([26]);
      }),
    );
  });
});

function withoutOperations(text: string): string {
  return text.replace(/loop_\n _symmetry_equiv[^]*?(?=loop_)/, "");
}
