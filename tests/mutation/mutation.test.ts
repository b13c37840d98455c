import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { mutantsOf, sample } from "../../scripts/mutation/mutants.mjs";
import { markdown, summary } from "../../scripts/mutation/report.mjs";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dosmith-mutation-"));
  const code = `export function shift(x: number, t: { add(y: number): number }) {
  if (x < 0) throw new Error("expected " + (x + 1));
  return t.add(x * 2);
}
`;
  await writeFile(join(folder, "shift.ts"), code);
});
afterAll(() => rm(folder, { recursive: true }));

test("mutants change arithmetic, tensor operations, comparisons and conditions, but no messages", async () => {
  const changes = (await mutantsOf(folder, ["shift.ts"])).map(({ line, original, replacement }) => [
    line,
    `${original} -> ${replacement}`,
  ]);
  expect(changes.sort()).toEqual([
    [2, "x < 0 -> false"],
    [2, "x < 0 -> true"],
    [2, "x < 0 -> x <= 0"],
    [2, "x < 0 -> x >= 0"],
    [3, "t.add(x * 2) -> t.sub(x * 2)"],
    [3, "x * 2 -> x / 2"],
  ]);
});

test("a sample is the seed's, a larger one holds the smaller, and other lines do not change it", async () => {
  const mutants = await mutantsOf(folder, ["shift.ts"]);
  const ids = (count: number, seed: number) => sample(mutants, count, seed).map(({ id }) => id);
  expect(ids(3, 1)).toEqual(ids(6, 1).slice(0, 3));
  expect(ids(6, 1)).not.toEqual(ids(6, 2));
  const first = sample(mutants, 3, 1);
  await writeFile(
    join(folder, "shift.ts"),
    `// A line more.\nexport const one = 1;\n${await readFile(join(folder, "shift.ts"), "utf8")}`,
  );
  expect(sample(await mutantsOf(folder, ["shift.ts"]), 3, 1).map(({ id }) => id)).toEqual(first.map(({ id }) => id));
});

test("the report counts, and names survivors with the reason why they are left", () => {
  const outcome = (id: string, status: string) => ({
    ...{ id, status, file: "src/dos/grid.ts", line: 7, kind: "EqualityOperator", seconds: 30 },
    ...{ original: "a < b || c", replacement: "a <= b" },
  });
  const outcomes = [
    outcome("1", "Killed"),
    outcome("2", "Timeout"),
    outcome("3", "Survived"),
    outcome("4", "NoCoverage"),
  ];
  const report = summary(
    [...outcomes, outcome("5", "Ignored")],
    { 3: { reason: "a is never b", equivalent: true } },
    { seed: 1, possible: 9, drawn: 6 },
  );
  expect(report.total).toEqual({
    mutants: 4,
    killed: 2,
    survived: 1,
    untested: 1,
    equivalent: 1,
    skipped: 1,
    score: 2 / 3,
  });
  expect(report.minutes).toBe(3);
  expect(report.survivors.map(({ reason }) => reason)).toEqual(["a is never b", undefined]);
  const page = markdown(report);
  expect(page).toContain("| **all** | 4 | 2 | 1 | 1 | 1 | 1 | 66.7 % |");
  expect(page).toContain("| src/dos/grid.ts:7 | `a < b \\|\\| c` | `a <= b` | equivalent: a is never b |");
});
