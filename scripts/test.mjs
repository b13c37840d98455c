// Everything that must hold, in one command:   npm test            (or some of it: npm test -- lint unit)
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { root, say, setUp } from "./setup.mjs";

const bin = (path) => join(root, "node_modules", path);
const steps = {
  lint: [bin("eslint/bin/eslint.js"), "."],
  format: [bin("prettier/bin/prettier.cjs"), "--check", "."],
  types: [bin("typescript/bin/tsc"), "--noEmit"],
  unit: [bin("vitest/vitest.mjs"), "run", "--project", "unit"],
  e2e: [bin("vitest/vitest.mjs"), "run", "--project", "e2e"],
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
process.exitCode = failed.length === 0 ? 0 : 1;

function runStep(name, args) {
  say(`${name} ...`);
  const start = performance.now();
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  return { name, passed: status === 0, seconds: (performance.now() - start) / 1000 };
}

function line(name, passed, seconds) {
  return `  ${passed ? "ok    " : "FAILED"}  ${name.padEnd(8)} ${seconds.toFixed(1).padStart(7)} s`;
}
