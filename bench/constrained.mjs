// Runs under constraints, in turns with those of another checkout of this package (built there with "npm run build"):
//   node bench/constrained.mjs OTHER-CHECKOUT [--turns 7] [--steps 25] [--batch-size 8]
// Prints the median time of each, and of both the clock and the processor the median of the ratios of neighbouring turns: the
// processor's is the one to read where other work runs beside.
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { resolve } from "node:path";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    turns: { type: "string", default: "7" },
    steps: { type: "string", default: "25" },
    "batch-size": { type: "string", default: "8" },
  },
});
if (positionals.length !== 1) {
  console.error("usage: node bench/constrained.mjs OTHER-CHECKOUT [--turns 7] [--steps 25] [--batch-size 8]");
  process.exit(2);
}
const [turns, steps, batchSize] = [values.turns, values.steps, values["batch-size"]].map(Number);
const root = resolve(import.meta.dirname, "..");

/**
 * A generator and a target from one checkout's build; the model and the record are this checkout's for both.
 * @param {string} folder
 */
async function prepare(folder) {
  /** @type {typeof import("dosmith")} */
  const library = await import(`${resolve(folder)}/dist/index.js`);
  const engine = await library.createEngine("compiled-cpu");
  const generator = library.crystalGenerator(engine, await library.loadDenoiser(`${root}/models/denoiser.safetensors`));
  const data = await library.openDataset(`${root}/datasets/pbe-prototypes`);
  const record = data.filter(({ properties }) => properties.prototype === "perovskite").at(0);
  return { generator, record, target: library.targetFromRecord(record, { use: "sites" }) };
}

const makers = { before: await prepare(positionals[0]), after: await prepare(root) };
const { crystal } = makers.after.record;
/** @type {Map<number, number>} */
const composition = new Map();
for (const z of crystal.atomicNumbers) composition.set(z, (composition.get(z) ?? 0) + 1);
/** @type {Record<string, import("dosmith").GenerateOptions>} */
const cases = {
  "no constraint": {},
  "exact composition": { composition },
  "composition and a fixed type": { composition, fixTypes: new Map([[0, crystal.atomicNumbers[0]]]) },
  "template: lattice and coordinates": { template: { crystal, keep: { lattice: true, coords: true } } },
  "template: one site, and the composition": { composition, template: { crystal, keep: { coords: [0], types: [0] } } },
};
/** @param {number[]} numbers */
const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
/** @param {number} seconds */
const format = (seconds) => `${(1000 * seconds).toFixed(0)} ms`.padStart(10);

console.log(`${batchSize} crystals of ${crystal.atomicNumbers.length} atoms, ${steps} steps, ${turns} turns`);
console.log(`${"".padEnd(42)}${"before".padStart(10)}${"after".padStart(10)}   ratio   processor`);
/** @typedef {Record<"before" | "after", number[]>} Times */
/** @type {readonly (readonly ["before" | "after", "before" | "after"])[]} */
const orders = [
  ["before", "after"],
  ["after", "before"],
];
for (const [name, options] of Object.entries(cases)) {
  /** @type {Times} */
  const seconds = { before: [], after: [] };
  /** @type {Times} */
  const busy = { before: [], after: [] };
  for (let turn = -1; turn < turns; turn++)
    // The first turn, which compiles, does not count; who begins changes from turn to turn.
    for (const which of orders[Math.abs(turn % 2)]) {
      const { generator, target } = makers[which];
      const start = performance.now();
      const used = process.cpuUsage();
      await generator.generate(target, { count: batchSize, batchSize, steps, ...options });
      if (turn < 0) continue;
      const { user, system } = process.cpuUsage(used);
      seconds[which].push((performance.now() - start) / 1000);
      busy[which].push(user + system);
    }
  /** @param {Times} times */
  const ratio = ({ before, after }) => median(before.map((value, i) => value / after[i])).toFixed(2);
  console.log(
    `${name.padEnd(42)}${format(median(seconds.before))}${format(median(seconds.after))}` +
      `${ratio(seconds).padStart(8)}${ratio(busy).padStart(12)}`,
  );
}
