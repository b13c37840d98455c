// Measures models/energy.safetensors by the test side of the bundled data set, and how long 100 relaxations take:
//   npm run build && node scripts/energy-check.mjs
// Writes models/energy-check.json, and models/energy-references.json: what formation energies count from, fitted on the training side.
import { loadavg } from "node:os";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { scaleVolume } from "dosmith/crystal";
import { isEquilibrium, openDataset, splitOfFormula, writeFileAtomic } from "dosmith/data";
import { checkEnergyModel, energyPotential, loadEnergyModel, referencesOf, relaxed, relaxWith } from "dosmith/energy";
import { compiledEngine } from "dosmith/runtime";

/** @param {string} name */
const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const records = [...(await openDataset(path("datasets/pbe-prototypes")))];
const test = records.filter(({ formula }) => splitOfFormula(formula) === "test");
const small = test.filter((record) => isEquilibrium(record) && record.crystal.atomicNumbers.length <= 4).slice(0, 100);
const engine = await compiledEngine();
const model = await loadEnergyModel(path("models/energy.safetensors"));

/** Stretched by 3 % in volume, so that there is something to relax. */
const stretched = small.map(({ crystal }) => scaleVolume(crystal, 1.03));
/** @param {number} x */
const round = (x) => Number(x.toPrecision(3));

/** @param {() => Promise<import("dosmith/energy").Relaxation[]>} run */
const timed = async (run) => {
  const [start, used] = [performance.now(), process.cpuUsage()];
  const results = await run();
  const { user, system } = process.cpuUsage(used);
  return {
    crystals: results.length,
    converged: results.filter(({ converged }) => converged).length,
    seconds: round((performance.now() - start) / 1000),
    processorSeconds: round((user + system) / 1e6),
    load: loadavg().map(round),
  };
};

const potential = energyPotential(engine, model);
const first = await timed(() => relaxed(relaxWith(potential, stretched)));
const again = await timed(() => relaxed(relaxWith(potential, stretched)));
const training = records.filter(({ formula }) => splitOfFormula(formula) === "train");
const references = await referencesOf(potential, training);
const check = await checkEnergyModel(potential, test, { elements: records, references });
const result = {
  about: "node scripts/energy-check.mjs",
  model: model.info.source,
  data: "datasets/pbe-prototypes, test side",
  ...JSON.parse(JSON.stringify(check, (_, value) => (typeof value === "number" ? round(value) : value))),
  timing: { firstWithCompiling: first, again },
};
await writeFileAtomic(path("models/energy-check.json"), `${JSON.stringify(result, null, 2)}\n`);
const rounded = Object.entries(references).map(([symbol, energy]) => [symbol, Number(energy.toFixed(4))]);
await writeFileAtomic(
  path("models/energy-references.json"),
  `${JSON.stringify(Object.fromEntries(rounded), null, 2)}\n`,
);
console.log(JSON.stringify(result, null, 2));
potential.dispose();
engine.dispose();
