import type { DosRecord } from "../../src/data/index.js";
import type { TrainDenoiserOptions, TrainingProgress } from "../../src/train/index.js";
import { defaultDenoiserOptions } from "../../src/train/index.js";
import { tinyConfig } from "../model/support.js";
import { fixtureRecords } from "../data/helpers.js";

/** Six real crystals of 1 to 3 atoms. */
export const records: DosRecord[] = await fixtureRecords();

/** Trains in a second. */
export const tinyOptions: TrainDenoiserOptions = {
  ...defaultDenoiserOptions,
  config: { ...tinyConfig, classCount: 100, dosPoints: 400, timesteps: 50 },
  augment: { dropCondition: 0.2, strain: 0.02, spectralNoise: 0.1, partial: true },
  steps: 20,
  batchSize: 6,
  learningRate: 3e-3,
  validateEvery: 7,
  seed: 3,
};

/** All losses of a run, its last state, and what it returned. */
export async function drain<R>(
  run: AsyncGenerator<TrainingProgress, R>,
  stopAt = Infinity,
): Promise<{ losses: number[]; last: TrainingProgress | undefined; result: R | undefined }> {
  const losses: number[] = [];
  let last: TrainingProgress | undefined;
  while (losses.length < stopAt) {
    const next = await run.next();
    if (next.done) return { losses, last, result: next.value };
    losses.push(next.value.loss);
    last = next.value;
  }
  await run.return(undefined as R);
  return { losses, last, result: undefined };
}
