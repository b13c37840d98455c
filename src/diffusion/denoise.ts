import type { DiffusionState, Fields } from "./state.js";

/**
 * What samplers see of a model: noise of types and lattice, and the coordinate score over sqrt(lambda), of the block at
 * time index t. Guidance and constraints are wrappers of this type.
 */
export type Denoise = (state: DiffusionState, t: number) => Promise<Fields>;

/** A finished step of a sampler. */
export interface SamplerStep {
  /** Time index that was left. */
  readonly t: number;
  /** Steps done and to do. */
  readonly step: number;
  readonly stepCount: number;
  readonly state: DiffusionState;
}
