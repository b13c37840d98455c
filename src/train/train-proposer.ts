import type { DosRecord } from "../data/index.js";
import type { ElementProposerConfig, Parameters, ProposerModel } from "../model/index.js";
import { elementProposerSpecs, initialParameters } from "../model/index.js";
import { proposerExamples, proposerTask } from "./proposer-task.js";
import type { TrainOptions, TrainingRun } from "./run.js";
import { elementsOf, recipeOf, trainerOptions } from "./run.js";

/** Settings of an element proposer's training beyond the common ones; `batchSize` counts sites of each of the two ensembles. */
export interface TrainProposerOptions extends TrainOptions {
  readonly config: ElementProposerConfig;
  /** See `ProposerTaskOptions`. */
  readonly dropout: number;
  readonly featureNoise: number;
  readonly labelSmoothing: number;
}

/** What the bundled proposer is trained with; chosen on the validation split. */
export const defaultProposerOptions: TrainProposerOptions = {
  config: {
    kind: "element-proposer",
    hiddenDim: 512,
    classCount: 100,
    dosPoints: 400,
    bins: 100,
    members: 3,
    temperatures: { known: 1, unknown: 1 },
  },
  dropout: 0.25,
  featureNoise: 0.05,
  labelSmoothing: 0.05,
  steps: 1500,
  batchSize: 96,
  learningRate: 1e-3,
  weightDecay: 0.05,
  emaDecay: 0.995,
  validateEvery: 150,
  seed: 1,
};

/** A training run of an element proposer. Its model is not calibrated yet: see `calibrateProposer`. */
export function proposerRun(
  training: readonly DosRecord[],
  validation: readonly DosRecord[],
  options: TrainProposerOptions,
): TrainingRun<ProposerModel> {
  const { config, batchSize, seed, dropout, featureNoise, labelSmoothing } = options;
  const specs = elementProposerSpecs(config);
  const task = proposerTask({
    ...{ config, batchSize, seed, dropout, featureNoise, labelSmoothing },
    initial: initialParameters(specs, seed),
    training: proposerExamples(training, config),
    validation: proposerExamples(validation, config),
  });
  const elements = elementsOf(training);
  const toModel = (parameters: Parameters, info: ProposerModel["info"]): ProposerModel => ({
    kind: "element-proposer",
    config,
    parameters,
    elements,
    info,
  });
  return { task, specs, options: trainerOptions(options), toModel, recipe: recipeOf(options, training) };
}
