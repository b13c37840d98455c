import { spawnSync } from "node:child_process";
import { performance } from "node:perf_hooks";

/**
 * A case, run again and again; one that runs in another process answers with its own milliseconds.
 * @typedef {{ run: () => Promise<unknown> }} Timed
 */

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** A case that has taken this long, in milliseconds, and has had two turns, gets no more of them. */
const enough = 20_000;

/** Milliseconds that the runs of a turn fill. */
const turnLength = 200;

/**
 * Times of cases that take turns, so that what else the machine does meets all of them alike: one array of
 * milliseconds per case, slow cases with fewer entries. The first runs of each, which allocate, do not count.
 * @param {readonly Timed[]} cases
 * @param {number} repeats
 */
export async function takeTurns(cases, repeats) {
  for (const { run } of cases) await warmUp(run);
  /** @type {number[][]} */
  const times = cases.map(() => []);
  const tired = (/** @type {number} */ k) => times[k].length >= 2 && times[k].reduce((a, b) => a + b) > enough;
  for (let i = 0; i < repeats; i++)
    for (const [k, { run }] of cases.entries()) if (!tired(k)) times[k].push(await takeTurn(run));
  return times;
}

/**
 * Mean time of the runs of one turn, as in a sampler or a trainer, where run follows run: the first, which finds the caches full of
 * what the last case left there and perhaps that case's threads still waiting at full speed, counts only if it is long.
 * @param {Timed["run"]} run
 */
async function takeTurn(run) {
  const first = await timed(run);
  if (first > 2 * turnLength) return first;
  let [total, count] = [0, 0];
  for (; total < turnLength; count++) total += await timed(run);
  return total / count;
}

/** @param {() => unknown} run @returns {Promise<number>} */
async function timed(run) {
  const start = performance.now();
  const measured = /** @type {{ ms?: number } | undefined} */ (await run());
  return measured?.ms ?? performance.now() - start;
}

/** Up to three runs: the first ones allocate. @param {Timed["run"]} run */
async function warmUp(run) {
  const start = performance.now();
  for (let i = 0; i < 3 && performance.now() - start < 3000; i++) await run();
}

/**
 * GB/s that a product of two arrays of 64 MB and its sum move, the fastest of ten: two arrays read, one written and read. Beyond
 * the caches this bounds what only looks at every weight, such as an optimiser.
 * @param {import("dosmith/runtime").Engine} engine
 */
export async function measureBandwidth(engine) {
  const length = 1 << 24;
  const program = await engine.compile({
    name: "memory bandwidth",
    inputs: [{ shape: [length] }, { shape: [length] }],
    fn: (a, b) => [a.mul(b).sum()],
  });
  const [a, b] = [new Float32Array(length).fill(1), new Float32Array(length).fill(2)];
  const times = [];
  for (let i = 0; i < 10; i++) times.push(await timed(() => program.run([a, b])));
  program.dispose();
  return (4 * 4 * length) / 1e6 / Math.min(...times);
}

/**
 * Median time that a piece of code takes in a process of its own, which it prints as its last line.
 * @param {string} code
 * @param {string} cwd
 * @param {number} repeats
 */
export function freshProcess(code, cwd, repeats) {
  const times = Array.from({ length: repeats }, () => {
    const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-e", code], {
      cwd,
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`benchmark in a process of its own failed: ${stderr}`);
    return Number(lastLine(stdout));
  });
  return median(times);
}

/** @param {string} output */
export function lastLine(output) {
  return output.trim().split("\n").at(-1) ?? "";
}
