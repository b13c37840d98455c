import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cheapestAssignment } from "../../src/base/assignment.js";
import { Disposal, DisposedError } from "../../src/base/disposed.js";
import { parseJson } from "../../src/base/json.js";
import { isPrintable, printable } from "../../src/base/printable.js";

describe("parseJson", () => {
  it("reads text and UTF-8 bytes", () => {
    expect(parseJson('{"a": [1, "é"]}', "f")).toEqual({ a: [1, "é"] });
    expect(parseJson(Buffer.from('{"a": "é"}'), "f")).toEqual({ a: "é" });
  });

  it("names what it read, and passes no escape sequence on", () => {
    expect(() => parseJson("{,}", "x.json: entry 3")).toThrow(/^x\.json: entry 3: not JSON: /);
    expect(() => parseJson(Uint8Array.of(0xff, 0xfe), "x.json")).toThrow(/^x\.json: not JSON: /);
    expect(() => parseJson("\u001b[31mred", "x.json")).toThrow(/\\u001b\[31mred/);
    expect(() => parseJson("\u001b[31mred", "x.json")).not.toThrow("\u001b");
  });
});

describe("printable", () => {
  it("shows what a terminal would obey", () => {
    expect(printable("a\u001b[2Jb\nc\u009bd\u202ee")).toBe("a\\u001b[2Jb\\u000ac\\u009bd\\u202ee");
    expect(printable("Ångström ≤ 3 –")).toBe("Ångström ≤ 3 –");
  });

  it("leaves nothing to obey and changes nothing else", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(isPrintable(printable(text))).toBe(true);
        if (isPrintable(text)) expect(printable(text)).toBe(text);
      }),
    );
  });
});

describe("Disposal", () => {
  it("is checked, ends once and stays ended", () => {
    const disposal = new Disposal("generator");
    disposal.check();
    expect([disposal.disposed, disposal.end(), disposal.end(), disposal.disposed]).toEqual([false, true, false, true]);
    expect(() => disposal.check()).toThrow(DisposedError);
    expect(() => disposal.check()).toThrow("generator: it was disposed");
  });
});

describe("cheapestAssignment", () => {
  const sum = (costs: number[][], columns: number[]) => columns.reduce((total, c, row) => total + costs[row][c], 0);
  const permutations = (items: number[], length: number): number[][] =>
    length === 0
      ? [[]]
      : items.flatMap((first) => permutations(items.filter((x) => x !== first), length - 1).map((p) => [first, ...p])); // prettier-ignore

  it("a case by hand: the greedy choice of the first row would cost more", () => {
    expect(cheapestAssignment([[1, 2], [1, 9]])).toEqual([1, 0]); // prettier-ignore
    expect(cheapestAssignment([[5, 1, 9]])).toEqual([1]);
    expect(cheapestAssignment([])).toEqual([]);
    expect(cheapestAssignment([[3, 3], [3, 3]]).sort()).toEqual([0, 1]); // prettier-ignore
  });

  it("is as cheap as the best of all permutations, also with negative costs and spare columns", () => {
    const matrices = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 1 })).chain(([n, spare]) =>
      fc.array(fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: n + spare, maxLength: n + spare }), {
        minLength: n,
        maxLength: n,
      }),
    );
    fc.assert(
      fc.property(matrices, (costs) => {
        const columns = cheapestAssignment(costs);
        expect(new Set(columns).size).toBe(costs.length);
        const all = permutations([...costs[0].keys()], costs.length);
        expect(sum(costs, columns)).toBeCloseTo(Math.min(...all.map((p) => sum(costs, p))), 9);
      }),
    );
  });

  it("refuses what has no answer", () => {
    expect(() => cheapestAssignment([[1], [2]])).toThrow("2 rows, 1 columns");
    expect(() => cheapestAssignment([[1, NaN]])).toThrow("found NaN");
  });
});
