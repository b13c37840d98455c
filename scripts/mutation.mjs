// How many deliberate mistakes the unit tests see:   npm run mutation            (hours: leave it alone meanwhile)
//   npm run mutation -- --rooms dos,train --count 40 --seed 2 --draft            some rooms, a smaller sample, another one; writes only out/mutation
//   npm run mutation -- --report                                                 the report of what has run so far
//   npm run mutation -- --list                                                   the sample, without running it
// Of all changes of arithmetic, comparisons, conditions and bounds in these rooms a seeded sample is made, one at a time, and the
// tests of the room run that reach it. Writes tests/mutation/report.json and report.md; why a survivor is left stands in
// tests/mutation/reasons.json. What has run is kept in out/mutation, so that a stopped run goes on. --fresh begins anew.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { Stryker } from "@stryker-mutator/core";
import { mutantOf, mutantsOf, placeOnly, sample } from "./mutation/mutants.mjs";
import { isFound, markdown, summary } from "./mutation/report.mjs";
import { root, say } from "./setup.mjs";

/** @typedef {import("./mutation/report.mjs").Outcome} Outcome @typedef {import("./mutation/mutants.mjs").Mutant} Mutant */

/** Mutants between two saves; each batch begins with a run of the room's tests without any. */
const batch = 60;

const { values } = parseArgs({
  options: {
    rooms: { type: "string", default: "diffusion,generate,train,dos,evaluate" },
    count: { type: "string", default: "600" },
    seed: { type: "string", default: "1" },
    concurrency: { type: "string", default: "1" },
    draft: { type: "boolean", default: false },
    report: { type: "boolean", default: false },
    fresh: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
  },
});
const rooms = values.rooms.split(",");
const files = git(["ls-files", "--", ...rooms.map((room) => `src/${room}/`)]).filter(
  (name) => name.endsWith(".ts") && !name.endsWith("index.ts"),
);
const all = await mutantsOf(root, files);
const drawn = sample(all, Number(values.count), Number(values.seed));

const folder = join(root, "out", "mutation");
const storePath = join(folder, "outcomes.jsonl");

if (values.list) {
  for (const { file, line, original, replacement } of drawn)
    console.log(`${file}:${line}: ${original} -> ${replacement}`);
} else {
  mkdirSync(folder, { recursive: true });
  /** @type {Outcome[]} */
  const outcomes = [];
  for (const room of rooms)
    outcomes.push(
      ...(await runRoom(
        room,
        drawn.filter(({ file }) => file.startsWith(`src/${room}/`)),
      )),
    );
  write(outcomes);
}

/**
 * What each mutant met. What an earlier run has seen does not run again while the mutant's file is the same, and the tests are:
 * of a mutant that was found, those tests that found it; one that lived is tried again when there are new tests.
 * @param {string} room
 * @param {Mutant[]} mutants
 * @returns {Promise<Outcome[]>}
 */
async function runRoom(room, mutants) {
  const tests = testsOf(room);
  const digests = tests.map(digestOfFile);
  const holds = (/** @type {Stored} */ { file, source, tests: seen, status }) =>
    source === digestOfFile(file) &&
    seen.every((test) => digests.includes(test)) &&
    (isFound(status) || seen.length === digests.length);
  const known = new Map(
    values.fresh ? [] : stored().flatMap((outcome) => (holds(outcome) ? [[outcome.id, outcome]] : [])),
  );
  const missing = values.report ? [] : mutants.filter(({ id }) => !known.has(id));
  const found = mutants.flatMap(({ id }) => known.get(id) ?? []);
  for (let from = 0; from < missing.length; from += batch) {
    const part = missing.slice(from, from + batch);
    say(`${room}: mutants ${found.length + 1} to ${found.length + part.length} of ${mutants.length} ...`);
    const start = performance.now();
    const results = await run(tests, part);
    const seconds = (performance.now() - start) / 1000 / part.length;
    const outcomes = results.map((outcome) => ({
      ...outcome,
      seconds,
      source: digestOfFile(outcome.file),
      tests: digests,
    }));
    for (const outcome of outcomes) appendFileSync(storePath, `${JSON.stringify(outcome)}\n`);
    found.push(...outcomes);
  }
  return found;
}

/**
 * @param {string[]} tests
 * @param {Mutant[]} mutants
 * @returns {Promise<(Mutant & { status: string })[]>}
 */
async function run(tests, mutants) {
  const ids = new Set(mutants.map(({ id }) => id));
  placeOnly(root, ({ id }) => ids.has(id));
  const stryker = new Stryker({
    mutate: [...new Set(mutants.map(({ file }) => file))],
    testFiles: tests,
    testRunner: "vitest",
    plugins: ["@stryker-mutator/vitest-runner"],
    vitest: { related: false },
    coverageAnalysis: "perTest",
    // Constants of a module: every test would have to load it anew.
    ignoreStatic: true,
    disableTypeChecks: false,
    concurrency: Number(values.concurrency),
    timeoutMS: 10_000,
    timeoutFactor: 1.5,
    ignorePatterns: ["/dist", "/docs", "/models", "/notebooks", "/out", "/bench", "/kernels", ".venv"],
    tempDirName: ".stryker-tmp",
    reporters: ["progress-append-only"],
  });
  const results = await stryker.runMutationTest();
  return results.flatMap((result) => {
    const mutant = mutantOf(result);
    return mutant ? [{ ...mutant, status: result.status }] : [];
  });
}

/** @param {string} room */
function testsOf(room) {
  return git(["ls-files", "--cached", "--others", "--exclude-standard", "--", `tests/${room}/`]).filter((name) =>
    name.endsWith(".test.ts"),
  );
}

/** @typedef {Outcome & { source: string, tests: string[] }} Stored  with digests of its file and of the tests of its room */

/** @returns {Stored[]} */
function stored() {
  if (!existsSync(storePath)) return [];
  return readFileSync(storePath, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

/** @param {readonly Outcome[]} outcomes */
function write(outcomes) {
  const out = values.draft ? folder : join(root, "tests", "mutation");
  const reasons = JSON.parse(readFileSync(join(root, "tests", "mutation", "reasons.json"), "utf8"));
  const report = summary(outcomes, reasons, { seed: Number(values.seed), possible: all.length, drawn: drawn.length });
  writeFileSync(join(out, "report.json"), `${JSON.stringify(report, null, 1)}\n`);
  writeFileSync(join(out, "report.md"), markdown(report));
  console.log(markdown(report));
}

/** Lines of git's answer. @param {string[]} args */
function git(args) {
  return execFileSync("git", args, { cwd: root, encoding: "utf8" }).split("\n").filter(Boolean);
}

/** @param {string} name */
function digestOfFile(name) {
  return createHash("sha256")
    .update(readFileSync(join(root, name)))
    .digest("hex")
    .slice(0, 16);
}
