import { createHash } from "node:crypto";
import { crystalOf } from "../../crystal/index.js";
import { writeFileAtomic } from "../../data/index.js";
import {
  hasValues,
  metricRows,
  qualityTable,
  type FinishedCell,
  type Metric,
  type QualityOptions,
  type QualityTarget,
  type SummaryRow,
} from "../../evaluate/index.js";
import { Interrupted } from "../interrupted.js";
import type { Resources } from "../resources.js";
import type { WorkProgress } from "../task.js";
import { plainTarget } from "../target-json.js";
import { trainingRecords } from "../training-data.js";
import { versions } from "../versions.js";
import { openCellStore } from "./cell-store.js";
import { referenceGenerators, sweepGenerators, type StudyGenerator, type SweepSettings } from "./generators.js";
import type { StoredStudy } from "./stored-study.js";
import { studyTargets, type StudyTargetOptions } from "./targets.js";

/** Targets, sweep, metrics and files of a study. */
export interface StudyOptions extends StudyTargetOptions, SweepSettings {
  /** Further rows. */
  readonly generators?: readonly StudyGenerator[];
  /** Default: all that the library has. */
  readonly metrics?: readonly Metric[];
  /** FILE.json of the result; finished cells are kept beside it, and the same study continues. Default: in memory. */
  readonly out?: string;
  /** Replace the file, if it exists. */
  readonly force?: boolean;
  /** Stops the study; finished cells are kept. */
  readonly signal?: AbortSignal;
}

/** A study's result: what a quality table's file holds, with the cells that its means were made of. */
export interface Study extends StoredStudy {
  readonly cells: readonly FinishedCell[];
  /** The rows of the guidance sweep, with their settings. */
  readonly sweep: readonly { readonly generator: string; readonly sampler: string; readonly guidanceWeight: number }[];
}

/** Where a study stands. */
export interface StudyProgress extends WorkProgress {
  /** Cells that an earlier run had finished. */
  readonly kept: number;
  /** A row is complete. */
  readonly row?: SummaryRow;
}

/**
 * The quality table of a model: the true structures, retrieval, unconditional crystals and the model at each sampler and guidance
 * weight meet every target and are judged by the same metrics; standard errors are over the targets. Progress counts
 * network evaluations, because cells cost very different times.
 *
 * @throws Interrupted when `signal` is aborted; Error when the data set has no test split, or the file holds another study
 */
export async function* runStudy(
  resources: Resources,
  options: StudyOptions = {},
): AsyncGenerator<StudyProgress, Study> {
  const { out, signal, metrics, seed = 0, count = 8 } = options;
  const targets = await studyTargets(() => resources.dataset(), options);
  const settings = await studySettings(resources, options, targets);
  const training = trainingRecords(await resources.dataset());
  const predictors = await resources.predictors();
  const store = out === undefined ? undefined : await openCellStore(out, settings, options);
  const generators = [
    ...referenceGenerators(training, count),
    ...sweepGenerators(await resources.generator(), targets, options),
    ...(options.generators ?? []),
  ];
  const quality: QualityOptions = {
    ...{ targets, generators, seed, signal },
    rankPredictor: predictors.rank,
    reportPredictor: predictors.report,
    trainingRecords: training,
    ...(metrics && { metrics }),
    ...(store && { store }),
  };
  const { rows, cells } = yield* cellsOf(
    quality,
    generators,
    ((await store?.load()) ?? []).filter((cell) => hasValues(cell, metrics)),
  );
  const { samplers, weights } = options;
  const study: StoredStudy = {
    format: "dosmith-quality-1",
    versions: versions(),
    study: { ...settings, backend: (await resources.engine()).name, samplers, weights },
    targets: targets.map(({ target }) => target.label),
    metrics: metricRows(metrics),
    rows,
  };
  if (out !== undefined) await writeFileAtomic(out, `${JSON.stringify(study, null, 1)}\n`);
  return { ...study, cells, sweep: generators.flatMap(sweepRow) };
}

/** What the cells depend on, as plain data. Of the test split more targets may be asked for; those that were named are fixed. */
async function studySettings(
  resources: Resources,
  options: StudyOptions,
  targets: readonly QualityTarget[],
): Promise<Record<string, unknown>> {
  const { info } = await resources.dataset();
  const { count = 8, steps = 100, guidanceInterval, seed = 0, use } = options;
  return {
    model: (await resources.denoiser()).sha256,
    predictors: (await resources.predictors()).sha256,
    dataset: { name: info?.name, version: info?.version },
    ...{ count, steps, guidanceInterval, seed, use },
    ...(typeof options.targets === "object" && { namedTargets: digest(targets) }),
  };
}

function digest(targets: readonly QualityTarget[]): string {
  const plain = targets.map(({ target, trueCrystal }) => [plainTarget(target), trueCrystal && crystalOf(trueCrystal)]);
  return createHash("sha256").update(JSON.stringify(plain)).digest("hex");
}

async function* cellsOf(
  quality: QualityOptions,
  generators: readonly StudyGenerator[],
  kept: readonly FinishedCell[],
): AsyncGenerator<StudyProgress, { rows: SummaryRow[]; cells: FinishedCell[] }> {
  const cost = new Map(generators.map(({ name, evaluations }) => [name, evaluations]));
  const labels = new Set(quality.targets.map(({ target }) => target.label));
  const costOf = (cell: FinishedCell) => (labels.has(cell.target) ? (cost.get(cell.generator) ?? 0) : 0);
  const from = kept.reduce((sum, cell) => sum + costOf(cell), 0);
  const total = generators.reduce((sum, { evaluations }) => sum + evaluations * labels.size, 0);
  const known = new Set(kept.map(cellName));
  const progress = { label: "quality table", unit: "evaluation", total, from, kept: kept.length };
  const cells: FinishedCell[] = [];
  let done = from;
  yield { ...progress, done };
  try {
    const table = qualityTable(quality);
    for (let step = await table.next(); ; step = await table.next()) {
      if (step.done) return { rows: step.value, cells };
      if (step.value.kind === "row") {
        yield { ...progress, done, row: step.value.row };
        continue;
      }
      const { cell, done: count, total: all } = step.value;
      cells.push(cell);
      if (known.has(cellName(cell))) continue;
      done += costOf(cell);
      yield { ...progress, done, detail: `cell ${count}/${all}: ${cell.generator}, ${cell.target}` };
    }
  } catch (error) {
    if (!quality.signal?.aborted) throw error;
    const keeping = quality.store ? "finished cells are kept; the same command continues" : "nothing is kept";
    throw new Interrupted(`stopped: ${keeping}`, { cause: error });
  }
}

function sweepRow({ name, sampler, guidanceWeight }: StudyGenerator): Study["sweep"][number][] {
  return sampler === undefined || guidanceWeight === undefined ? [] : [{ generator: name, sampler, guidanceWeight }];
}

function cellName({ generator, target }: FinishedCell): string {
  return JSON.stringify([generator, target]);
}
