import { readFileSync } from "node:fs";
import { expect } from "vitest";
import type { Crystal } from "../../src/crystal/index.js";

export function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/crystal/${name}`, import.meta.url), "utf8");
}

/** Same cell, atoms and order; fracCoords compared modulo 1. */
export function expectSameCrystal(actual: Crystal, expected: Crystal, tolerance: number): void {
  expect(actual.atomicNumbers).toEqual(expected.atomicNumbers);
  const cell = expected.latticeMatrix.flat();
  actual.latticeMatrix.flat().forEach((x, k) => expect(Math.abs(x - cell[k])).toBeLessThan(tolerance));
  const coords = expected.fracCoords.flat();
  actual.fracCoords.flat().forEach((x, k) => {
    expect(Math.abs(x - coords[k] - Math.round(x - coords[k]))).toBeLessThan(tolerance);
  });
}
