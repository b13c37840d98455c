// Every example of the API reference and of README is a program that compiles; tests/e2e/examples.e2e.ts runs them.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allExamples, compile, writePrograms } from "./support/examples.js";

const examples = allExamples();

describe("examples compile", () => {
  let folder: string;
  let problems: string[][];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "dosmith-examples-"));
    const paths = await writePrograms(examples, folder);
    const found = compile(paths);
    problems = paths.map((path) => found.get(path) ?? []);
  }, 240_000);
  afterAll(() => rm(folder, { recursive: true }));

  test.each(examples.map(({ name }, i) => [name, i] as const))("%s", (_, i) => expect(problems[i]).toEqual([]));

  test("of a wrong program nothing is hidden", async () => {
    const wrong = join(folder, "wrong");
    const [path] = await writePrograms([{ name: "wrong", code: "await openDataset(1);\nnoSuchName();" }], wrong);
    expect(compile([path]).get(path)).toHaveLength(2);
  });
});

test("the programs of README have at most ten lines each", () => {
  const programs = examples.filter(({ name }) => name.startsWith("README.md"));
  expect(programs.length).toBeGreaterThanOrEqual(3);
  for (const { code } of programs) expect(code.trim().split("\n").length).toBeLessThanOrEqual(10);
});

test("what matters has an example", () => {
  const having = new Set(examples.map(({ name }) => name.split(": ")[1]));
  const mustHave = [
    ...["openWorkbench", "writeReport", "openDataset", "buildDataset", "readReferenceJson", "targetFromRecord"],
    ...["readDosFile", "targetFromDos", "matchDos", "bandEdges", "readCrystals", "formatCrystal", "spaceGroup"],
    ...["crystalGenerator", "createEngine", "dosPredictor", "denoiserRun", "trainWithFiles", "rankCandidates"],
    ...["qualityTable", "isSameStructure", "verify", "hullOf", "crystalView", "dosChart", "show"],
  ];
  expect(mustHave.filter((name) => !having.has(name))).toEqual([]);
});
