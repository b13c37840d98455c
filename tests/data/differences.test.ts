import { describe, expect, it } from "vitest";
import { differences } from "../../src/data/index.js";

describe("differences", () => {
  it("names paths and both values", () => {
    expect(differences({ a: { b: 1, c: [1] } }, { a: { b: 2, c: [1] }, d: "x" })).toEqual([
      "a.b: 1 there, 2 asked for",
      'd: nothing there, "x" asked for',
    ]);
    expect(differences({ a: [1, 2] }, { a: [1, 2] })).toEqual([]);
    expect(differences({ a: Array(100).fill(0) }, { a: [] })[0]).toMatch(/201 characters/);
  });
});
