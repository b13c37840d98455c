// Cost of one guided evaluation at full size against atoms per cell, crystals per block and the network's width:
//   node bench/growth.mjs     writes results/growth.json and .svg (some minutes; each point in a process of its own)
import { spawnSync } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { writeFileAtomic } from "dosmith/data";
import { referenceConfig } from "dosmith/model";
import { okabeIto, toSvg } from "dosmith/notebook";
import { lastLine } from "./measure.mjs";
import { guidedOperations } from "./operations.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const sweeps = {
  "atoms in the cell (8 crystals)": [1, 2, 4, 8, 16, 32, 64].map((N) => ({ x: N, B: 8, N, H: 512 })),
  "crystals in a block (8 atoms)": [1, 2, 4, 8, 16, 32, 64].map((B) => ({ x: B, B, N: 8, H: 512 })),
  "width of the network (8 x 8)": [64, 128, 256, 512, 1024].map((H) => ({ x: H, B: 8, N: 8, H })),
};

/** @typedef {{ sweep: string, x: number, ms: number, memoryMB: number }} Point @type {Point[]} */
const points = [];
for (const [sweep, cases] of Object.entries(sweeps)) {
  for (const { x, B, N, H } of cases) {
    const { ms, memoryMB } = measure(B, N, H);
    const gflop = guidedOperations({ ...referenceConfig, hiddenDim: H }, B, N);
    const point = { sweep, x, crystals: B, atoms: N, hidden: H, ms, memoryMB, gflop, gflops: (1000 * gflop) / ms };
    points.push(point);
    console.error(JSON.stringify(point));
  }
}
await mkdir(`${root}bench/results`, { recursive: true });
await writeFileAtomic(`${root}bench/results/growth.json`, `${JSON.stringify({ points }, rounded, 1)}\n`);
await writeFileAtomic(`${root}bench/results/growth.svg`, await toSvg(chart()));

/**
 * Median of five evaluations and the largest memory, in a fresh process.
 * @param {number} B
 * @param {number} N
 * @param {number} H
 * @returns {{ ms: number, memoryMB: number }}
 */
function measure(B, N, H) {
  const code = `
    const { compiledEngine } = await import("dosmith/runtime");
    const { referenceConfig } = await import("dosmith/model");
    const { guidedCase } = await import("./bench/cases.mjs");
    const { median, takeTurns } = await import("./bench/measure.mjs");
    const guided = await guidedCase(await compiledEngine(), { ...referenceConfig, hiddenDim: ${H} }, ${B}, ${N});
    const [times] = await takeTurns([guided], 5);
    console.log(JSON.stringify({ ms: median(times), memoryMB: process.resourceUsage().maxRSS / 1024 }));
    process.exit(0);`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-e", code], {
    cwd: root,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${B} x ${N}, width ${H}: ${stderr}`);
  return JSON.parse(lastLine(stdout));
}

function chart() {
  /** @type {(sweep: string, field: keyof Point, title: string, color: string) => object} */
  const panel = (sweep, field, title, color) => ({
    width: 220,
    height: 160,
    data: { values: points.filter((point) => point.sweep === sweep) },
    mark: { type: "line", point: true, color },
    encoding: {
      x: { field: "x", type: "quantitative", scale: { type: "log", base: 2 }, title: sweep },
      y: { field, type: "quantitative", scale: { type: "log" }, title },
    },
  });
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v5.json",
    title: "One guided evaluation at full size, two threads",
    vconcat: [
      { hconcat: Object.keys(sweeps).map((sweep) => panel(sweep, "ms", "milliseconds", okabeIto[0])) },
      { hconcat: Object.keys(sweeps).map((sweep) => panel(sweep, "memoryMB", "peak memory (MB)", okabeIto[1])) },
    ],
  };
}

/** @param {string} _ @param {unknown} value */
function rounded(_, value) {
  return typeof value === "number" ? Number(value.toPrecision(4)) : value;
}
