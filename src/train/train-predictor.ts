import type { DosRecord } from "../data/index.js";
import type { Parameters, PredictorModel, RadialPredictorConfig } from "../model/index.js";
import { descriptorSize, initialParameters, radialPredictorSpecs } from "../model/index.js";
import { predictorTask } from "./predictor-task.js";
import type { TrainOptions, TrainingRun } from "./run.js";
import { elementsOf, recipeOf, trainerOptions } from "./run.js";

/** Settings of a DOS predictor's training beyond the common ones. */
export interface TrainPredictorOptions extends TrainOptions {
  readonly config: RadialPredictorConfig;
  /** See `PredictorTaskOptions`. */
  readonly elementDropout: number;
}

/** What the bundled predictors are trained with (seeds 1 and 2); sizes and weight decay were chosen on the validation split. */
export const defaultPredictorOptions: TrainPredictorOptions = {
  config: {
    kind: "radial",
    hiddenDim: 192,
    layerCount: 3,
    radialCount: 32,
    cutoff: 6,
    classCount: 100,
    dosPoints: 400,
    spectrumBasis: 101,
    members: 4,
    total: true,
  },
  elementDropout: 0.15,
  steps: 3500,
  batchSize: 32,
  learningRate: 1e-3,
  weightDecay: 0.5,
  emaDecay: 0.995,
  validateEvery: 150,
  seed: 1,
};

/**
 * A training run of a radial DOS predictor.
 *
 * @param training records, for example a `Dataset`; all spectra on the models' grid (400 points, -10 to 10 eV)
 * @param validation records that the loss is watched on
 */
export function predictorRun(
  training: Iterable<DosRecord>,
  validation: Iterable<DosRecord>,
  options: TrainPredictorOptions,
): TrainingRun<PredictorModel> {
  const { config, batchSize, seed, elementDropout } = options;
  const specs = radialPredictorSpecs(config, descriptorSize);
  const records = [...training];
  const task = predictorTask({
    config,
    batchSize,
    seed,
    elementDropout,
    initial: initialParameters(specs, seed),
    training: records,
    validation: [...validation],
  });
  const elements = elementsOf(records);
  const toModel = (parameters: Parameters, info: PredictorModel["info"]): PredictorModel => ({
    kind: "radial-predictor",
    config,
    parameters,
    elements,
    info,
  });
  return {
    task,
    specs,
    options: trainerOptions(options),
    toModel,
    recipe: recipeOf(options, records),
  };
}
