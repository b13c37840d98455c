// Quality against evaluations of the network: node scripts/sampler-study.mjs [--split test] [--targets 140]
// Every setting makes eight crystals for each target, from the same noise; the quality table's metrics judge them, and each
// setting is compared in pairs with the reference's sampler, predictor-corrector (2000 guided evaluations a crystal).
// `--split validation --targets 146` is what the defaults were chosen on: all variants, without the slow reference. Ten minutes a split on
// two cores, and twenty for predictor-corrector. Finished cells are kept in out/ and not computed again.
import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { fileSha256, openCellStore } from "../dist/workbench/index.js";
import { isEquilibrium, openDataset, writeFileAtomic } from "dosmith/data";
import { targetFromRecord } from "dosmith/dos";
import { pairedDifference, qualityTable } from "dosmith/evaluate";
import { crystalGenerator } from "dosmith/generate";
import { dosPredictor, loadDenoiser, loadPredictor } from "dosmith/model";
import { chartSpec, okabeIto, toSvg } from "dosmith/notebook";
import { compiledEngine, createEngine, shuffled } from "dosmith/runtime";

const root = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const { values: options } = parseArgs({
  options: {
    split: { type: "string", default: "test" },
    targets: { type: "string", default: "140" },
    out: { type: "string", default: root("models/sampler-study.json") },
  },
});
const count = 8;
const reference = "predictor-corrector";
const metrics = [
  "structural_validity",
  "strict_validity",
  "site_relative_l1_mean",
  "site_relative_l1_best",
  "composition_share",
  "uniqueness",
];
/** The library's defaults, written out. */
const fast = { order: 2, eta: 1, coordEta: "all", spacing: 1 };

/** Series, and the settings of its points beyond the number of evaluations. */
const series = {
  fast: { steps: [8, 12, 25, 50, 100], ...fast },
  "fast, coordinates ancestral": { steps: [12, 25, 50, 100], ...fast, coordEta: 1 },
  "fast, 8-bit products": { steps: [25, 100], ...fast, backend: "compiled-cpu-int8" },
  "ancestral (first order)": { steps: [12, 25, 50, 100], ...fast, coordEta: 1, order: 1 },
};
const variants = {
  "fast, first order": { steps: [25], ...fast, order: 1 },
  "fast, deterministic": { steps: [25, 100], ...fast, eta: 0, coordEta: 0 },
  "fast, times denser at low noise": { steps: [25], ...fast, spacing: 1.3 },
  "fast, times denser at high noise": { steps: [25], ...fast, spacing: 0.75 },
  "fast, half of the types' and lattice's noise": { steps: [25], ...fast, eta: 0.5 },
  "fast, guided above 0.3 of the noise": { steps: [25], ...fast, guidanceInterval: [0.3, 1] },
  "fast, guided below 0.7 of the noise": { steps: [25], ...fast, guidanceInterval: [0, 0.7] },
  "fast, w = 0": { steps: [25], ...fast, guidanceWeight: 0 },
  "fast, w = 2": { steps: [25], ...fast, guidanceWeight: 2 },
};
const asked = options.split === "test" ? series : { ...series, ...variants };

const engine = await compiledEngine();
const dataset = await openDataset(root("datasets/pbe-prototypes"));
const split = dataset.split();
const records = split[options.split].filter(isEquilibrium);
const targets = shuffled(records.ids, 0)
  .slice(0, Number(options.targets))
  .map((id) => ({ target: targetFromRecord(records.get(id)), trueCrystal: records.get(id).crystal }));
const position = new Map(targets.map((target, i) => [target, i]));
const denoiser = await loadDenoiser(root("models/denoiser.safetensors"));
const models = {
  "compiled-cpu": crystalGenerator(engine, denoiser),
  "compiled-cpu-int8": crystalGenerator(await createEngine("compiled-cpu-int8"), denoiser),
};
const [rankPredictor, reportPredictor] = await Promise.all(["a", "b"].map(openPredictor));

const generators = Object.entries(asked).flatMap(([name, { steps, ...settings }]) =>
  steps.map((n) => generator(`${name}, ${n}`, name, n, { steps: n, ...settings })),
);
if (options.split === "test")
  generators.push(generator(reference, reference, 2 * denoiser.config.timesteps, { sampler: reference }));

/** Cells of another model, data set or setting are another file's. */
const study = {
  model: await fileSha256(root("models/denoiser.safetensors")),
  dataset: dataset.info.version,
  settings: asked,
  count,
};
const digest = createHash("sha256").update(JSON.stringify(study)).digest("hex").slice(0, 12);
await mkdir(root("out"), { recursive: true });
const store = await openCellStore(root(`out/sampler-study-${options.split}-${digest}.json`), study);
const table = qualityTable({
  targets,
  generators,
  rankPredictor,
  reportPredictor,
  trainingRecords: [...split.train].filter(isEquilibrium),
  store,
});
const cells = [];
const rows = [];
for await (const event of table) {
  if (event.kind === "cell") cells.push(event.cell);
  else {
    rows.push(event.row);
    console.log(event.row.generator, ...metrics.map((name) => `${name} ${event.row[name]?.toFixed(3)}`));
  }
}

const results = rows.map((row) => {
  const { series: name, evaluations } = generators.find((g) => g.name === row.generator);
  const { targets: targetCount, candidates } = row;
  const values = Object.fromEntries(metrics.flatMap((m) => [m, `${m}_se`].map((key) => [key, row[key]])));
  const found = { generator: row.generator, series: name, evaluations, targets: targetCount, candidates, ...values };
  if (options.split !== "test") return found;
  const difference = (m) => pairedDifference(cells, m, row.generator, reference) ?? null;
  return { ...found, fromReference: Object.fromEntries(metrics.map((m) => [m, difference(m)])) };
});
const known = JSON.parse(await readFile(options.out, "utf8").catch(() => "{}"));
const studies = { ...known, [options.split]: { results } };
await writeFileAtomic(options.out, `${JSON.stringify(studies, null, 1)}\n`);
if (options.split === "test")
  await writeFileAtomic(options.out.replace(/\.json$/, ".svg"), await toSvg(chart(results)));

function generator(name, seriesName, evaluations, { backend = "compiled-cpu", ...settings }) {
  return {
    name,
    series: seriesName,
    evaluations,
    async generate(target) {
      const firstIndex = position.get(target) * count;
      const given = { guidanceWeight: 1, ...settings, count, firstIndex, seed: 0 };
      const made = await models[backend].generate(target.target, given);
      return made.map(({ crystal }) => crystal);
    },
  };
}

async function openPredictor(name) {
  const predictor = dosPredictor(engine, await loadPredictor(root(`models/predictor-${name}.safetensors`)));
  return (crystals) => predictor.predict(crystals);
}

/** What quality costs: one panel a metric over the evaluations of the network. */
function chart(points) {
  const panels = [
    ["strict_validity", "strictly valid (share)"],
    ["site_relative_l1_mean", "relative L1, mean of 8"],
    ["uniqueness", "unique (share)"],
  ];
  return chartSpec({
    hconcat: panels.map(([metric, title]) => {
      const values = points.map((p) => ({
        ...{ series: p.series, evaluations: p.evaluations, value: p[metric] },
        ...{ low: p[metric] - p[`${metric}_se`], high: p[metric] + p[`${metric}_se`] },
      }));
      const x = {
        ...{ field: "evaluations", type: "quantitative", title: "guided evaluations a crystal" },
        scale: { type: "log", nice: false, padding: 12 },
        axis: { values: [8, 25, 100, 500, 2000] },
      };
      const y = { field: "value", type: "quantitative", title, scale: { zero: false } };
      const color = {
        ...{ field: "series", type: "nominal", title: null, sort: null },
        scale: { range: Object.values(okabeIto) },
        legend: { orient: "bottom", columns: 2, labelLimit: 300 },
      };
      return {
        ...{ width: 215, height: 230, data: { values } },
        layer: [
          { mark: { type: "line", point: { size: 45 } }, encoding: { x, y, color } },
          { mark: "rule", encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color } },
        ],
      };
    }),
  });
}
