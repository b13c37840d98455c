import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  UnknownElementError,
  atomicNumber,
  composition,
  covalentRadius,
  electronegativity,
  elementCount,
  elementData,
  elementSymbol,
  formula,
  oxidationStates,
  parseFormula,
} from "../../src/crystal/index.js";

const atomicNumbers = fc.integer({ min: 1, max: elementCount });

describe("elements", () => {
  it("have 118 different symbols, there and back", () => {
    expect(elementCount).toBe(118);
    for (let z = 1; z <= elementCount; z++) expect(atomicNumber(elementSymbol(z))).toBe(z);
  });

  it("hold known values", () => {
    expect([covalentRadius(1), covalentRadius(8), covalentRadius(14), covalentRadius(79)]).toEqual([
      0.31, 0.66, 1.11, 1.36,
    ]);
    expect([electronegativity(9), electronegativity(55), electronegativity(18)]).toEqual([3.98, 0.79, undefined]);
    expect(elementData(26)).toMatchObject({ symbol: "Fe", group: 8, period: 4 });
    expect(elementData(64)).toMatchObject({ symbol: "Gd", group: null, period: 6 });
    expect(oxidationStates(8)).toEqual([-2, -1]);
    expect(oxidationStates(8, "smact14")).toEqual([-2, -1, 1, 2]);
    expect(oxidationStates(2)).toEqual([]);
  });

  it("have a radius up to curium", () => {
    for (let z = 1; z <= 96; z++) expect(covalentRadius(z)).toBeGreaterThan(0.2);
    expect(covalentRadius(97)).toBeUndefined();
  });

  it.each(["Xx", "al", "AL", "", "constructor", "Al "])("refuse the symbol %j", (symbol) => {
    expect(() => atomicNumber(symbol)).toThrow(UnknownElementError);
  });

  it.each([0, -1, 119, 1.5, NaN])("refuse the atomic number %s", (z) => {
    expect(() => elementSymbol(z)).toThrow(UnknownElementError);
  });
});

describe("formula", () => {
  it.each([
    [[28, 13, 28, 28], "AlNi3"],
    [[13, 13, 8, 8, 8], "Al2O3"],
    [[6, 6], "C"],
    [[11, 17, 11, 17], "ClNa"],
  ])("of %j is %s", (zs, expected) => expect(formula(zs)).toBe(expected));

  it("does not depend on order or size of the cell", () => {
    fc.assert(
      fc.property(fc.array(atomicNumbers, { minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 4 }), (zs, n) => {
        const larger = Array.from({ length: n }, () => [...zs].reverse()).flat();
        expect(formula(larger)).toBe(formula(zs));
      }),
    );
  });

  it("comes back from parseFormula up to its common divisor", () => {
    fc.assert(
      fc.property(fc.array(atomicNumbers, { minLength: 1, maxLength: 12 }), (zs) => {
        const parsed = parseFormula(formula(zs));
        const counts = composition(zs);
        const ratio = counts.get(zs[0])! / parsed.get(zs[0])!;
        expect([...parsed].map(([z, n]) => [z, n * ratio])).toEqual([...counts]);
      }),
    );
  });

  it("is read with brackets, unreduced", () => {
    expect([...parseFormula("Ca(OH)2")]).toEqual([
      [20, 1],
      [1, 2],
      [8, 2],
    ]);
    expect(parseFormula("Al4O6").get(13)).toBe(4);
    expect(parseFormula("Fe(C(N)2)3O").get(7)).toBe(6);
  });

  it.each(["", "al2", "Al2O3 ", "Al0", "Al1.5", "(Al", "Al)", "()2x", "2Al", "Al9999999", "Qq2", "Al-O"])(
    "%j is refused",
    (text) => expect(() => parseFormula(text)).toThrow(Error),
  );

  it("is read or refused for any text, never with a wrong count", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("A", "l", "O", "2", "0", "(", ")", "H", "e", " ") }), (text) => {
        let parsed: Map<number, number>;
        try {
          parsed = parseFormula(text);
        } catch (error) {
          expect((error as Error).message).toMatch(/formula|element/);
          return;
        }
        for (const n of parsed.values()) expect(Number.isSafeInteger(n) && n > 0).toBe(true);
      }),
    );
  });
});
