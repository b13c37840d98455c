import { existsSync } from "node:fs";
import { join } from "node:path";
import { isEquilibrium, writeFileAtomic, type Dataset, type SplitName } from "../data/index.js";
import {
  defaultDenoiserOptions,
  defaultPredictorOptions,
  denoiserRun,
  predictorRun,
  trainWithFiles,
  type TrainFiles,
  type TrainingProgress,
  type TrainingRun,
} from "../train/index.js";
import { toCsv } from "./csv.js";
import { Interrupted } from "./interrupted.js";
import type { Resources } from "./resources.js";
import type { WorkProgress } from "./task.js";
import { versions } from "./versions.js";

/** A training in a folder; what is not given is as the bundled models were trained. */
export interface TrainModelOptions {
  readonly kind: "denoiser" | "predictor";
  /** Folder for the model, the state of the run and loss.csv. */
  readonly out: string;
  /** Continue the run in `out`; all settings must be as they were. */
  readonly resume?: boolean;
  /** Optimiser steps. */
  readonly steps?: number;
  /** Crystals of one step. */
  readonly batchSize?: number;
  /** Highest learning rate (AdamW). */
  readonly learningRate?: number;
  readonly weightDecay?: number;
  /** Steps between validations. */
  readonly validateEvery?: number;
  /** Validations without a new best before training ends; never if absent. */
  readonly stopAfter?: number;
  /** Steps between saves; a crash loses at most these. Default 250. */
  readonly saveEvery?: number;
  /** Of weights, batches and noise. */
  readonly seed?: number;
  /** Width of the network. */
  readonly hiddenDim?: number;
  /** Message-passing layers. */
  readonly layers?: number;
  /** Seed of the split by composition, for data without a fixed split. */
  readonly splitSeed?: number;
  /** The command that repeats the run, stored with the model. */
  readonly command?: string;
  /** Stops the training after the current step; everything is kept. */
  readonly signal?: AbortSignal;
}

export interface TrainProgress extends WorkProgress {
  readonly training: TrainingProgress;
}

/** A finished training: the model's file and its losses. */
export interface TrainedModel {
  /** The best averaged weights. */
  readonly path: string;
  /** Null when the run was finished already. */
  readonly bestValidationLoss: number | null;
}

/**
 * Trains on the training side of the data set and keeps the best averaged weights by the validation side, in files: stopped or killed, it
 * is resumed exactly, with the losses of an uninterrupted run.
 *
 * @throws Interrupted when `signal` is aborted; Error when the folder holds another run, or a side of the split has no crystals
 */
export async function* trainModel(
  resources: Resources,
  options: TrainModelOptions,
): AsyncGenerator<TrainProgress, TrainedModel> {
  const files = trainFiles(options);
  const dataset = await resources.dataset();
  const run = trainingRun(options, splitOf(dataset, options.splitSeed));
  const info = {
    data: `${dataset.info?.name ?? "a data set"} version ${dataset.info?.version ?? "?"} (training side of ${dataset.length} crystals)`,
    command: options.command ?? `bench.train({ kind: "${options.kind}" })`,
    dosmith: versions().dosmith,
    date: new Date().toISOString().slice(0, 10),
  };
  return yield* follow(trainWithFiles(await resources.engine(), run, { ...files, info }), options, files.modelPath);
}

/** Leaving the loop saves. */
async function* follow(
  steps: AsyncIterable<TrainingProgress>,
  { out, signal }: TrainModelOptions,
  path: string,
): AsyncGenerator<TrainProgress, TrainedModel> {
  let from: number | undefined;
  let last: TrainingProgress | undefined;
  for await (const training of steps) {
    const { step, steps: total, validation, state } = (last = training);
    from ??= step - 1;
    yield { label: "training", unit: "step", done: step, total, from, detail: lossText(training), training };
    if (validation) await writeFileAtomic(join(out, "loss.csv"), toCsv(state.history.map((row) => ({ ...row }))));
    if (signal?.aborted) break;
  }
  if (signal?.aborted && last && last.step < last.steps)
    throw new Interrupted(`stopped after step ${last.step} of ${last.steps}; everything is kept`);
  const best = Math.min(...(last?.state.history ?? []).map(({ validationLoss }) => validationLoss));
  return { path, bestValidationLoss: Number.isFinite(best) ? best : null };
}

function trainFiles({ out, kind, resume = false, saveEvery = 250 }: TrainModelOptions): Omit<TrainFiles, "info"> {
  const [statePath, modelPath] = [join(out, "state.safetensors"), join(out, `${kind}.safetensors`)];
  if (resume && !existsSync(statePath)) throw new Error(`${statePath}: not found: nothing to resume`);
  if (!resume && existsSync(statePath))
    throw new Error(`${out}: it holds a run already; resume it (--resume), or choose another folder`);
  if (!resume && existsSync(modelPath)) throw new Error(`${modelPath}: it exists already; choose another folder`);
  return { modelPath, statePath, saveEvery };
}

function trainingRun(options: TrainModelOptions, { train, validation }: Record<SplitName, Dataset>): TrainingRun {
  const { steps, batchSize, learningRate, weightDecay, validateEvery, stopAfter, seed } = options;
  const common = given({ steps, batchSize, learningRate, weightDecay, validateEvery, stopAfter, seed });
  const sizes = given({ hiddenDim: options.hiddenDim, layerCount: options.layers });
  // The denoiser is to propose equilibria; a predictor also learns from crystals away from theirs.
  const wanted = options.kind === "denoiser" ? isEquilibrium : () => true;
  const [training, held] = [[...train.filter(wanted)], [...validation.filter(wanted)]];
  if (training.length === 0 || held.length === 0)
    throw new Error(
      `data set: ${training.length} training and ${held.length} validation crystals; both sides need some`,
    );
  const settings = <T extends { readonly config: object }>(defaults: T): T => ({
    ...defaults,
    ...common,
    config: { ...defaults.config, ...sizes },
  });
  return (
    options.kind === "denoiser"
      ? denoiserRun(training, held, settings(defaultDenoiserOptions))
      : predictorRun(training, held, settings(defaultPredictorOptions))
  ) as TrainingRun;
}

function splitOf(dataset: Dataset, splitSeed: number | undefined): Record<SplitName, Dataset> {
  const fixed = dataset.info?.split === "formula-hash";
  if (fixed && splitSeed !== undefined) throw new Error("splitSeed: this data set has a fixed split");
  if (!fixed && splitSeed === undefined) throw new Error("splitSeed: this data set has no fixed split; name a seed");
  return splitSeed === undefined ? dataset.split() : dataset.split({ by: "composition", seed: splitSeed });
}

/** The losses so far: the step's own, and the last validation's. */
function lossText({ loss, learningRate, state }: TrainingProgress): string {
  const validation = state.history.at(-1)?.validationLoss;
  return `loss ${loss.toPrecision(4)}${validation === undefined ? "" : `, validation ${validation.toPrecision(4)}`}, rate ${learningRate.toExponential(1)}`;
}

/** Only what was given. */
function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
