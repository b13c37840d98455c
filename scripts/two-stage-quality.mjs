// Compositions first, then shapes, against joint sampling, on equilibria of the test side:
//   node scripts/two-stage-quality.mjs [--targets 40] [--proposer FILE] [--out FILE.json]
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isEquilibrium, openDataset } from "dosmith/data";
import { matchDos, targetFromRecord } from "dosmith/dos";
import { compositionRecall } from "dosmith/evaluate";
import { crystalGenerator, proposeThenPlace } from "dosmith/generate";
import { dosPredictor, elementProposer, loadDenoiser, loadPredictor, loadProposer } from "dosmith/model";
import { createEngine, key } from "dosmith/runtime";

/** @param {string} name */
const here = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const { values } = parseArgs({
  options: {
    targets: { type: "string", default: "40" },
    proposer: { type: "string", default: here("models/proposer.safetensors") },
    out: { type: "string" },
  },
});
const engine = await createEngine("compiled-cpu");
const models = {
  proposer: elementProposer(engine, await loadProposer(values.proposer)),
  generator: crystalGenerator(engine, await loadDenoiser(here("models/denoiser.safetensors"))),
  predictor: dosPredictor(engine, await loadPredictor(here("models/predictor-a.safetensors"))),
};
const judge = dosPredictor(engine, await loadPredictor(here("models/predictor-b.safetensors")));
const test = [...(await openDataset(here("datasets/pbe-prototypes"))).split().test].filter(isEquilibrium);
const records = key(1).shuffled(test).slice(0, Number(values.targets));
const settings = { seed: 1, steps: 25 };
/** @type {Record<string, { answers: number[][], truth: readonly number[], distances: number[] }[]>} */
const answers = { "two stages": [], joint: [] };
for (const record of records) {
  const target = targetFromRecord(record);
  /** @type {import("dosmith/crystal").Crystal[]} */
  let placed = [];
  for await (const { ranked } of proposeThenPlace(models, target, {
    knownConvention: true,
    generate: { ...settings, count: 8 },
  }))
    placed = ranked.map(({ crystal }) => crystal);
  const made = (await models.generator.generate(target, { ...settings, count: 64 })).map(({ crystal }) => crystal);
  const expected = await distances(models.predictor, made, target);
  const joint = made.map((crystal, i) => ({ crystal, distance: expected[i] })).sort((a, b) => a.distance - b.distance);
  for (const [name, crystals] of [
    ["two stages", placed],
    ["joint", joint.map(({ crystal }) => crystal)],
  ])
    // prettier-ignore
    answers[String(name)].push(await answerOf(/** @type {any} */ (crystals), record, target));
}
const results = Object.entries(answers).map(([name, list]) => {
  const firsts = list.map(({ distances: [first] }) => first);
  const best = list.map(({ distances: all }) => Math.min(...all));
  return [
    name,
    {
      compositionAmong: compositionRecall(list, [1, 4, 8, 16]),
      distinctFormulas: mean(
        list.map(({ answers: all }) => new Set(all.map((atoms) => [...atoms].sort().join())).size),
      ),
      firstDistance: mean(firsts),
      bestOf8Distance: mean(best),
    },
  ];
});
const text = JSON.stringify({ targets: records.length, crystals: 64, ...Object.fromEntries(results) }, rounded, 1);
if (values.out) await writeFile(values.out, `${text}\n`);
console.log(text);

/**
 * @param {import("dosmith/crystal").Crystal[]} crystals
 * @param {import("dosmith/data").DosRecord} record
 * @param {import("dosmith/dos").Target} target
 */
async function answerOf(crystals, { crystal: { atomicNumbers } }, target) {
  const answers = crystals.map((crystal) => [...crystal.atomicNumbers]);
  return { answers, truth: atomicNumbers, distances: await distances(judge, crystals.slice(0, 8), target) };
}

/**
 * @param {import("dosmith/model").DosPredictor} predictor
 * @param {import("dosmith/crystal").Crystal[]} crystals
 * @param {import("dosmith/dos").Target} target
 */
async function distances(predictor, crystals, target) {
  const spectra = await predictor.predict(crystals);
  return spectra.map((siteDos) => matchDos({ siteDos }, target).values.site_relative_l1 ?? Infinity);
}

/** @param {number[]} numbers */
function mean(numbers) {
  return numbers.reduce((a, b) => a + b, 0) / numbers.length;
}

/**
 * @param {string} _name
 * @param {unknown} value
 */
function rounded(_name, value) {
  return typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}
