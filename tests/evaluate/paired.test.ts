import { expect, test } from "vitest";
import { pairedDifference, type FinishedCell } from "../../src/evaluate/index.js";

const cell = (generator: string, target: string, x: number | null): FinishedCell => ({
  generator,
  target,
  candidateCount: 1,
  seconds: 0,
  values: { x },
});
// Targets differ by far more than the settings do.
const cells = [1, 10, 100, 1000].flatMap((hard, i) => [
  cell("a", `t${i}`, hard),
  cell("b", `t${i}`, hard + 1 + 0.1 * (i % 2)),
]);

test("what makes a target hard drops out", () => {
  const found = pairedDifference(cells, { metric: "x", setting: "b", reference: "a" })!;
  expect(found.mean).toBeCloseTo(1.05, 12);
  expect(found.standardError).toBeLessThan(0.05);
  expect(found.targets).toBe(4);
});

test("targets without a value under both do not count", () => {
  const some = [...cells, cell("a", "alone", 5), cell("b", "empty", null), cell("a", "empty", 5)];
  expect(pairedDifference(some, { metric: "x", setting: "b", reference: "a" })).toEqual(
    pairedDifference(cells, { metric: "x", setting: "b", reference: "a" }),
  );
  expect(pairedDifference(some, { metric: "x", setting: "b", reference: "nobody" })).toBeUndefined();
  expect(
    pairedDifference([cell("a", "t", 1), cell("b", "t", 2)], { metric: "x", setting: "b", reference: "a" }),
  ).toEqual({
    mean: 1,
    standardError: null,
    targets: 1,
  });
});
