import { isEquilibrium, writeFileAtomic, type Dataset } from "../../data/index.js";
import { targetFromRecord } from "../../dos/index.js";
import {
  metricRows,
  qualityTable,
  type FinishedCell,
  type QualityOptions,
  type QualityTarget,
  type SummaryRow,
} from "../../evaluate/index.js";
import { crystalGenerator } from "../../generate/index.js";
import { loadDenoiser } from "../../model/index.js";
import { shuffled } from "../../runtime/index.js";
import type { Context } from "../context.js";
import { openEngine } from "../engine.js";
import { Interrupted } from "../errors.js";
import { bundledOr, fileSha256, versions } from "../files.js";
import { trainingRecords } from "../judge.js";
import { lazyDataset, openPredictors } from "../judges.js";
import { startProgress } from "../terminal.js";
import { openCellStore } from "./cell-store.js";
import type { EvaluateOptions } from "./options.js";
import { studyGenerators, type StudyGenerator } from "./study-generators.js";
import { studyTable } from "./study-table.js";

/** `dosmith evaluate --quality-table`. */
export async function evaluateModel(
  paths: readonly string[],
  options: EvaluateOptions,
  context: Context,
): Promise<void> {
  const { out } = options;
  if (paths.length > 0)
    throw new Error(`evaluate: --quality-table makes its own structures; ${paths[0]} has no place here`);
  if (out === undefined) throw new Error("evaluate: --quality-table needs --out FILE.json");
  const modelPath = bundledOr(options.model, "denoiser", "--model");
  const model = await loadDenoiser(modelPath);
  const engine = await openEngine(options);
  const predictors = await openPredictors(options, engine);
  const dataset = await lazyDataset(options)();
  const training = trainingRecords(dataset);
  const targets = studyTargets(dataset, options);
  const study = {
    model: await fileSha256(modelPath),
    predictors: predictors.sha256,
    dataset: { name: dataset.info?.name, version: dataset.info?.version },
    ...pick(options, ["count", "steps", "guidanceInterval", "seed"]),
  };
  const store = await openCellStore(out, study, options.force);
  const generators = studyGenerators(crystalGenerator(engine, model), training, targets, options, context.signal);
  const quality: QualityOptions = {
    targets,
    generators,
    rankPredictor: predictors.rank,
    reportPredictor: predictors.report,
    trainingRecords: training,
    store,
    signal: context.signal,
    seed: options.seed,
  };
  const rows = await follow(quality, generators, await store.load(), context);
  const { samplers, weights } = options;
  const result = {
    format: "dosmith-quality-1",
    versions: versions(),
    study: { ...study, backend: engine.name, samplers, weights },
    targets: targets.map(({ target }) => target.label),
    metrics: metricRows(),
    rows,
  };
  await writeFileAtomic(out, `${JSON.stringify(result, null, 1)}\n`);
  studyTable(rows).forEach((line) => context.terminal.out(line));
  if (!predictors.independent)
    context.terminal.note("one predictor both ranked and reported: the best candidates look better than they are");
  context.terminal.out(`all columns, with standard errors: ${out}`);
}

/** The test split's crystals in the order of a seeded shuffle, so that more targets only add to fewer. */
function studyTargets(dataset: Dataset, { targets, seed }: EvaluateOptions): QualityTarget[] {
  if (dataset.info?.split !== "formula-hash")
    throw new Error(
      `${dataset.info?.name ?? "data set"}: it has no fixed test split; the quality table needs a data set that has one`,
    );
  const test = dataset.split().test.filter(isEquilibrium);
  if (test.length === 0) throw new Error(`${dataset.info.name}: no record of it belongs to the test split`);
  const order = shuffled(test.ids, seed).slice(0, targets);
  return order.map((id) => {
    const record = test.get(id);
    return { target: targetFromRecord(record), trueCrystal: record.crystal };
  });
}

/** Runs the study; progress counts network evaluations, because cells cost very different times. */
async function follow(
  quality: QualityOptions,
  generators: readonly StudyGenerator[],
  kept: readonly FinishedCell[],
  { terminal, signal }: Context,
): Promise<SummaryRow[]> {
  const cost = new Map(generators.map(({ name, evaluations }) => [name, evaluations]));
  const labels = new Set(quality.targets.map(({ target }) => target.label));
  const from = kept.reduce(
    (sum, { generator, target }) => sum + (labels.has(target) ? (cost.get(generator) ?? 0) : 0),
    0,
  );
  const total = generators.reduce((sum, { evaluations }) => sum + evaluations * labels.size, 0);
  if (from > 0) terminal.note(`continuing: ${kept.length} finished cells are kept`);
  const bar = startProgress(terminal, { label: "quality table", total, unit: "evaluation", from });
  const known = new Set(kept.map(cellName));
  let done = from;
  try {
    const table = qualityTable(quality);
    for (let step = await table.next(); ; step = await table.next()) {
      if (step.done) return step.value;
      if (step.value.kind !== "cell") continue;
      const { cell, done: cells, total: allCells } = step.value;
      if (known.has(cellName(cell))) continue;
      done += cost.get(cell.generator) ?? 0;
      bar.update(done, `cell ${cells}/${allCells}: ${cell.generator}, ${cell.target}`);
    }
  } catch (error) {
    if (signal.aborted) throw new Interrupted("stopped: finished cells are kept; the same command continues");
    throw error;
  } finally {
    bar.stop();
  }
}

function cellName({ generator, target }: FinishedCell): string {
  return JSON.stringify([generator, target]);
}

function pick<T extends object, K extends keyof T>(value: T, keys: readonly K[]): Partial<Pick<T, K>> {
  return Object.fromEntries(keys.filter((key) => value[key] !== undefined).map((key) => [key, value[key]])) as Partial<
    Pick<T, K>
  >;
}
