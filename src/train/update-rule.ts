import type { Parameters } from "../model/index.js";
import type { Clip, Optimiser, OptimiserState } from "./optimiser.js";

/** How a gradient becomes a change of the weights. */
export interface UpdateRule {
  readonly optimiser: Optimiser;
  readonly clip: Clip;
  /** Decay of the exponential moving average of the weights; no average is kept where it is absent. */
  readonly emaDecay?: number;
}

/** What a step changes. */
export interface StepArrays {
  readonly parameters: Parameters;
  /** The parameters themselves where the rule keeps no average. */
  readonly average: Parameters;
  readonly optimiser: OptimiserState;
}
