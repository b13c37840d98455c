import type { Estimate, FastFactors, FastStepResult } from "./fast-step.js";
import type { CorrectorNoise, PredictorCorrectorFactors, PredictorInput } from "./predictor-corrector.js";
import type { DiffusionState, Fields } from "./state.js";

/**
 * What samplers see of a model: noise of types and lattice, and the coordinate score over sqrt(lambda), of the block at
 * time index t. Guidance and constraints are wrappers of this type.
 */
export interface Denoise {
  (state: DiffusionState, t: number): Promise<Fields>;
  /** Whole sampler steps as one program each, where nothing on the host has a say between evaluation and step. */
  readonly fused?: FusedSteps;
}

/** A sampler's steps around the network, run as one program. Noise `z` is fed in, with zeros where none is wanted. */
export interface FusedSteps {
  /** One step of the fast sampler; `before` is the estimate that the last step returned, zeros at first. */
  fast(state: DiffusionState, t: number, before: Estimate, z: Fields, factors: FastFactors): Promise<FastStepResult>;
  /** One step of the predictor-corrector sampler. */
  predictorCorrector(
    state: DiffusionState,
    t: number,
    z: CorrectorNoise,
    factors: PredictorCorrectorFactors,
    predictorInput: PredictorInput,
  ): Promise<Fields>;
  /** The same for clean types without the classes where the mask [C] is 0. */
  withClasses(mask: Float32Array): FusedSteps;
}

/** A finished step of a sampler. */
export interface SamplerStep {
  /** Time index that was left. */
  readonly t: number;
  /** Steps done and to do. */
  readonly step: number;
  readonly stepCount: number;
  readonly state: DiffusionState;
}
