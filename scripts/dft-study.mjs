// DFT as the judge: node scripts/dft-study.mjs [--targets 40] [--candidates 4] [--processes 2] [--out models/dft-study.json]
// For test targets, eight crystals each are generated, the first predictor chooses the best four, and GPAW computes their DOS at
// the data set's settings. Says how near the computed DOS is to the target, beside what the second predictor said, and
// beside retrieval's, whose DOS is stored. Finished calculations are kept in --cache and not computed again.
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { sampleRankCorrelation } from "simple-statistics";
import { formula } from "dosmith/crystal";
import { isEquilibrium, openDataset, splitOfFormula, writeFileAtomic } from "dosmith/data";
import { targetFromRecord } from "dosmith/dos";
import {
  bootstrapStandardError,
  isSameStructure,
  isStructurallyValid,
  matchTarget,
  rankCandidates,
  retrievalIndex,
  retrieve,
} from "dosmith/evaluate";
import { crystalGenerator } from "dosmith/generate";
import { dosPredictor, loadDenoiser, loadPredictor } from "dosmith/model";
import { scatterChart, toSvg } from "dosmith/notebook";
import { compiledEngine } from "dosmith/runtime";
import { hullOf, verify } from "dosmith/verify";

const root = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const { values: options } = parseArgs({
  options: {
    targets: { type: "string", default: "40" },
    candidates: { type: "string", default: "4" },
    processes: { type: "string", default: "2" },
    threads: { type: "string", default: "1" },
    relax: { type: "string", default: "none" },
    cache: { type: "string", default: root("out/dft-study") },
    out: { type: "string", default: root("models/dft-study.json") },
  },
});
const candidateCount = Number(options.candidates);
const settings = { generated: 8, guidanceWeight: 1, steps: 100, seed: 1, relax: options.relax };

const engine = await compiledEngine({ threads: Number(options.threads) });
const dataset = await openDataset(root("datasets/pbe-prototypes"));
const split = dataset.split();
const generator = crystalGenerator(engine, await loadDenoiser(root("models/denoiser.safetensors")));
const [chooser, reporter] = await Promise.all(
  ["a", "b"].map(async (name) =>
    dosPredictor(engine, await loadPredictor(root(`models/predictor-${name}.safetensors`))),
  ),
);
const index = retrievalIndex([...split.train].filter(isEquilibrium));
const hull = await hullOf(dataset);
await mkdir(options.cache, { recursive: true });

const targets = [];
for (const record of spread([...split.test].filter(isEquilibrium), Number(options.targets))) {
  const judged = await judgeTarget(record);
  targets.push(judged);
  console.log(
    `${targets.length} ${record.id}: DFT ${judged.candidates.map(({ dft, failure }) => failure ?? dft.toFixed(2)).join(" ")}, ` +
      `predicted ${judged.candidates.map(({ predicted }) => predicted.toFixed(2)).join(" ")}, retrieval ${judged.retrieval.map((x) => x.toFixed(2)).join(" ")}`,
  );
}
const study = { settings, summary: summarise(targets), targets };
await writeFileAtomic(options.out, `${JSON.stringify(study, rounded, 1)}\n`);
await writeFileAtomic(options.out.replace(/\.json$/, ".svg"), await toSvg(chart(targets)));
console.log(JSON.stringify(study.summary, rounded, 1));
await engine.dispose();

async function judgeTarget(record) {
  const target = targetFromRecord(record, { use: "sites" });
  const made = await generator.generate(target, {
    ...settings,
    count: settings.generated,
    batchSize: settings.generated,
  });
  const ranked = await rankCandidates(
    target,
    made.map(({ crystal }) => crystal),
    (crystals) => chooser.predict(crystals),
    (crystals) => reporter.predict(crystals),
  );
  const chosen = ranked
    .filter(({ crystal, reportMatch }) => reportMatch && isStructurallyValid(crystal) && allowed(crystal))
    .slice(0, candidateCount);
  const candidates = chosen.map(({ crystal, reportMatch }) => ({
    formula: formula(crystal.atomicNumbers),
    predicted: reportMatch.site_relative_l1,
    isTarget: isSameStructure(crystal, record.crystal),
  }));
  const wanted = chosen.map(({ crystal }) => crystal);
  const how = {
    relax: settings.relax,
    processes: Number(options.processes),
    timeLimit: 600,
    cacheFolder: options.cache,
  };
  for await (const found of verify(wanted, how)) Object.assign(candidates[found.index], compared(found, target));
  const retrieval = retrieve(index, target, candidateCount).map(({ distance }) => distance);
  return { id: record.id, formula: record.formula, atoms: record.crystal.atomicNumbers.length, candidates, retrieval };
}

function compared(verification, target) {
  if (verification.status === "failed") return { failure: verification.reason };
  const { siteDos, properties } = verification.record;
  const above = hull(verification);
  const match = matchTarget(target, { siteDos });
  return {
    dft: match.site_relative_l1,
    dftBroad: match["site_relative_l1_0.5eV"],
    pressure: properties.pressure_GPa,
    aboveHull: above?.kind === "hull" ? above.energyAboveHull : null,
    seconds: verification.seconds,
  };
}

function summarise(judged) {
  const done = judged.map(({ candidates, retrieval }) => ({
    candidates: candidates.filter(({ dft }) => dft !== undefined),
    retrieval,
  }));
  const some = done.filter(({ candidates }) => candidates.length > 0);
  const all = some.flatMap(({ candidates }) => candidates);
  const perTarget = {
    "generated, DFT, mean": some.map(({ candidates }) => mean(candidates.map(({ dft }) => dft))),
    "generated, DFT, first choice": some.map(({ candidates }) => candidates[0].dft),
    "generated, DFT, best by DFT": some.map(({ candidates }) => Math.min(...candidates.map(({ dft }) => dft))),
    "generated, predicted, mean": some.map(({ candidates }) => mean(candidates.map(({ predicted }) => predicted))),
    "retrieval, DFT, mean": some.map(({ retrieval }) => mean(retrieval)),
    "retrieval, DFT, first choice": some.map(({ retrieval }) => retrieval[0]),
  };
  const failures = judged.flatMap(({ candidates }) => candidates.map(({ failure }) => failure)).filter(Boolean);
  const heights = all.map(({ aboveHull }) => aboveHull).filter((x) => typeof x === "number");
  return {
    targets: some.length,
    calculations: all.length,
    failures: Object.fromEntries(
      [...new Set(failures)].map((name) => [name, failures.filter((f) => f === name).length]),
    ),
    ...Object.fromEntries(
      Object.entries(perTarget).map(([name, values]) => [
        name,
        { mean: mean(values), error: bootstrapStandardError(values) },
      ]),
    ),
    shareBetterThanRetrieval: mean(some.map(({ candidates, retrieval }) => Number(candidates[0].dft < retrieval[0]))),
    rankCorrelation: sampleRankCorrelation(
      all.map(({ predicted }) => predicted),
      all.map(({ dft }) => dft),
    ),
    withHull: heights.length,
    medianAboveHull: heights.length > 0 ? heights.sort((a, b) => a - b)[Math.floor(heights.length / 2)] : null,
  };
}

/** Formulas that are kept for an outside referee are not computed. */
function allowed({ atomicNumbers }) {
  return splitOfFormula(formula(atomicNumbers)) !== "reserved";
}

/** Every calculation: what the predictor had said, and what came out. */
function chart(judged) {
  const points = judged.flatMap(({ candidates }) =>
    candidates
      .filter(({ dft }) => dft !== undefined)
      .map(({ predicted, dft, isTarget, formula: label }) => ({
        x: predicted,
        y: dft,
        label,
        series: isTarget ? "the target's own structure" : "another structure",
      })),
  );
  return scatterChart(points, {
    title: "Distance to the target: what the predictor said and what DFT says",
    xLabel: "predicted relative L1 (1)",
    yLabel: "computed relative L1 (1)",
    diagonal: true,
  });
}

function spread(records, count) {
  return Array.from(
    { length: Math.min(count, records.length) },
    (_, i) => records[Math.floor((i * records.length) / count)],
  );
}

function mean(values) {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}

function rounded(_, value) {
  return typeof value === "number" ? Number(value.toPrecision(4)) : value;
}
