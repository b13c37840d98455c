// Quality against the number of training crystals: node scripts/learning-curve.mjs [--steps 5000] [--shares 0.125,0.25,0.5,1] [--out models/learning-curve.json]
// Trains a predictor and a denoiser on growing parts of the training split (whole formulas) and judges them on the
// validation split. About ten minutes a point on two cores; finished points are kept and not computed again.
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isEquilibrium, openDataset, writeFileAtomic } from "dosmith/data";
import { targetFromRecord } from "dosmith/dos";
import { isStructurallyValid, matchTarget } from "dosmith/evaluate";
import { crystalGenerator } from "dosmith/generate";
import { dosPredictor, loadDenoiser, loadPredictor } from "dosmith/model";
import { learningCurveChart, toSvg } from "dosmith/notebook";
import { compiledEngine } from "dosmith/runtime";
import {
  defaultDenoiserOptions,
  defaultPredictorOptions,
  denoiserRun,
  predictorRun,
  trainWithFiles,
} from "dosmith/train";

const { values: options } = parseArgs({
  options: {
    steps: { type: "string", default: "5000" },
    shares: { type: "string", default: "0.125,0.25,0.5,1" },
    threads: { type: "string", default: "1" },
    out: { type: "string", default: fileURLToPath(new URL("../models/learning-curve.json", import.meta.url)) },
  },
});
const root = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const shares = options.shares.split(",").map(Number);

const engine = await compiledEngine({ threads: Number(options.threads) });
const split = (await openDataset(root("datasets/pbe-prototypes"))).split();
const [training, allValidation] = [[...split.train], [...split.validation]];
const validation = allValidation.filter(isEquilibrium);
const judge = dosPredictor(engine, await loadPredictor(root("models/predictor-b.safetensors")));
const bundled = {
  predictor: await loadPredictor(root("models/predictor-a.safetensors")),
  denoiser: await loadDenoiser(root("models/denoiser.safetensors")),
};
const points = await readFile(options.out, "utf8").then(
  (text) => JSON.parse(text).points,
  () => [],
);

for (const share of shares) {
  if (points.some((point) => point.share === share)) continue;
  const part = training.filter(({ formula }) => position(formula) < share);
  const steps = Number(options.steps);
  const whole = share === 1; // the bundled models are trained on it, for as long as validation improved
  const equilibria = part.filter(isEquilibrium);
  // As the bundled ones: predictors also learn from crystals off their equilibrium.
  const predictor = whole
    ? bundled.predictor
    : await train(predictorRun(part, allValidation, { ...defaultPredictorOptions, steps: Math.min(steps, 2500) }));
  const denoiser = whole
    ? bundled.denoiser
    : await train(denoiserRun(equilibria, validation, { ...defaultDenoiserOptions, steps }));
  points.push({
    share,
    trainCount: equilibria.length,
    ...(await judgePredictor(predictor)),
    ...(await judgeDenoiser(denoiser)),
  });
  points.sort((a, b) => a.share - b.share);
  await writeFileAtomic(options.out, `${JSON.stringify({ steps, judged: validation.length, points }, null, 1)}\n`);
  console.log(JSON.stringify(points.find((point) => point.share === share)));
}
const rows = points.flatMap((point) => [
  { trainCount: point.trainCount, value: point.predictor, series: "predictor on true structures" },
  { trainCount: point.trainCount, value: point.meanMatch, series: "generated, mean of 8" },
]);
await writeFileAtomic(
  options.out.replace(/\.json$/, ".svg"),
  await toSvg(learningCurveChart(rows, { valueLabel: "relative L1 distance of the site DOS" })),
);

async function train(run) {
  const folder = await mkdtemp(join(tmpdir(), "dosmith-curve-"));
  const files = { modelPath: join(folder, "model"), statePath: join(folder, "state"), saveEvery: 1000, info: {} };
  const steps = trainWithFiles(engine, run, files);
  let next = await steps.next();
  while (!next.done) next = await steps.next();
  await rm(folder, { recursive: true });
  return next.value;
}

/** Relative L1 distance on true validation structures, by the part's own predictor. */
async function judgePredictor(model) {
  const own = dosPredictor(engine, model);
  const predicted = await own.predict(validation.map(({ crystal }) => crystal));
  own.dispose();
  return { predictor: mean(validation.map((record, i) => distance(targetFromRecord(record), predicted[i]))) };
}

/** Eight candidates a target, judged by one and the same bundled predictor. */
async function judgeDenoiser(model) {
  const generator = crystalGenerator(engine, model);
  const cells = [];
  for (const record of validation) {
    const target = targetFromRecord(record);
    const crystals = (await generator.generate(target, { count: 8, seed: 1 })).map(({ crystal }) => crystal);
    const valid = crystals.filter(isStructurallyValid);
    const matches = (await judge.predict(valid)).map((dos) => distance(target, dos));
    cells.push({ valid: valid.length / crystals.length, match: valid.length > 0 ? mean(matches) : null });
  }
  generator.dispose();
  const matched = cells.flatMap(({ match }) => (match === null ? [] : [match]));
  return { structuralValidity: mean(cells.map(({ valid }) => valid)), meanMatch: mean(matched) };
}

function distance(target, siteDos) {
  return matchTarget(target, { siteDos }).site_relative_l1;
}

/** Where a formula stands between 0 and 1; a larger part contains the smaller ones. */
function position(formula) {
  return parseInt(createHash("sha256").update(`learning curve ${formula}`).digest("hex").slice(0, 8), 16) / 2 ** 32;
}

function mean(values) {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
