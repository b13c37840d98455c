export { cosineSchedule, type Schedule, type ScheduleOptions } from "./schedule.js";
export { scoreNorm, scoreNorms, wrappedNormalDensity, wrappedNormalScore } from "./wrapped-normal.js";
export {
  argmaxTypes,
  fieldSize,
  wrap,
  type BlockShape,
  type DiffusionState,
  type Field,
  type Fields,
} from "./state.js";
export { mapFields, type Block, type Inputs, type Tensors } from "./block.js";
export type { ProgramHome } from "./program.js";
export { levelAt, type Level } from "./level.js";
export { startState, streamNoise, type NoiseSource } from "./noise.js";
export { corrupt, type Corrupted } from "./corruption.js";
export { warmStart } from "./warm-start.js";
export { lossCounts, lossSums, referenceCosts, type LossCosts } from "./loss.js";
export {
  evaluate,
  exactDenoiser,
  type Denoiser,
  type Evaluation,
  type EvaluationTensors,
  type ExactDenoiser,
} from "./denoiser.js";
export {
  blockNetwork,
  mixBranches,
  type BlockNetwork,
  type Branches,
  type ConditionBlock,
  type DenoiserNetwork,
  type Guide,
} from "./network.js";
export { guidedDenoiser, unconditionalDenoiser, type GuidanceOptions } from "./guidance.js";
export { finishState, type Constraint, type ConstraintTensors } from "./constraints.js";
export { hold, type HeldField } from "./hold.js";
export { allowedClasses, exactComposition, type PinnedClasses } from "./restrict-types.js";
export type { Sampler, SamplerStep, StepResult, StepTensors, StepTimes } from "./sampler.js";
export { sample, type SampleInputs } from "./sample.js";
export {
  predictorCorrector,
  type PredictorCorrectorFactor,
  type PredictorCorrectorOptions,
} from "./predictor-corrector.js";
export { fastSampler, firstUsefulTime, stride, type FastFactor, type FastSamplerOptions } from "./fast-sampler.js";
