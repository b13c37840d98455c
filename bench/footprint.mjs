// What people wait for besides the network: memory of a long run, the first crystal from a cold start, reading data.
import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { isEquilibrium, openDataset, streamDataset } from "dosmith/data";
import { defaultDenoiserOptions, denoiserRun, runTraining } from "dosmith/train";
import { freshProcess, median } from "./measure.mjs";

const dataset = "datasets/pbe-prototypes";

/**
 * Largest resident memory (MB) of a process that samples crystals with the bundled model, by sampler steps.
 * @param {string} root
 * @param {number} steps
 */
export function memory(root, steps) {
  const code = `
    const { compiledEngine, crystalGenerator, loadDenoiser, openDataset, targetFromRecord } = await import("dosmith");
    const target = targetFromRecord((await openDataset("${dataset}")).get("diamond-Si"));
    const generator = crystalGenerator(await compiledEngine(), await loadDenoiser("models/denoiser.safetensors"));
    await generator.generate(target, { count: 16, batchSize: 16, steps: ${steps} });
    // Not resourceUsage where it can be had otherwise: on Linux that begins with what the parent process had.
    const { readFileSync } = await import("node:fs");
    const status = process.platform === "linux" ? readFileSync("/proc/self/status", "utf8") : "";
    console.log((/VmHWM:\\s+(\\d+)/.exec(status)?.[1] ?? process.resourceUsage().maxRSS) / 1024);
    process.exit(0);`;
  return freshProcess(code, root, 3);
}

/**
 * Milliseconds of `dosmith generate --count 1`, from nothing to a finished run folder with its report.
 * @param {string} root
 * @param {number} repeats
 */
export async function coldStart(root, repeats) {
  const folder = await mkdtemp(join(tmpdir(), "dosmith-bench-"));
  try {
    const times = Array.from({ length: repeats }, (_, i) => {
      const command = [
        "dist/cli/main.js",
        "generate",
        "--target",
        "diamond-Si",
        "--count",
        "1",
        "--out",
        join(folder, `${i}`),
      ];
      const start = performance.now();
      const { status, stderr } = spawnSync(process.execPath, command, { cwd: root, encoding: "utf8" });
      if (status !== 0) throw new Error(`dosmith generate failed: ${stderr}`);
      return performance.now() - start;
    });
    return median(times);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Crystals a second that the bundled data set streams, and that training of the bundled size eats.
 * @param {import("dosmith/runtime").Engine} engine
 */
export async function reading(engine, steps = 12) {
  const start = performance.now();
  let count = 0;
  for await (const record of streamDataset(dataset)) count += Number(record.siteDos.values.length > 0);
  const streamed = (1000 * count) / (performance.now() - start);
  const { train, validation } = (await openDataset(dataset)).filter(isEquilibrium).split();
  const options = { ...defaultDenoiserOptions, validateEvery: 1e9, steps: steps + 1 };
  const run = denoiserRun([...train], [...validation], options);
  const times = [];
  let before = performance.now();
  for await (const { step } of runTraining(engine, run.task, run.options)) {
    const now = performance.now();
    if (step > 3) times.push(now - before);
    before = now;
    if (step === steps) break;
  }
  return { streamed, eaten: (1000 * options.batchSize) / median(times) };
}
