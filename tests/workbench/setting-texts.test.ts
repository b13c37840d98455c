import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { elementSymbol } from "../../src/crystal/index.js";
import { compositionText } from "../../src/workbench/index.js";
import {
  parseComposition,
  parseElements,
  parseFixedTypes,
  interval,
  numberIn,
  numberList,
  parseSites,
  parseTemplateKeep,
  wholeNumber,
  wordList,
} from "../../src/workbench/setting-texts.js";

describe("numbers", () => {
  it("reads whole numbers, numbers, intervals and lists", () => {
    expect(wholeNumber(1)("12")).toBe(12);
    expect(numberIn(-1, 100)("0.5")).toBe(0.5);
    expect(interval()("-4,2.5")).toEqual([-4, 2.5]);
    expect(interval(0, 1)("0.2,0.8")).toEqual([0.2, 0.8]);
    expect(numberList("0,0.5,4")).toEqual([0, 0.5, 4]);
    expect(wordList(["fast", "slow"])("slow,fast")).toEqual(["slow", "fast"]);
    expect(parseSites("0,2")).toEqual([0, 2]);
  });
  it.each([
    ["0", wholeNumber(1)],
    ["1.5", wholeNumber(1)],
    ["", wholeNumber(0)],
    ["nan", numberIn(0, 1)],
    ["2", numberIn(0, 1)],
    ["1", interval()],
    ["2,1", interval()],
    ["1,2,3", interval()],
    [",2", interval()],
    ["-0.1,1", interval(0, 1)],
    ["-Infinity,2", interval()],
    ["0,0", numberList],
    ["0,,1", numberList],
    ["quick", wordList(["fast"])],
    ["0,0", parseSites],
    ["-1", parseSites],
    ["", parseSites],
  ])("refuses %j and quotes it", (text, parse) => {
    expect(() => parse(text)).toThrow(`found "${text}"`);
  });
});

describe("chemistry", () => {
  it("reads elements, exact compositions and fixed sites", () => {
    expect(parseElements("Si,O")).toEqual([14, 8]);
    expect([...parseComposition("Al2O3")]).toEqual([
      [13, 2],
      [8, 3],
    ]);
    expect([...parseComposition("Al4O6")]).toEqual([
      [13, 4],
      [8, 6],
    ]);
    expect([...parseFixedTypes("0=Si, 3=O")]).toEqual([
      [0, 14],
      [3, 8],
    ]);
  });
  it.each([
    ["Xx", parseElements, /unknown element "Xx"/],
    ["si", parseElements, /unknown element "si"/],
    ["Si,Si", parseElements, /each entry once/],
    ["Al2Q", parseComposition, /Q/],
    ["Al2O3)", parseComposition, /character 6/],
    ["0=Si,0=O", parseFixedTypes, /each entry once/],
    ["0:Si", parseFixedTypes, /SITE=ELEMENT/],
    ["a=Si", parseFixedTypes, /SITE=ELEMENT/],
  ])("refuses %j", (text, parse, message) => {
    expect(() => parse(text)).toThrow(message);
  });
  it("writes a composition that reads back the same", () => {
    const counts = fc.uniqueArray(fc.integer({ min: 1, max: 96 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 9 }), (elements, n) => {
        const composition = new Map(elements.map((z, k) => [z, k === 0 ? 1 : n]));
        expect(new Map(parseComposition(compositionText(composition))), elements.map(elementSymbol).join()).toEqual(
          composition,
        );
      }),
    );
  });
});

describe("what of a template stays", () => {
  it.each([
    ["lattice", { lattice: true }],
    ["lattice,coords,types", { lattice: true, coords: true, types: true }],
    ["types:0,2", { types: [0, 2] }],
    ["types:0,2,lattice,coords:1", { types: [0, 2], lattice: true, coords: [1] }],
  ])("reads %s", (text, keep) => expect(parseTemplateKeep(text)).toEqual(keep));
  it.each(["", "cell", "0,2", "lattice,0", "lattice:0", "types:", "types,0", "types:a", "coords:-1", "types:0,,1"])(
    "refuses %j",
    (text) => expect(() => parseTemplateKeep(text)).toThrow(/lattice, coords or types/),
  );
  it("never hangs or crashes on other text", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z:,0-9 =.-]{0,20}$/), (text) => {
        for (const parse of [
          parseTemplateKeep,
          parseFixedTypes,
          parseSites,
          parseElements,
          parseComposition,
          numberList,
          interval(),
        ]) {
          try {
            parse(text);
          } catch (error) {
            expect((error as Error).message).not.toBe("");
          }
        }
      }),
    );
  });
});
