// Runs every example of the API reference and of README, on the bundled data and models. Trainings and studies are cut short; what needs
// a network or hours is compiled only, and what needs GPAW is skipped where there is none.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findCode } from "../../src/verify/index.js";
import { allExamples, compile, writeInputs, writePrograms } from "../support/examples.js";

const gpaw = await findCode("gpaw").then(
  () => true,
  () => false,
);
if (!gpaw && process.env.DOSMITH_REQUIRE_GPAW) throw new Error("GPAW is required and not here");

const shortened = (code: string) => code.replace(/steps: \d{3,}/, "steps: 2").replace(/targets: \d{2,}/, "targets: 2");
const examples = allExamples().map(({ name, code }) => ({ name, code: shortened(code) }));
/** The studies of the cards take hours; tests/workbench/studies.test.ts runs them on tiny models. */
const needsHours = /\b(dftStudy|samplerStudy|learningCurve)\(/;
const skipped = ({ code }: { code: string }) =>
  /materialsProject\(/.test(code) || needsHours.test(code) || (/verify\(/.test(code) && !gpaw);

/** Imports programs one after the other, in one process, which opens models and data once. */
const runner = `
for (const path of process.argv.slice(1)) {
  const failure = await import(path).then(() => "", (error) => String(error?.stack ?? error));
  process.send({ path, failure });
}
process.exit(0);`;

describe("examples run", () => {
  let folder: string;
  let paths: string[];
  const failures = new Map<string, string>();
  let output = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "dosmith-run-examples-"));
    paths = (await writePrograms(examples, folder)).map((path) => path.replace(/\.ts$/, ".js"));
    compile(paths.map((path) => path.replace(/\.js$/, ".ts")));
    await writeInputs(folder);
    const chosen = paths.filter((_, i) => !skipped(examples[i]));
    const args = ["--input-type=module", "--eval", runner, ...chosen];
    const child = spawn(process.execPath, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe", "ipc"] });
    child.on("message", ({ path, failure }: { path: string; failure: string }) => failures.set(path, failure));
    for (const stream of [child.stdout!, child.stderr!])
      stream.on("data", (data: Buffer) => (output += data.toString()));
    await new Promise((resolve) => child.on("close", resolve));
  });
  afterAll(() => rm(folder, { recursive: true }));

  for (const [i, example] of examples.entries())
    it.skipIf(skipped(example))(example.name, () => {
      expect(failures.get(paths[i]) ?? `did not end:\n${output.slice(-2000)}`).toBe("");
    });
});
