// Speed of the denoiser:  npm run bench            writes results/latest.json, .md and .svg (some minutes)
//                         npm run bench -- --torch-compile  torch.compile as one more column (needs a C++ compiler)
//                         npm run bench -- --quick  one block, few repeats, writes nothing
//                         npm run bench -- --json   prints the results as JSON instead of Markdown
import { mkdir, readFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { createRequire } from "node:module";
import { format } from "prettier";
import { writeFileAtomic } from "dosmith/data";
import { denoiserSpecs, initialParameters, parameterCount, referenceConfig } from "dosmith/model";
import { toSvg } from "dosmith/notebook";
import { availableBackends, createEngine, measureEngine } from "dosmith/runtime";
import { guidedCase, samplingCase, trainingCase } from "./cases.mjs";
import { coldStart, memory, reading } from "./footprint.mjs";
import { kernelStart } from "./kernel.mjs";
import { freshProcess, measureBandwidth, median, takeTurns } from "./measure.mjs";
import { guidedOperations, plainGuidedOperations, plainTrainingOperations, trainingOperations } from "./operations.mjs";
import { missingPeer, startPeer } from "./peer.mjs";
import { chart, markdown, readmeTable } from "./report.mjs";

/**
 * @typedef {import("./cases.mjs").Case & { engine: string, plain?: boolean }} NamedCase
 * @typedef {import("dosmith/model").DenoiserConfig} Config
 * @typedef {import("dosmith/runtime").Engine} Engine
 */

const root = fileURLToPath(new URL("..", import.meta.url));
const flags = process.argv.slice(2);
const known = ["--quick", "--json", "--torch-compile"];
const unknown = flags.filter((flag) => !known.includes(flag));
if (unknown.length > 0) {
  console.error(`bench: unknown option ${unknown.join(", ")}; there are ${known.join(", ")}`);
  process.exit(2);
}
const quick = flags.includes("--quick");
const repeats = quick ? 3 : 9;

/** Crystals x atoms. */
/** @type {[number, number][]} */
const guidedBlocks = quick ? [[8, 8]] : [[8, 8], [32, 8], [16, 16], [64, 4]]; // prettier-ignore
/** @type {[number, number][]} */
const trainingBlocks = quick ? [[8, 8]] : [[8, 8], [32, 8]]; // prettier-ignore
/** Plain loops take minutes at full size: eager-cpu is compared on a network of this size only. */
const smallConfig = { ...referenceConfig, hiddenDim: 64, layerCount: 2, frequencyCount: 16 };
/** @type {[number, number]} */
const smallBlock = [2, 4];

const statuses = await availableBackends();
const usable = statuses.filter(({ available }) => available).map(({ name }) => name);
/** @type {Map<string, Engine>} */
const engines = new Map();
for (const name of usable) engines.set(name, await createEngine(name));
const compiled = engineOf("compiled-cpu");

const noPeer = missingPeer();
const peer = noPeer === undefined ? startPeer(availableParallelism()) : undefined;
/** The peer's columns: plain PyTorch, and if asked for what its compiler makes of it. */
const peerRows = [
  ...(peer ? [{ engine: "pytorch", compile: false }] : []),
  ...(peer && flags.includes("--torch-compile") ? [{ engine: "torch.compile", compile: true }] : []),
];
/** Its version. @type {string | undefined} */
let torch;

/** Best matrix products so far, GFLOP/s: looked for before every block, since other work may take part of the machine. */
let peak = 0;
let peerPeak = 0;
const guided = [];
for (const [B, N] of guidedBlocks)
  guided.push(await measureGuided(referenceConfig, B, N, (name) => name !== "eager-cpu"));
const small = await measureGuided(smallConfig, ...smallBlock, () => true);
const training = [];
for (const [B, N] of trainingBlocks) training.push(await measureTraining(B, N));
const sampling = quick ? undefined : await measureSampling(32, 8, [100, 25]);
const bandwidth = await measureBandwidth(compiled);
note("start-up ...");
const results = {
  format: "dosmith-bench-1",
  date: new Date().toISOString(),
  machine: machine(),
  versions: versions(),
  unavailable: [
    ...statuses.filter(({ available }) => !available).map(({ name, reason }) => ({ name, reason })),
    ...(noPeer === undefined ? [] : [{ name: "pytorch", reason: noPeer }]),
  ],
  size: referenceConfig,
  smallSize: smallConfig,
  repeats,
  peakGflops: peak,
  ...(peer && { peerPeakGflops: peerPeak }),
  bandwidthGBs: bandwidth,
  parameterCount: parameterCount(initialParameters(denoiserSpecs(referenceConfig), 1)),
  guided,
  small,
  training,
  ...(sampling && { sampling }),
  startup: startup(),
  ...(!quick && { footprint: await footprint() }),
  kernel: await kernelStart(venvPython(), Math.min(repeats, 5)),
};
for (const engine of engines.values()) engine.dispose();
peer?.stop();

console.log(flags.includes("--json") ? JSON.stringify(results, null, 1) : markdown(results));
if (!quick) await writeResults(results);
// Engines may keep threads alive.
process.exit(0);

/**
 * One guided evaluation on every engine that `wanted` lets through. The compiled engines and the peers take turns; eager ones,
 * whose garbage would be collected in the others' time, take turns with compiled-cpu afterwards.
 * @param {Config} config
 * @param {number} B
 * @param {number} N
 * @param {(engine: string) => boolean} wanted
 */
async function measureGuided(config, B, N, wanted) {
  const names = usable.filter(wanted);
  note(`guided evaluation, ${B} x ${N}, hidden ${config.hiddenDim}: ${names.join(", ")} ...`);
  await lookForPeak();
  const prepare = async (/** @type {string} */ name) => ({
    engine: name,
    ...(await guidedCase(engineOf(name), config, B, N)),
  });
  const count = { gflop: guidedOperations(config, B, N), plain: plainGuidedOperations(config, B, N) };
  const fast = await Promise.all(names.filter((name) => name.startsWith("compiled")).map(prepare));
  const peers = config === referenceConfig ? await peerCases("guided", B, N) : [];
  const block = await compare([...fast, ...peers], { B, N }, count);
  const eager = await Promise.all(["compiled-cpu", ...names.filter((name) => name.startsWith("eager"))].map(prepare));
  const slow = await compare(eager, { B, N }, count, 3);
  return { ...block, engines: [...block.engines, ...slow.engines.slice(1)] };
}

/**
 * Runs the cases in turns: a row for each, with its time over that of compiled-cpu in the same turn.
 * @param {NamedCase[]} cases
 * @param {{ B: number, N: number }} block
 * @param {{ gflop: number, plain: number }} count operations, and those of a plain implementation, in 1e9
 */
async function compare(cases, { B, N }, { gflop, plain: plainGflop }, turns = repeats) {
  const times = await takeTurns(cases, turns);
  for (const { dispose } of cases) await dispose();
  const ours = times[cases.findIndex(({ engine }) => engine === "compiled-cpu")];
  const rows = cases.map(({ engine, plain }, k) => ({
    engine,
    ...(plain && { plain, gflop: plainGflop }),
    ...speed(times[k], plain ? plainGflop : gflop),
    timesCompiled: median(times[k].map((ms, i) => ms / ours[i])),
  }));
  return { crystals: B, atoms: N, gflop, engines: rows };
}

/**
 * @param {"guided" | "training" | "sampling"} kind
 * @param {number} B
 * @param {number} N
 */
async function peerCases(kind, B, N) {
  /** @type {NamedCase[]} */
  const cases = [];
  if (!peer) return cases;
  for (const { engine, compile } of peerRows) {
    const prepared = await peer.prepare(kind, B, N, { compile });
    torch = prepared.torch;
    cases.push({ engine, plain: true, ...prepared });
  }
  return cases;
}

/** @param {number} B @param {number} N */
async function measureTraining(B, N) {
  note(`training step, ${B} x ${N} ...`);
  await lookForPeak();
  const ours = { engine: "compiled-cpu", ...(await trainingCase(compiled, referenceConfig, B, N)) };
  const gflop = trainingOperations(referenceConfig, B, N);
  const plain = plainTrainingOperations(referenceConfig, B, N);
  return compare([ours, ...(await peerCases("training", B, N))], { B, N }, { gflop, plain });
}

/**
 * A guided crystal: ours by the fast sampler, the peer's by a thousand predictor-corrector steps, of which some are timed.
 * @param {number} B
 * @param {number} N
 * @param {number[]} evaluations
 */
async function measureSampling(B, N, evaluations) {
  note(`sampling, ${B} x ${N}, ${evaluations.join(" and ")} guided evaluations ...`);
  const ours = [];
  for (const engine of ["compiled-cpu", "compiled-cpu-int8"].filter((name) => engines.has(name)))
    for (const count of evaluations)
      ours.push({
        engine,
        evaluations: count,
        ...(await samplingCase(engineOf(engine), referenceConfig, { B, N, evaluations: count })),
      });
  const theirs = (await peerCases("sampling", B, N)).map((row) => ({ ...row, evaluations: 2000 }));
  const cases = [...ours, ...theirs];
  const times = await takeTurns(cases, 3);
  for (const { dispose } of cases) await dispose();
  const msPerCrystal = (/** @type {number} */ k) => ((k < ours.length ? 1 : 1000) * median(times[k])) / B;
  const rows = cases.map(({ engine, evaluations: count }, k) => ({
    engine,
    evaluations: count,
    msPerCrystal: msPerCrystal(k),
  }));
  return { crystals: B, atoms: N, engines: rows };
}

/** @param {string} name */
function engineOf(name) {
  const engine = engines.get(name);
  if (!engine) throw new Error(`bench: ${name} is not available here`);
  return engine;
}

/** @param {number[]} times @param {number} gflop */
function speed(times, gflop) {
  const ms = median(times);
  return { ms, fastestMs: Math.min(...times), gflops: (gflop / ms) * 1e3 };
}

async function lookForPeak() {
  peak = Math.max(peak, await measureEngine(compiled, { repeats: 15 }));
  if (peer) peerPeak = Math.max(peerPeak, await peer.peak(15));
}

/** Milliseconds that importing the library and opening the bundled data set take in a fresh process. */
function startup() {
  const clock = "const start = performance.now();";
  const stop = "console.log(performance.now() - start);";
  const open = `const { openDataset } = await import("dosmith/data"); ${clock} await openDataset("datasets/pbe-prototypes"); ${stop}`;
  return {
    importMs: freshProcess(`${clock} await import("dosmith"); ${stop}`, root, repeats),
    openDatasetMs: freshProcess(open, root, repeats),
  };
}

async function footprint() {
  note("memory, cold start, reading ...");
  return {
    memoryMB: { 100: memory(root, 100), 1000: memory(root, 1000) },
    coldStartMs: await coldStart(root, 3),
    ...(await reading(compiled)),
  };
}

/** Of the environment that `npm run lab` makes. */
function venvPython() {
  return `${root}.venv/${process.platform === "win32" ? "Scripts/python.exe" : "bin/python"}`;
}

function machine() {
  const [{ model }] = cpus();
  return {
    cpu: model.trim(),
    threads: availableParallelism(),
    memoryGB: Math.round(totalmem() / 1e9),
    platform: `${process.platform} ${process.arch}`,
    // Above the number of threads, other work took part of the machine.
    loadAverage: loadavg()[0],
  };
}

function versions() {
  const require = createRequire(import.meta.url);
  const version = (/** @type {string} */ name) => require(`${name}/package.json`).version;
  return {
    node: process.versions.node,
    dosmith: version("dosmith"),
    "onnxruntime-node": version("onnxruntime-node"),
    "@tensorflow/tfjs": version("@tensorflow/tfjs"),
    ...(torch && { torch }),
  };
}

/** @param {import("./report.mjs").Results} measured */
async function writeResults(measured) {
  const folder = fileURLToPath(new URL("results/", import.meta.url));
  await mkdir(folder, { recursive: true });
  await writeFileAtomic(`${folder}latest.json`, `${JSON.stringify(measured, null, 1)}\n`);
  await writeFileAtomic(`${folder}latest.md`, `${markdown(measured)}\n`);
  await writeFileAtomic(`${folder}latest.svg`, await toSvg(chart(measured)));
  const quoted = readmeTable(measured);
  if (quoted) await fillReadme(quoted);
  note(`written to ${folder}`);
}

/** README's section on speed, between its marks. @param {string} text */
async function fillReadme(text) {
  const path = `${root}README.md`;
  const [open, close] = ["<!-- speed -->", "<!-- /speed -->"];
  const content = await readFile(path, "utf8");
  const [from, to] = [content.indexOf(open), content.indexOf(close)];
  if (from < 0 || to < from) throw new Error(`README.md: no ${open} ... ${close}`);
  const filled = `${content.slice(0, from + open.length)}\n\n${text}\n\n${content.slice(to)}`;
  await writeFileAtomic(path, await format(filled, { parser: "markdown", printWidth: 120 }));
}

/** @param {string} text */
function note(text) {
  console.error(text);
}
