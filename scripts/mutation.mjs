// How many deliberate mistakes the unit tests see:   npm run mutation            (hours: leave it alone meanwhile)
//   npm run mutation -- --rooms dos,train --count 40 --seed 2 --draft            some rooms, a smaller sample, another one; writes only out/mutation
//   npm run mutation -- --list                                                   the sample, without running it
// Of all changes of arithmetic, comparisons, conditions and bounds in these rooms a seeded sample is made, one at a time, and the
// tests of the room run that reach it. Writes tests/mutation/report.json and report.md; why a survivor is left stands in
// tests/mutation/reasons.json. What has run is kept in out/mutation: the same command goes on where it was stopped.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { Stryker } from "@stryker-mutator/core";
import { mutantOf, mutantsOf, placeOnly, sample } from "./mutation/mutants.mjs";
import { markdown, summary } from "./mutation/report.mjs";
import { root, say } from "./setup.mjs";

/** @typedef {import("./mutation/report.mjs").Outcome} Outcome */

const { values } = parseArgs({
  options: {
    rooms: { type: "string", default: "diffusion,generate,train,dos,evaluate" },
    count: { type: "string", default: "600" },
    seed: { type: "string", default: "1" },
    concurrency: { type: "string", default: "1" },
    draft: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
  },
});
const rooms = values.rooms.split(",");
const files = execFileSync("git", ["ls-files", "--", ...rooms.map((room) => `src/${room}/`)], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((name) => name.endsWith(".ts") && !name.endsWith("index.ts"));
const all = await mutantsOf(root, files);
const drawn = sample(all, Number(values.count), Number(values.seed));

if (values.list) {
  for (const { file, line, original, replacement } of drawn)
    console.log(`${file}:${line}: ${original} -> ${replacement}`);
} else {
  const start = performance.now();
  /** @type {Outcome[]} */
  const outcomes = [];
  for (const room of rooms)
    outcomes.push(
      ...(await run(
        room,
        drawn.filter(({ file }) => file.startsWith(`src/${room}/`)),
      )),
    );
  write(outcomes, (performance.now() - start) / 60_000);
}

/**
 * @param {string} room
 * @param {import("./mutation/mutants.mjs").Mutant[]} mutants
 * @returns {Promise<Outcome[]>}
 */
async function run(room, mutants) {
  if (mutants.length === 0) return [];
  say(`${room}: ${mutants.length} mutants ...`);
  const ids = new Set(mutants.map(({ id }) => id));
  placeOnly(root, ({ id }) => ids.has(id));
  const folder = join(root, "out", "mutation");
  mkdirSync(folder, { recursive: true });
  const stryker = new Stryker({
    mutate: [...new Set(mutants.map(({ file }) => file))],
    testFiles: [`tests/${room}/**/*.test.ts`],
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
    incremental: true,
    incrementalFile: join(folder, `${room}.json`),
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

/**
 * @param {readonly Outcome[]} outcomes
 * @param {number} minutes
 */
function write(outcomes, minutes) {
  const folder = values.draft ? join(root, "out", "mutation") : join(root, "tests", "mutation");
  mkdirSync(folder, { recursive: true });
  const reasons = JSON.parse(readFileSync(join(root, "tests", "mutation", "reasons.json"), "utf8"));
  const report = summary(outcomes, reasons, {
    seed: Number(values.seed),
    possible: all.length,
    minutes: Math.round(minutes),
  });
  writeFileSync(join(folder, "report.json"), `${JSON.stringify(report, null, 1)}\n`);
  writeFileSync(join(folder, "report.md"), markdown(report));
  console.log(markdown(report));
}
