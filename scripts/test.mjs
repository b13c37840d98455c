// Everything that must hold, in one command:   npm test            (or some of it: npm test -- lint unit)
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { root, say, setUp } from "./setup.mjs";

/**
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 * @typedef {{ name: string, passed: boolean, seconds: number, ran?: Counts | undefined }} Result
 */

const bin = (/** @type {string} */ path) => join(root, "node_modules", path);
const scratch = mkdtempSync(join(tmpdir(), "dosmith-test-"));
const counted = (/** @type {string} */ name) => join(scratch, `${name}.json`);
const vitest = (/** @type {string} */ name) => [
  ...[bin("vitest/vitest.mjs"), "run", "--project", name],
  ...["--reporter=default", "--reporter=json", `--outputFile.json=${counted(name)}`],
];
const steps = {
  lint: [bin("eslint/bin/eslint.js"), "."],
  format: [bin("prettier/bin/prettier.cjs"), "--check", "."],
  types: [bin("typescript/bin/tsc"), "--noEmit"],
  docs: [bin("typedoc/bin/typedoc"), "--logLevel", "Warn"],
  unit: vitest("unit"),
  e2e: vitest("e2e"),
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(steps, name));
if (unknown.length > 0) {
  console.error(`npm test: unknown step ${unknown.join(", ")}; the steps are ${Object.keys(steps).join(", ")}`);
  process.exit(2);
}

setUp();
const results = Object.entries(steps)
  .filter(([name]) => asked.length === 0 || asked.includes(name))
  .map(([name, args]) => runStep(name, args));
console.log(`\n${results.map(({ name, passed, seconds }) => line(name, passed, seconds)).join("\n")}`);
const failed = results.filter(({ passed }) => !passed);
console.log(failed.length === 0 ? "all passed" : `failed: ${failed.map(({ name }) => name).join(", ")}`);
const tests = results.reduce((sum, result) => add(sum, countsOf(result)), { passed: 0, failed: 0, skipped: 0 });
console.log(`${tests.passed} passed, ${tests.failed} failed, ${tests.skipped} skipped`);
rmSync(scratch, { recursive: true });
process.exitCode = failed.length === 0 ? 0 : 1;

/** @param {string} name @param {string[]} args @returns {Result} */
function runStep(name, args) {
  say(`${name} ...`);
  const start = performance.now();
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  return { name, passed: status === 0, seconds: (performance.now() - start) / 1000, ran: testCounts(name) };
}

/**
 * How many tests a suite ran; undefined for steps without tests, and for a suite that broke off.
 * @param {string} name
 * @returns {Counts | undefined}
 */
function testCounts(name) {
  try {
    const counts = JSON.parse(readFileSync(counted(name), "utf8"));
    const { numPassedTests: passed, numFailedTests: failed, numPendingTests: pending, numTodoTests: todo } = counts;
    return { passed, failed, skipped: pending + todo };
  } catch {
    return undefined;
  }
}

/** A step without tests counts as one; one that broke off has failed, whatever its tests said. @param {Result} result */
function countsOf({ passed, ran: tests }) {
  const ran = tests ?? { passed: Number(passed), failed: 0, skipped: 0 };
  return passed ? ran : { ...ran, failed: Math.max(1, ran.failed) };
}

/** @param {Counts} a @param {Counts} b @returns {Counts} */
function add(a, b) {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** @param {string} name @param {boolean} passed @param {number} seconds */
function line(name, passed, seconds) {
  return `  ${passed ? "ok    " : "FAILED"}  ${name.padEnd(8)} ${seconds.toFixed(1).padStart(7)} s`;
}
