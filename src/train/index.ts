export {
  adam,
  averageChange,
  clipGradients,
  copyParameters,
  startOptimiser,
  type AdamOptions,
  type Arrays,
  type Clip,
  type Optimiser,
  type OptimiserState,
} from "./optimiser.js";
export { TrainingStep, type StepResult } from "./step.js";
export type { StepArrays, UpdateRule } from "./update-rule.js";
export { afterValidation, plateauStart, rateAt, type PlateauOptions, type PlateauState } from "./plateau.js";
export {
  runTraining,
  startTraining,
  type HistoryRow,
  type TrainerOptions,
  type TrainerState,
  type TrainingProgress,
} from "./trainer.js";
export { elementsOf, trainWithFiles, type TrainFiles, type TrainingRun, type TrainOptions } from "./run.js";
export { defaultDenoiserOptions, denoiserRun, type TrainDenoiserOptions } from "./train-denoiser.js";
export { defaultPredictorOptions, predictorRun, type TrainPredictorOptions } from "./train-predictor.js";
export {
  augmentCondition,
  referenceAugment,
  strainLattice,
  wholeCondition,
  type AugmentOptions,
  type ConditionRow,
} from "./augment.js";
export { loadTrainerState, saveTrainerState, type SavedRun } from "./saved-state.js";
export { stratifiedBatches, type BatchBlock } from "./batches.js";
export { makeExamples, type Example } from "./examples.js";
export { type TaskBlock, type TensorFunction, type TrainingTask } from "./task.js";
export { denoiserLoss } from "./denoiser-task.js";
export { taskSources } from "./task.js";
export { defaultProposerOptions, proposerRun, type TrainProposerOptions } from "./train-proposer.js";
export { proposerExamples, validationEvidence } from "./proposer-task.js";
export { plainEvidence, variedEvidence, foreignEvidence, type ProposerExample } from "./proposer-augment.js";
export { calibrateProposer } from "./calibrate-proposer.js";
