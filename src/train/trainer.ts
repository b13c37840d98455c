import type { Parameters } from "../model/index.js";
import type { Engine, Program } from "../runtime/index.js";
import { copyParameters, startOptimiser } from "./optimiser.js";
import type { PlateauOptions, PlateauState } from "./plateau.js";
import { afterValidation, plateauStart, rateAt } from "./plateau.js";
import { TrainingStep } from "./step.js";
import type { TensorFunction, TrainingTask } from "./task.js";
import type { StepArrays, UpdateRule } from "./update-rule.js";

/** The moving average of the weights is what validation sees and what is kept. */
export interface TrainerOptions extends UpdateRule {
  readonly emaDecay: number;
  readonly steps: number;
  readonly schedule: PlateauOptions;
  /** Steps between validations. */
  readonly validateEvery: number;
  /** Validations without a new best before training ends; never if absent. */
  readonly stopAfter?: number;
}

/** Everything that continues a run exactly. Its arrays are the trainer's and change with later steps: save or copy them. */
export interface TrainerState extends StepArrays {
  readonly step: number;
  /** The average at the best validation so far. */
  readonly best: Parameters;
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
    optimiser: startOptimiser(options.optimiser, initial),
    plateau: plateauStart(options.schedule),
    history: [],
    recent: [],
  };
}

/**
 * The training loop. Yields after every step; stop by leaving the loop. Continues from `state` with the same losses as an
 * uninterrupted run, because batches and noise depend on (seed, step) only.
 */
export async function* runTraining(
  engine: Engine,
  task: TrainingTask,
  options: TrainerOptions,
  state: TrainerState = startTraining(task, options),
): AsyncGenerator<TrainingProgress, TrainerState> {
  const programs = valuePrograms(engine, task);
  const stepper = new TrainingStep(engine, task, options);
  // The initial arrays are released after the first step, since `state` is replaced.
  let arrays: StepArrays = state;
  try {
    if ((await task.validation()).length === 0) throw new Error("training: the validation set is empty");
    while (state.step < options.steps && !finished(state, options)) {
      const step = state.step + 1;
      const learningRate = rateAt(step, state.plateau, options.schedule);
      const made = await stepper.run(arrays, await task.batch(step), step, learningRate);
      const values = made.parts;
      const loss = values.reduce((sum, part) => sum + part, 0);
      if (!Number.isFinite(loss))
        throw new Error(`training: the loss is ${loss} at step ${step}; lower the learning rate`);
      const parts = Object.fromEntries(task.partNames.map((name, i) => [name, values[i]]));
      arrays = made.arrays;
      const { best, plateau, history, recent } = state;
      let position: Position = { best, plateau, history, step, recent: [...recent, loss] };
      let validation: HistoryRow | undefined;
      if (step % options.validateEvery === 0 || step === options.steps) {
        const validationLoss = await validate(task, programs, arrays.average);
        if (!Number.isFinite(validationLoss))
          throw new Error(
            `training: the validation loss is ${validationLoss} at step ${step}; lower the learning rate`,
          );
        validation = { step, trainingLoss: mean(position.recent), validationLoss, learningRate };
        position = afterValidationStep(position, arrays, validation, options);
      }
      state = stateOf(arrays, position);
      yield { step, steps: options.steps, loss, parts, learningRate, validation, state };
    }
  } finally {
    programs.dispose();
    stepper.dispose();
  }
  return state;
}

/** A state without its arrays. */
type Position = Omit<TrainerState, keyof StepArrays>;

/** The state after a step; its arrays are named when they are first read. */
function stateOf(arrays: StepArrays, { step, best, plateau, history, recent }: Position): TrainerState {
  return {
    ...{ step, best, plateau, history, recent },
    get parameters() {
      return arrays.parameters;
    },
    get average() {
      return arrays.average;
    },
    get optimiser() {
      return arrays.optimiser;
    },
  };
}

function afterValidationStep(
  position: Position,
  { average }: StepArrays,
  row: HistoryRow,
  { schedule }: TrainerOptions,
): Position {
  const improved = row.validationLoss < Math.min(Infinity, ...position.history.map((h) => h.validationLoss));
  return {
    step: position.step,
    plateau: afterValidation(row.validationLoss, position.plateau, schedule),
    best: improved ? copyParameters(average) : position.best,
    history: [...position.history, row],
    recent: [],
  };
}

function finished({ history }: Position, { stopAfter = Infinity }: TrainerOptions): boolean {
  const losses = history.map((row) => row.validationLoss);
  return losses.length > 0 && losses.length - 1 - losses.indexOf(Math.min(...losses)) >= stopAfter;
}

async function validate(task: TrainingTask, programs: ValuePrograms, parameters: Parameters): Promise<number> {
  const weights = [...parameters.values()].map(({ data }) => data);
  let loss = 0;
  for (const block of await task.validation()) {
    const [values] = await (await programs.get(block.key, block.loss)).run([...weights, ...block.inputs]);
    loss += task.partNames.reduce((sum, _, i) => sum + values[i], 0);
  }
  return loss;
}

/** Compiled losses of a task: one per block shape. */
interface ValuePrograms {
  get(key: string, fn: TensorFunction): Promise<Program>;
  dispose(): void;
}

function valuePrograms(engine: Engine, task: TrainingTask): ValuePrograms {
  const made = new Map<string, Promise<Program>>();
  return {
    get(key, fn) {
      const program = made.get(key) ?? engine.compile(task.valueProgram(`${task.name}: value of ${key}`, fn));
      made.set(key, program);
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

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
