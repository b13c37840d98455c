export { cosineSchedule, type Schedule, type ScheduleOptions } from "./schedule.js";
export { scoreNorm, scoreNorms, wrappedNormalDensity, wrappedNormalScore } from "./wrapped-normal.js";
export { argmaxTypes, fieldSize, wrap, type DiffusionState, type Field, type Fields } from "./state.js";
export { startState, streamNoise, type BlockShape, type NoisePurpose, type NoiseSource } from "./noise.js";
export { corrupt, type Corrupted } from "./corruption.js";
export { lossCounts, lossSums, referenceCosts, type FieldTensors, type LossCosts } from "./loss.js";
export { type Denoise, type FusedSteps, type SamplerStep } from "./denoise.js";
export {
  predictorCorrector,
  type CorrectorNoise,
  type PredictorCorrectorFactors,
  type PredictorCorrectorOptions,
  type PredictorInput,
} from "./predictor-corrector.js";
export { type Estimate, type FastFactors, type FastStepResult } from "./fast-step.js";
export { fastSampler, firstUsefulTime, stride, type FastSamplerOptions } from "./fast-sampler.js";
export {
  blockNetwork,
  mixBranches,
  type BlockNetwork,
  type Branches,
  type ConditionBlock,
  type DenoiserNetwork,
  type Guide,
} from "./network.js";
export { guidedDenoise, unconditionalDenoise, type GuidanceOptions } from "./guidance.js";
export {
  constrainDenoise,
  finishState,
  hold,
  restrictTypes,
  type Constraint,
  type HeldField,
  type TypeProjection,
  type TypeRestriction,
} from "./constraints.js";
export { allowedClasses, exactComposition } from "./type-projections.js";
export { warmStart } from "./warm-start.js";
