import type { Parameters } from "../model/index.js";
import type { Engine, Program } from "../runtime/index.js";
import type { Arrays, Optimiser, OptimiserState } from "./optimiser.js";
import { averageWeights, clipByNorm, clipByValue, copyParameters } from "./optimiser.js";
import type { PlateauOptions, PlateauState } from "./plateau.js";
import { afterValidation, plateauStart, rateAt } from "./plateau.js";
import type { TensorFunction, TrainingTask } from "./task.js";

export interface TrainerOptions {
  readonly steps: number;
  readonly optimiser: Optimiser;
  readonly schedule: PlateauOptions;
  readonly clip: { readonly by: "value" | "norm"; readonly limit: number };
  /** Decay of the exponential moving average of the weights, which is what validation sees and what is kept. */
  readonly emaDecay: number;
  /** Steps between validations. */
  readonly validateEvery: number;
  /** Validations without a new best before training ends; never if absent. */
  readonly stopAfter?: number;
}

/** Everything that continues a run exactly. Its arrays are the trainer's and change with the next step: save or copy them. */
export interface TrainerState {
  readonly step: number;
  readonly parameters: Parameters;
  readonly average: Parameters;
  /** The average at the best validation so far. */
  readonly best: Parameters;
  readonly optimiser: OptimiserState;
  readonly plateau: PlateauState;
  readonly history: readonly HistoryRow[];
  /** Losses of the steps since the last validation. */
  readonly recent: readonly number[];
}

/** One validation. */
export interface HistoryRow {
  readonly step: number;
  /** Mean over the steps since the last validation. */
  readonly trainingLoss: number;
  readonly validationLoss: number;
  readonly learningRate: number;
}

/** What the training generator yields after every step. */
export interface TrainingProgress {
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  /** The task's named parts of the loss. */
  readonly parts: Readonly<Record<string, number>>;
  readonly learningRate: number;
  /** Present at a validation. */
  readonly validation?: HistoryRow;
  /** Saving it is enough to continue exactly. */
  readonly state: TrainerState;
}

/** The state before the first step. */
export function startTraining(task: TrainingTask, options: TrainerOptions): TrainerState {
  const { initial } = task;
  return {
    step: 0,
    parameters: copyParameters(initial),
    average: copyParameters(initial),
    best: copyParameters(initial),
    optimiser: options.optimiser.init(initial),
    plateau: plateauStart(options.schedule),
    history: [],
    recent: [],
  };
}

/**
 * The training loop. Yields after every step; stop by leaving the loop. Continues from `from` with the same losses as an
 * uninterrupted run, because batches and noise depend on (seed, step) only.
 */
export async function* runTraining(
  engine: Engine,
  task: TrainingTask,
  options: TrainerOptions,
  from: TrainerState = startTraining(task, options),
): AsyncGenerator<TrainingProgress, TrainerState> {
  const programs = taskPrograms(engine, task);
  let state = from;
  try {
    if ((await task.validation()).length === 0) throw new Error("training: the validation set is empty");
    while (state.step < options.steps && !finished(state, options)) {
      const step = state.step + 1;
      const { loss, parts, gradients } = await lossAndGradients(task, programs, state.parameters, step);
      if (!Number.isFinite(loss))
        throw new Error(`training: the loss is ${loss} at step ${step}; lower the learning rate`);
      const learningRate = rateAt(step, state.plateau, options.schedule);
      clip(gradients, options.clip);
      options.optimiser.update(state.parameters, gradients, state.optimiser, step, learningRate);
      averageWeights(state.average, state.parameters, options.emaDecay, step);
      state = { ...state, step, recent: [...state.recent, loss] };
      let validation: HistoryRow | undefined;
      if (step % options.validateEvery === 0 || step === options.steps) {
        const validationLoss = await validate(task, programs, state.average);
        if (!Number.isFinite(validationLoss))
          throw new Error(
            `training: the validation loss is ${validationLoss} at step ${step}; lower the learning rate`,
          );
        validation = { step, trainingLoss: mean(state.recent), validationLoss, learningRate };
        state = afterValidationStep(state, validation, options);
      }
      yield { step, steps: options.steps, loss, parts, learningRate, validation, state };
    }
  } finally {
    programs.dispose();
  }
  return state;
}

function afterValidationStep(state: TrainerState, row: HistoryRow, { schedule }: TrainerOptions): TrainerState {
  const improved = row.validationLoss < Math.min(Infinity, ...state.history.map((h) => h.validationLoss));
  return {
    ...state,
    plateau: afterValidation(row.validationLoss, state.plateau, schedule),
    best: improved ? copyParameters(state.average) : state.best,
    history: [...state.history, row],
    recent: [],
  };
}

function finished({ history }: TrainerState, { stopAfter = Infinity }: TrainerOptions): boolean {
  const losses = history.map((row) => row.validationLoss);
  return losses.length > 0 && losses.length - 1 - losses.indexOf(Math.min(...losses)) >= stopAfter;
}

/** Loss and gradients of one step: blocks are summed, each already divided by the whole batch's counts. */
export async function lossAndGradients(
  task: TrainingTask,
  programs: TaskPrograms,
  parameters: Parameters,
  step: number,
): Promise<{ loss: number; parts: Record<string, number>; gradients: Arrays }> {
  const weights = [...parameters.values()].map(({ data }) => data);
  const parts = Object.fromEntries(task.partNames.map((name) => [name, 0]));
  let sums: Float32Array[] | undefined;
  for (const block of await task.batch(step)) {
    const program = await programs.get("gradient", block.key, block.loss);
    const [values, ...gradients] = (await program.run([...weights, ...block.inputs])) as Float32Array[];
    task.partNames.forEach((name, i) => (parts[name] += values[i]));
    if (sums) sums.forEach((sum, k) => add(sum, gradients[k]));
    else sums = gradients;
  }
  if (!sums) throw new Error("training: the training set is empty");
  const trained = sums;
  const gradients = new Map(task.trained.map((name, k) => [name, trained[k]]));
  return { loss: total(parts), parts, gradients };
}

async function validate(task: TrainingTask, programs: TaskPrograms, parameters: Parameters): Promise<number> {
  const weights = [...parameters.values()].map(({ data }) => data);
  let loss = 0;
  for (const block of await task.validation()) {
    const [values] = await (await programs.get("value", block.key, block.loss)).run([...weights, ...block.inputs]);
    loss += task.partNames.reduce((sum, _, i) => sum + values[i], 0);
  }
  return loss;
}

/** Compiled programs of a task: one per kind and block shape. */
export interface TaskPrograms {
  get(kind: "value" | "gradient", key: string, fn: TensorFunction): Promise<Program>;
  dispose(): void;
}

export function taskPrograms(engine: Engine, task: TrainingTask): TaskPrograms {
  const made = new Map<string, Promise<Program>>();
  return {
    get(kind, key, fn) {
      const name = `${task.name}: ${kind} of ${key}`;
      const program =
        made.get(name) ??
        engine.compile(kind === "value" ? task.valueProgram(name, fn) : task.gradientProgram(name, fn));
      made.set(name, program);
      return program;
    },
    dispose() {
      for (const program of made.values())
        void program.then(
          (p) => p.dispose(),
          () => undefined,
        );
      made.clear();
    },
  };
}

function clip(gradients: Arrays, { by, limit }: TrainerOptions["clip"]): void {
  if (by === "value") clipByValue(gradients, limit);
  else clipByNorm(gradients, limit);
}

function add(sum: Float32Array, values: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] += values[i];
}

function total(parts: Record<string, number>): number {
  return Object.values(parts).reduce((a, b) => a + b, 0);
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
