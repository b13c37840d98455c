import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  assertCrystal,
  formatCrystal,
  parseCrystals,
  supercell,
  type Crystal,
  type CrystalFormat,
} from "../../src/crystal/index.js";
import { fixture } from "./helpers.js";

const rutile: Crystal = {
  latticeMatrix: [[4.59, 0, 0], [0, 4.59, 0], [0, 0, 2.96]],
  fracCoords: [[0, 0, 0], [0.5, 0.5, 0.5], [0.305, 0.305, 0], [0.695, 0.695, 0], [0.195, 0.805, 0.5], [0.805, 0.195, 0.5]],
  atomicNumbers: [22, 22, 8, 8, 8, 8],
}; // prettier-ignore

const samples: [CrystalFormat, string][] = [
  ["cif", fixture("quartz-uncertainties.cif")],
  ["cif", fixture("baddeleyite.cif")],
  ["cif", formatCrystal(supercell(rutile, [2, 1, 1]), "cif")],
  ["poscar", formatCrystal(rutile, "poscar")],
  ["extxyz", formatCrystal(rutile, "extxyz") + formatCrystal(rutile, "extxyz")],
];

/** Words that break readers. */
const poison = ["", " ", "\n", "nan", "-1", "0", "1e308", "1e-308", "9".repeat(20), "'", '"', ";", "#", "loop_", "data_", "_x", "?", "\0", "é", ":", "=", "/", ",", "-x"]; // prettier-ignore

type Change = { readonly at: number; readonly length: number; readonly insert: string };

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.nat(12),
  insert: fc.oneof(fc.constantFrom(...poison), fc.string({ maxLength: 3 })),
});

function mutate(text: string, changes: readonly Change[]): string {
  return changes.reduce((result, { at, length, insert }) => {
    const start = Math.floor(at * result.length);
    return result.slice(0, start) + insert + result.slice(start + length);
  }, text);
}

/** A crystal that passes every check, or an Error that names the file. */
function readOrRefuse(format: CrystalFormat, text: string): void {
  let crystals: Crystal[];
  try {
    crystals = parseCrystals(text, format, "file");
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).message).toMatch(/^file: .*(expected|unknown|not supported)/s);
    return;
  }
  for (const crystal of crystals) {
    assertCrystal(crystal);
    expect(crystal.fracCoords.flat().every((x) => x >= 0 && x < 1)).toBe(true);
  }
}

describe.each(samples)("the reader of %s", (format, text) => {
  it("reads or refuses mutated files", () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        readOrRefuse(format, mutate(text, changes));
      }),
      { numRuns: 600 },
    );
  });

  it("reads or refuses truncated files", () => {
    const step = Math.max(1, Math.floor(text.length / 200));
    for (let length = 0; length < text.length; length += step) readOrRefuse(format, text.slice(0, length));
  });

  it("takes Windows line ends", () => {
    expect(parseCrystals(text.replaceAll("\n", "\r\n"), format)).toEqual(parseCrystals(text, format));
  });
});

it("refuses noise", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc.constantFrom("cif", "poscar", "extxyz"),
      (text, format) => {
        readOrRefuse(format, text);
      },
    ),
    { numRuns: 300 },
  );
});
