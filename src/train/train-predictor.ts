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

/** A training run of a radial DOS predictor. */
export function predictorRun(
  training: readonly DosRecord[],
  validation: readonly DosRecord[],
  options: TrainPredictorOptions,
): TrainingRun<PredictorModel> {
  const { config, batchSize, seed, elementDropout } = options;
  const specs = radialPredictorSpecs(config, descriptorSize);
  const task = predictorTask({
    config,
    batchSize,
    seed,
    elementDropout,
    initial: initialParameters(specs, seed),
    training,
    validation,
  });
  const elements = elementsOf(training);
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
    recipe: recipeOf(options, training),
  };
}
