// Where a program's time goes, by onnxruntime's own profiler:  node bench/profile.mjs guided|training [crystals] [atoms]
// Milliseconds a run by operator, the median run, and what a call takes beyond it (node binding, copies of outputs).
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import * as ort from "onnxruntime-node";
import { referenceConfig } from "dosmith/model";
import { compiledEngine, toOnnx } from "dosmith/runtime";
import { guidedCase, trainingCase } from "./cases.mjs";
import { median } from "./measure.mjs";

const [kind = "training", crystals = "8", atoms = "8"] = process.argv.slice(2);
const prepare = new Map([
  ["guided", guidedCase],
  ["training", trainingCase],
]).get(kind);
if (!prepare) throw new Error(`profile: expected guided or training, found ${kind}`);
const runs = 10;

// The case's program and what it is fed.
const engine = await compiledEngine();
/** @type {{ source: import("dosmith/runtime").ProgramSource, inputs: readonly (Float32Array | Int32Array)[] } | undefined} */
let seen;
/** @type {import("dosmith/runtime").Engine} */
const watching = {
  ...engine,
  compile: async (source) => {
    const program = await engine.compile(source);
    /** @type {typeof program.run} */
    const run = (inputs, into) => ((seen = { source, inputs }), program.run(inputs, into));
    return { ...program, run, dispose: () => program.dispose() };
  },
};
const prepared = await prepare(watching, referenceConfig, Number(crystals), Number(atoms));
const calls = [];
for (let i = 0; i < runs + 3; i++) {
  const start = performance.now();
  await prepared.run();
  calls.push(performance.now() - start);
}
if (!seen) throw new Error("profile: the case ran no program");
const { source, inputs } = seen;

const folder = await mkdtemp(join(tmpdir(), "dosmith-profile-"));
const session = await ort.InferenceSession.create(await toOnnx(source), {
  enableProfiling: true,
  profileFilePrefix: join(folder, "run"),
  graphOptimizationLevel: "all",
  interOpNumThreads: 1,
  executionMode: "sequential",
  logSeverityLevel: 4,
});
const feeds = Object.fromEntries(
  source.inputs.map(({ shape }, i) => [`input${i}`, new ort.Tensor("float32", inputs[i], shape)]),
);
for (let i = 0; i < runs + 3; i++) await session.run(feeds);
session.endProfiling();
const [file] = await readdir(folder);
/** @type {{ cat: string, name: string, dur: number, ts: number, args: { op_name: string } }[]} */
const events = JSON.parse(await readFile(join(folder, file), "utf8"));
await rm(folder, { recursive: true });

const whole = events.filter(({ name }) => name === "model_run").sort((a, b) => a.ts - b.ts);
const from = whole[3].ts;
const times = new Map();
for (const { cat, name, dur, ts, args } of events) {
  if (cat !== "Node" || !name.endsWith("_kernel_time") || ts < from) continue;
  const known = times.get(args.op_name) ?? { ms: 0, calls: 0 };
  times.set(args.op_name, { ms: known.ms + dur / 1000 / runs, calls: known.calls + 1 / runs });
}
for (const [name, { ms, calls: count }] of [...times].sort(([, a], [, b]) => b.ms - a.ms))
  console.log(`${name.padEnd(16)} ${ms.toFixed(2).padStart(8)} ms ${count.toFixed(0).padStart(6)} calls`);
const run = median(whole.slice(3).map(({ dur }) => dur / 1000));
console.log(
  `a run ${run.toFixed(1)} ms (with the profiler), a call of the program ${median(calls.slice(3)).toFixed(1)} ms`,
);
prepared.dispose();
process.exit(0);
