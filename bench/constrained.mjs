// Runs under constraints, in turns with those of another checkout of this package (built there with "npm run build"):
//   node bench/constrained.mjs OTHER-CHECKOUT [--turns 15] [--steps 25] [--batch-size 8]
// Prints the median time of each, and of both the clock and the processor the median of the ratios of neighbouring turns: the
// processor's is the one to read where other work runs beside. Each checkout has a process of its own; one works at a time.
import { fork } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    turns: { type: "string", default: "15" },
    steps: { type: "string", default: "25" },
    "batch-size": { type: "string", default: "8" },
  },
});
if (positionals.length !== 1) {
  console.error("usage: node bench/constrained.mjs OTHER-CHECKOUT [--turns 15] [--steps 25] [--batch-size 8]");
  process.exit(2);
}
const [turns, steps, batchSize] = [values.turns, values.steps, values["batch-size"]].map(Number);
const root = resolve(import.meta.dirname, "..");
const names = [
  "no constraint",
  "exact composition",
  "composition and a fixed type",
  "template: lattice and coordinates",
  "template: one site, and the composition",
];

/** @typedef {{ seconds: number, busy: number }} Cost time by the clock and of the processor */
/** @typedef {Record<"before" | "after", Cost[]>} Costs */

if (process.send) await work(positionals[0]);
else await compare();

/**
 * Makes crystals whenever it is told a case; the model and the record are this checkout's whatever is measured.
 * @param {string} folder
 */
async function work(folder) {
  /** @type {typeof import("dosmith")} */
  const library = await import(`${resolve(folder)}/dist/index.js`);
  /** @type {typeof import("dosmith/runtime")} */
  const { compiledEngine } = await import(`${resolve(folder)}/dist/runtime/index.js`);
  // One thread, which never spins: the processor's time is work alone.
  const engine = await compiledEngine({ threads: 1, spinMicroseconds: 0 });
  const generator = library.crystalGenerator(engine, await library.loadDenoiser(`${root}/models/denoiser.safetensors`));
  const data = await library.openDataset(`${root}/datasets/pbe-prototypes`);
  const record = data.filter(({ properties }) => properties.prototype === "perovskite").at(0);
  const target = library.targetFromRecord(record, { use: "sites" });
  const { crystal } = record;
  /** @type {Map<number, number>} */
  const composition = new Map();
  for (const z of crystal.atomicNumbers) composition.set(z, (composition.get(z) ?? 0) + 1);
  /** @type {import("dosmith").GenerateOptions[]} */
  const cases = [
    {},
    { composition },
    { composition, fixTypes: new Map([[0, crystal.atomicNumbers[0]]]) },
    { template: { crystal, keep: { lattice: true, coords: true } } },
    { composition, template: { crystal, keep: { coords: [0], types: [0] } } },
  ];
  process.on("message", async (which) => {
    const [start, used] = [performance.now(), process.cpuUsage()];
    await generator.generate(target, { count: batchSize, batchSize, steps, ...cases[Number(which)] });
    const { user, system } = process.cpuUsage(used);
    process.send?.({ seconds: (performance.now() - start) / 1000, busy: (user + system) / 1e6 });
  });
  process.send?.("ready");
}

async function compare() {
  const workers = { before: await start(positionals[0]), after: await start(root) };
  console.log(`${batchSize} crystals, ${steps} steps, ${turns} turns`);
  console.log(`${"".padEnd(42)}${"before".padStart(10)}${"after".padStart(10)}   ratio   processor`);
  for (const [i, name] of names.entries()) {
    /** @type {Costs} */
    const costs = { before: [], after: [] };
    // The first turn, which compiles, does not count; who begins changes from turn to turn.
    for (let turn = 0; turn <= turns; turn++)
      for (const which of order(turn)) {
        workers[which].send(i);
        const [cost] = await once(workers[which], "message");
        if (turn > 0) costs[which].push(cost);
      }
    console.log(row(name, costs));
  }
  workers.before.kill();
  workers.after.kill();
}

/** @param {string} folder */
async function start(folder) {
  const numbers = ["--steps", String(steps), "--batch-size", String(batchSize)];
  const worker = fork(import.meta.filename, [folder, ...numbers]);
  await once(worker, "message");
  return worker;
}

/** @param {number} turn @returns {readonly ("before" | "after")[]} */
function order(turn) {
  return turn % 2 ? ["before", "after"] : ["after", "before"];
}

/** @param {string} name @param {Costs} costs */
function row(name, { before, after }) {
  const time = [before, after].map((costs) =>
    `${(1000 * median(costs.map((c) => c.seconds))).toFixed(0)} ms`.padStart(10),
  );
  const [clock, processor] = [
    before.map(({ seconds }, i) => seconds / after[i].seconds),
    before.map(({ busy }, i) => busy / after[i].busy),
  ].map((ratios) => median(ratios).toFixed(2));
  return name.padEnd(42) + time.join("") + clock.padStart(8) + processor.padStart(12);
}

/** @param {number[]} numbers */
function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
}
