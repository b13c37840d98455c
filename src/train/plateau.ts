/** Learning-rate schedule: linear warm-up, then a reduction whenever validation has stopped improving. */
export interface PlateauOptions {
  readonly learningRate: number;
  readonly warmupSteps: number;
  /** Validations without improvement before the rate is reduced. */
  readonly patience: number;
  readonly factor: number;
  readonly minLearningRate: number;
}

/** Serialisable state of the schedule. */
export interface PlateauState {
  readonly learningRate: number;
  readonly best: number;
  readonly badCount: number;
}

/** The schedule before the first step. */
export function plateauStart({ learningRate }: PlateauOptions): PlateauState {
  return { learningRate, best: Infinity, badCount: 0 };
}

/** The rate of a step, warm-up included; `step` counts from 1. */
export function rateAt(step: number, state: PlateauState, { warmupSteps }: PlateauOptions): number {
  return state.learningRate * Math.min(1, step / Math.max(1, warmupSteps));
}

/** The schedule after one more validation. Improvement means by at least one part in ten thousand. */
export function afterValidation(loss: number, state: PlateauState, options: PlateauOptions): PlateauState {
  if (loss < state.best * (1 - 1e-4)) return { ...state, best: loss, badCount: 0 };
  if (state.badCount < options.patience) return { ...state, badCount: state.badCount + 1 };
  const learningRate = Math.max(options.minLearningRate, state.learningRate * options.factor);
  return { ...state, learningRate, badCount: 0 };
}
