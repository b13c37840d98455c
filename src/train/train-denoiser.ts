import type { DosRecord } from "../data/index.js";
import { fitScaler } from "../data/index.js";
import type { LossCosts } from "../diffusion/index.js";
import { cosineSchedule } from "../diffusion/index.js";
import type { DenoiserConfig, DenoiserModel, Parameters } from "../model/index.js";
import { denoiserSpecs, initialParameters } from "../model/index.js";
import type { AugmentOptions } from "./augment.js";
import { denoiserTask } from "./denoiser-task.js";
import { makeExamples } from "./examples.js";
import type { TrainOptions, TrainingRun } from "./run.js";
import { elementsOf, recipeOf, trainerOptions } from "./run.js";

/** Settings of a denoiser's training beyond the common ones. */
export interface TrainDenoiserOptions extends TrainOptions {
  readonly config: DenoiserConfig;
  readonly costs: LossCosts;
  readonly augment: AugmentOptions;
}

/**
 * What the bundled denoiser is trained with: small, because the data are; sizes of network and regularisation were chosen
 * on the validation split.
 */
export const defaultDenoiserOptions: TrainDenoiserOptions = {
  config: {
    hiddenDim: 192,
    layerCount: 4,
    frequencyCount: 24,
    timeDim: 64,
    classCount: 100,
    dosPoints: 400,
    timesteps: 1000,
    encoder: "masked",
    typeOutput: "element",
    latticeSpace: "metric",
    latticeScale: 0.25,
    elementDescriptors: true,
  },
  costs: { types: 0.5, fracCoords: 1, lattice: 2 },
  augment: { dropCondition: 0.15, strain: 0.01, spectralNoise: 0.1, partial: true },
  steps: 12000,
  stopAfter: 12,
  batchSize: 64,
  learningRate: 1e-3,
  weightDecay: 0.05,
  emaDecay: 0.999,
  validateEvery: 250,
  seed: 1,
};

/**
 * A training run of a denoiser: the task with its options, and how its weights become a model.
 *
 * @param training records, for example a `Dataset`; all spectra on the models' grid (400 points, -10 to 10 eV)
 * @param validation records that the loss is watched on
 * @throws Error that names a record whose spectra are on another grid
 *
 * @example
 *     const { train, validation } = dataset.split();
 *     const run = denoiserRun(train, validation, { ...defaultDenoiserOptions, steps: 2000 });
 *     for await (const { step, loss } of runTraining(engine, run.task, run.options)) console.log(step, loss);
 */
export function denoiserRun(
  training: Iterable<DosRecord>,
  validation: Iterable<DosRecord>,
  options: TrainDenoiserOptions,
): TrainingRun<DenoiserModel> {
  const { config, costs, augment, batchSize, seed } = options;
  const specs = denoiserSpecs(config);
  const records = [...training];
  const scaler = config.encoder === "linear" ? fitScaler(records) : undefined;
  const task = denoiserTask({
    config,
    costs,
    augment,
    batchSize,
    seed,
    scaler,
    schedule: cosineSchedule(config.timesteps),
    initial: initialParameters(specs, seed),
    training: makeExamples(records, config.classCount),
    validation: makeExamples(validation, config.classCount),
  });
  const elements = elementsOf(records);
  const toModel = (parameters: Parameters, info: DenoiserModel["info"]): DenoiserModel => ({
    kind: "denoiser",
    config,
    parameters,
    elements,
    info,
    ...(scaler ? { scaler } : {}),
  });
  return {
    task,
    specs,
    options: trainerOptions(options),
    toModel,
    recipe: recipeOf(options, records),
  };
}
