import type { Tensor } from "@tensorflow/tfjs";
import type { Block } from "./block.js";
import type { Schedule } from "./schedule.js";
import type { DiffusionState, Field } from "./state.js";

/** The times of a step: from t to `next`, after one from `last` to t where there was one. */
export interface StepTimes {
  readonly last?: number;
  readonly t: number;
  readonly next: number;
}

/**
 * A way from noise to crystals. Its step is written in tensors, once: with the denoiser, its guidance and the constraints it
 * becomes one program, run at every time. What changes from step to step are numbers, found on the host in double precision.
 */
export interface Sampler<Factor extends string = string> {
  /** Samplers of one name must have the same step: their programs are compiled once. */
  readonly name: string;
  /** Falling time indices that end with 0, of which the first is at most `startTime`. */
  times(schedule: Schedule, startTime: number): readonly number[];
  /** The numbers of a step. */
  factors(times: StepTimes, schedule: Schedule): Readonly<Record<Factor, number>>;
  /** Normal numbers by purpose and field, and the factor that each is multiplied with: where that is 0 none are drawn. */
  readonly draws: Readonly<Record<string, Partial<Readonly<Record<Field, Factor>>>>>;
  /** One step, in tensors. */
  step(given: StepTensors<Factor>): StepResult;
}

/** What a step is made of. */
export interface StepTensors<Factor extends string = string> {
  readonly x: Block;
  /**
   * The clean crystal behind a noisy one, as guidance and constraints have it: types and lattice themselves; of the
   * coordinates the displacement to them from where they are, because on the torus only displacements can be told apart.
   */
  readonly denoise: (x: Block) => Block;
  /** The step's numbers, scalars. */
  readonly f: Readonly<Record<Factor, Tensor>>;
  /** The draws by purpose, multiplied with their factors. */
  readonly noise: Readonly<Record<string, Block>>;
  /** What the last step knew of the clean crystal, its displacement as seen from x; zeros in the first step. */
  readonly memory: Block;
}

/** Where a step leads. */
export interface StepResult {
  /** Coordinates need not be wrapped. */
  readonly x: Block;
  /** The estimate of `denoise`, for whoever watches. */
  readonly denoised: Block;
  /** The displacement to the clean coordinates as seen from the new ones; the difference of the places where absent. */
  readonly displacement?: Tensor;
}

/** A finished step of a run. */
export interface SamplerStep {
  /** Time index that was left, and the one that was reached. */
  readonly t: number;
  readonly next: number;
  /** Steps done and to do. */
  readonly step: number;
  readonly stepCount: number;
  /** At t: deviation of the noise of fractional coordinates, and alpha_bar of types and lattice. */
  readonly sigma: number;
  readonly alphaBar: number;
  /** The block at `next`. */
  readonly state: DiffusionState;
  /** The clean block as estimated at t, under the constraints. */
  readonly denoised: DiffusionState;
}
