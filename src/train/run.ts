import { createHash } from "node:crypto";
import type { DosRecord } from "../data/index.js";
import type { Model, ParameterSpec, Parameters } from "../model/index.js";
import { saveModel } from "../model/index.js";
import type { Engine } from "../runtime/index.js";
import { adam } from "./optimiser.js";
import { loadTrainerState, saveTrainerState } from "./saved-state.js";
import type { TrainingTask } from "./task.js";
import type { TrainerOptions, TrainingProgress } from "./trainer.js";
import { runTraining, startTraining } from "./trainer.js";

/** Settings that every training has. */
export interface TrainOptions {
  readonly steps: number;
  /** Crystals of one step. */
  readonly batchSize: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly emaDecay: number;
  /** Steps between validations. */
  readonly validateEvery: number;
  /** Validations without a new best before training ends; never if absent. */
  readonly stopAfter?: number;
  readonly seed: number;
}

/** A task, how it is trained, and how weights become a model. */
export interface TrainingRun<M extends Model = Model> {
  readonly task: TrainingTask;
  readonly specs: readonly ParameterSpec[];
  readonly options: TrainerOptions;
  /** The model that weights of the run make. */
  readonly toModel: (parameters: Parameters, info: M["info"]) => M;
  /** Identifies the settings; a saved state is only continued by the same recipe. */
  readonly recipe: string;
}

/** Where a run keeps its files, and how often. */
export interface TrainFiles {
  /** Receives the model (best averaged weights so far) whenever the state is saved. */
  readonly modelPath: string;
  /** Weights, optimiser and position of the run, in one file. */
  readonly statePath: string;
  /** Steps between saves; a crash loses at most these. */
  readonly saveEvery: number;
  /** Facts stored with the model. */
  readonly info: Readonly<Record<string, string>>;
}

/**
 * Trains with files: continues from `statePath` where it exists, saves every `saveEvery` steps and when the loop is left
 * early. `kill -9` at any moment loses at most the steps since the last save; the resumed run then has the same losses as
 * an uninterrupted one. Returns the model of the best validation.
 *
 * @example
 *     const { train, validation } = dataset.split();
 *     const run = denoiserRun(train, validation, { ...defaultDenoiserOptions, steps: 1000 });
 *     const files = { modelPath: "model.safetensors", statePath: "model.state", saveEvery: 100, info: { data: "mine" } };
 *     for await (const { step, loss } of trainWithFiles(engine, run, files)) console.log(step, loss);
 */
export async function* trainWithFiles<M extends Model>(
  engine: Engine,
  run: TrainingRun<M>,
  files: TrainFiles,
): AsyncGenerator<TrainingProgress, M> {
  let state = (await loadTrainerState(files.statePath, run)) ?? startTraining(run.task, run.options);
  let saved = state.step;
  const save = async (): Promise<void> => {
    // The state last: killed in between, the run repeats the steps and writes the model again.
    await saveModel(files.modelPath, run.toModel(state.best, files.info));
    await saveTrainerState(files.statePath, state, run.recipe);
    saved = state.step;
  };
  try {
    for await (const progress of runTraining(engine, run.task, run.options, state)) {
      state = progress.state;
      if (state.step % files.saveEvery === 0) await save();
      yield progress;
    }
  } finally {
    if (saved !== state.step) await save();
  }
  return run.toModel(state.best, files.info);
}

/** The trainer's part of the settings: AdamW, norm clipping, plateau schedule with warm-up. */
export function trainerOptions(options: TrainOptions): TrainerOptions {
  const { steps, learningRate, weightDecay, emaDecay, validateEvery, stopAfter } = options;
  return {
    steps,
    optimiser: adam({ weightDecay }),
    schedule: { learningRate, warmupSteps: 100, patience: 2, factor: 0.5, minLearningRate: learningRate / 100 },
    clip: { by: "norm", limit: 1 },
    emaDecay,
    validateEvery,
    stopAfter,
  };
}

/** What a run is: its settings and, by a digest of their names, its training records. */
export function recipeOf(options: TrainOptions, records: Iterable<DosRecord>): string {
  const ids = Array.from(records, ({ id }) => id);
  const digest = createHash("sha256").update(JSON.stringify(ids)).digest("hex");
  return JSON.stringify({ ...options, records: ids.length, ids: digest.slice(0, 16) });
}

/** Atomic numbers that occur in the records, ascending. */
export function elementsOf(records: Iterable<DosRecord>): number[] {
  const elements = new Set<number>();
  for (const { crystal } of records) for (const z of crystal.atomicNumbers) elements.add(z);
  return [...elements].sort((a, b) => a - b);
}
