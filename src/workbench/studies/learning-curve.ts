import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { differences, isEquilibrium, writeFileAtomic, type DosRecord } from "../../data/index.js";
import { targetFromRecord, type SiteDos, type Target } from "../../dos/index.js";
import { isStructurallyValid, matchTarget } from "../../evaluate/index.js";
import { crystalGenerator } from "../../generate/index.js";
import { dosPredictor, type DenoiserModel, type Model, type PredictorModel } from "../../model/index.js";
import {
  defaultDenoiserOptions,
  defaultPredictorOptions,
  denoiserRun,
  predictorRun,
  trainWithFiles,
  type TrainDenoiserOptions,
  type TrainingRun,
  type TrainPredictorOptions,
} from "../../train/index.js";
import type { Resources } from "../resources.js";
import { task, type Task, type WorkProgress } from "../task.js";
import { parseStored } from "./stored.js";

/** Shares of the training split, length of the trainings, and the file of a learning curve. */
/** Parts, training and judging of a learning curve. */
export interface LearningCurveOptions {
  /** Parts of the training split, 0 to 1, by whole formulas; a larger part contains the smaller ones. Default 1/8, 1/4, 1/2, 1. */
  readonly shares?: readonly number[];
  /** Steps of each denoiser; predictors take at most 2500. Default 5000. */
  readonly steps?: number;
  /** FILE.json of the result: points that it holds are not computed again. Default: in memory. */
  readonly out?: string;
  /** Settings of the denoisers beyond the defaults. */
  readonly denoiser?: Partial<TrainDenoiserOptions>;
  /** Settings of the predictors beyond the defaults. */
  readonly predictor?: Partial<TrainPredictorOptions>;
  /** Crystals generated for each validation target. Default 8. */
  readonly count?: number;
}

const point = z.object({
  share: z.number(),
  trainCount: z.int(),
  predictor: z.number(),
  structuralValidity: z.number(),
  meanMatch: z.number(),
});
const curve = z.object({ steps: z.int(), judged: z.int(), points: z.array(point) });

/**
 * What models trained on a part of the data reach on the validation split. `predictor`: relative L1 of its prediction for the true
 * structures; `structuralValidity` (0 to 1) and `meanMatch` (relative L1, by the bundled predictor): of generated crystals.
 */
export type LearningCurvePoint = Readonly<z.infer<typeof point>>;

/** Quality against the number of training formulas, as its file holds it. */
/** A learning curve as models/learning-curve.json holds it. */
export interface LearningCurve {
  readonly steps: number;
  /** Validation crystals. */
  readonly judged: number;
  /** From the smallest share to the largest. */
  readonly points: readonly LearningCurvePoint[];
}

/** A point is finished. */
export interface LearningCurveProgress extends WorkProgress {
  readonly point: LearningCurvePoint;
}

/** Reads a stored learning curve. @throws Error that names the file, the entry and what was expected */
export async function readLearningCurve(path: string): Promise<LearningCurve> {
  return parseStored(curve, await readFile(path, "utf8"), path, "learning curve");
}

/**
 * Quality against the number of training crystals: trains a predictor and a denoiser on growing parts of the training split and judges
 * them on the validation split. The whole split is the workbench's own models, which were trained on it.
 *
 * @throws Error when the data set has no fixed split
 * @example
 *     const { points } = await learningCurve(bench, { shares: [0.25, 1], out: "out/curve.json" });
 */
export function learningCurve(
  resources: Resources,
  options: LearningCurveOptions = {},
): Task<LearningCurveProgress, LearningCurve> {
  return task(() => runLearningCurve(resources, options));
}

async function* runLearningCurve(
  resources: Resources,
  options: LearningCurveOptions,
): AsyncGenerator<LearningCurveProgress, LearningCurve> {
  const { shares = [0.125, 0.25, 0.5, 1], steps = 5000, out } = options;
  const split = (await resources.dataset()).split();
  const validation = [...split.validation.filter(isEquilibrium)];
  const points = out !== undefined && existsSync(out) ? await keptPoints(out, steps, validation.length) : [];
  const from = shares.filter((share) => points.some((known) => known.share === share)).length;
  let done = from;
  for (const share of shares) {
    if (points.some((known) => known.share === share)) continue;
    const part = [...split.train].filter(({ formula }) => position(formula) < share);
    const models =
      share === 1 ? await ownModels(resources) : await trainModels(part, [...split.validation], resources, options);
    const found: LearningCurvePoint = {
      ...{ share, trainCount: part.filter(isEquilibrium).length },
      ...(await judgePredictor(models.predictor, validation, resources)),
      ...(await judgeDenoiser(models.denoiser, validation, resources, options.count)),
    };
    points.push(found);
    points.sort((a, b) => a.share - b.share);
    if (out !== undefined)
      await writeFileAtomic(out, `${JSON.stringify({ steps, judged: validation.length, points }, null, 1)}\n`);
    done++;
    yield { label: "learning curve", unit: "point", done, total: shares.length, from, point: found };
  }
  return { steps, judged: validation.length, points };
}

/** The points of a curve's file. @throws Error when they are of other trainings or were judged by other crystals */
async function keptPoints(out: string, steps: number, judged: number): Promise<LearningCurvePoint[]> {
  const { points, ...there } = await readLearningCurve(out);
  const found = differences(there, { steps, judged });
  if (found.length === 0) return [...points];
  throw new Error(`${out}: it holds points of another curve (${found.join("; ")}); choose another file`);
}

interface Models {
  readonly predictor: PredictorModel;
  readonly denoiser: DenoiserModel;
}

async function ownModels(resources: Resources): Promise<Models> {
  const { rank } = await resources.predictors();
  return { predictor: rank.model, denoiser: (await resources.denoiser()).model };
}

/** As the bundled models: predictors also learn from crystals off their equilibrium. */
async function trainModels(
  part: readonly DosRecord[],
  validation: readonly DosRecord[],
  resources: Resources,
  { steps = 5000, ...options }: LearningCurveOptions,
): Promise<Models> {
  const predictorOptions = { ...defaultPredictorOptions, ...options.predictor, steps: Math.min(steps, 2500) };
  const denoiserOptions = { ...defaultDenoiserOptions, ...options.denoiser, steps };
  const [equilibria, judged] = [part.filter(isEquilibrium), validation.filter(isEquilibrium)];
  return {
    predictor: await train(predictorRun(part, validation, predictorOptions), resources),
    denoiser: await train(denoiserRun(equilibria, judged, denoiserOptions), resources),
  };
}

async function train<M extends Model>(run: TrainingRun<M>, resources: Resources): Promise<M> {
  const folder = await mkdtemp(join(tmpdir(), "dosmith-curve-"));
  const files = { modelPath: join(folder, "model"), statePath: join(folder, "state"), saveEvery: 1000, info: {} };
  try {
    const steps = trainWithFiles(await resources.engine(), run, files);
    for (let next = await steps.next(); ; next = await steps.next()) if (next.done) return next.value;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Relative L1 distance on the true validation structures. */
async function judgePredictor(
  model: PredictorModel,
  validation: readonly DosRecord[],
  resources: Resources,
): Promise<Pick<LearningCurvePoint, "predictor">> {
  const predictor = dosPredictor(await resources.engine(), model);
  try {
    const predicted = await predictor.predict(validation.map(({ crystal }) => crystal));
    return { predictor: mean(validation.map((record, i) => distance(targetFromRecord(record), predicted[i]))) };
  } finally {
    predictor.dispose();
  }
}

/** Generated crystals, judged by one and the same predictor of the workbench. */
async function judgeDenoiser(
  model: DenoiserModel,
  validation: readonly DosRecord[],
  resources: Resources,
  count = 8,
): Promise<Pick<LearningCurvePoint, "structuralValidity" | "meanMatch">> {
  const { report } = await resources.predictors();
  const generator = crystalGenerator(await resources.engine(), model);
  const valid: number[] = [];
  const matches: number[] = [];
  try {
    for (const target of validation.map((record) => targetFromRecord(record))) {
      const made = (await generator.generate(target, { count, seed: 1 })).map(({ crystal }) => crystal);
      const sound = made.filter(isStructurallyValid);
      valid.push(sound.length / made.length);
      if (sound.length > 0) matches.push(mean((await report.predict(sound)).map((dos) => distance(target, dos))));
    }
  } finally {
    generator.dispose();
  }
  return { structuralValidity: mean(valid), meanMatch: mean(matches) };
}

function distance(target: Target, siteDos: SiteDos): number {
  return matchTarget(target, { siteDos }).site_relative_l1!;
}

/** Where a formula stands between 0 and 1, whatever the data set. */
function position(formula: string): number {
  return parseInt(createHash("sha256").update(`learning curve ${formula}`).digest("hex").slice(0, 8), 16) / 2 ** 32;
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
