import { expect } from "vitest";

/**
 * Expects two arrays to agree within `tolerance` times the largest magnitude expected (at least `floor`, default 1e-6,
 * so that an array of zeros can be compared). NaN and infinities must be in the same places.
 */
export function expectAllClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { tolerance = 1e-5, floor = 1e-6 }: { tolerance?: number; floor?: number } = {},
): void {
  expect(actual.length, "number of values").toBe(expected.length);
  const scale = Math.max(floor, ...Array.from(expected, Math.abs).filter(Number.isFinite));
  const wrong = Array.from(expected, (value, i) => ({ index: i, expected: value, actual: actual[i] })).filter(
    ({ expected: e, actual: a }) => !Object.is(a, e) && a !== e && !(Math.abs(a - e) <= tolerance * scale),
  );
  expect(
    wrong.slice(0, 5),
    `${wrong.length} of ${expected.length} values differ by more than ${tolerance} x ${scale}`,
  ).toEqual([]);
}
