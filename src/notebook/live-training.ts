import type { TrainingProgress } from "../train/index.js";
import { lossChart, type LossRow } from "./charts/loss-chart.js";
import { liveOutput, progressBundle } from "./display.js";
import { ProgressMeter } from "./progress.js";

/** Titles and pace of a live training display. */
export interface LiveTrainingOptions {
  /** Of the progress bar. Default "training". */
  readonly label?: string;
  /** Of the chart. */
  readonly title?: string;
  /** Seconds between drawings, at least. Default 1. */
  readonly interval?: number;
}

/** The parts of the training generator's progress that are shown. */
export type ShownProgress = Pick<TrainingProgress, "step" | "steps" | "loss"> & {
  readonly validation?: Pick<NonNullable<TrainingProgress["validation"]>, "validationLoss">;
  readonly state?: { readonly history: TrainingProgress["state"]["history"] };
};

/**
 * Shows a training run under the cell while it goes on: a bar with rate and remaining time, and below it the training and
 * validation losses. Passes on what the run yields and returns, so that it goes around any training generator:
 *
 *     for await (const p of liveTraining(runTraining(engine, run.task, run.options))) ...
 *
 * The last drawing is the run's last step, also when it ends early, fails or is interrupted. A continued run shows the
 * validation losses of its first part too.
 *
 * @example
 *     const { train, validation } = dataset.split();
 *     const run = predictorRun(train, validation, { ...defaultPredictorOptions, steps: 500 });
 *     for await (const { step, loss } of liveTraining(runTraining(engine, run.task, run.options))) console.log(step, loss);
 */
export async function* liveTraining<P extends ShownProgress, R>(
  run: AsyncGenerator<P, R>,
  options: LiveTrainingOptions = {},
): AsyncGenerator<P, R> {
  const display = trainingDisplay(options);
  try {
    for (let next = await run.next(); ; next = await run.next()) {
      if (next.done) return next.value;
      await display.update(next.value);
      yield next.value;
    }
  } finally {
    // Whoever leaves the loop ends the run first: it may save its state.
    await run.return(undefined as R);
    await display.finish();
  }
}

function trainingDisplay({ label = "training", title, interval = 1 }: LiveTrainingOptions) {
  const [bar, chart] = [liveOutput(), liveOutput()];
  const losses = lossHistory();
  let meter: ProgressMeter | undefined;
  let shownAt = -Infinity;
  async function draw(): Promise<void> {
    if (!meter) return;
    bar.send(progressBundle(meter.state));
    await chart.update(lossChart(losses.rows(), title === undefined ? {} : { title }));
    shownAt = meter.state.elapsedSeconds;
  }
  return {
    async update(p: ShownProgress): Promise<void> {
      if (!meter) {
        // A continued run has done some of its steps before we started to count the time.
        meter = new ProgressMeter({ label, total: p.steps, unit: "step", from: p.step - 1 });
        for (const row of p.state?.history ?? [])
          if (row.step < p.step) losses.validation(row.step, row.validationLoss);
      }
      losses.training(p.step, p.loss);
      if (p.validation) losses.validation(p.step, p.validation.validationLoss);
      const { elapsedSeconds } = meter.update(p.step, detail(p));
      if (p.step === p.steps || elapsedSeconds - shownAt >= interval) await draw();
    },
    async finish(): Promise<void> {
      if (!meter || meter.state.done === meter.state.total) return;
      meter.end();
      await draw();
    },
  };
}

function detail({ loss }: ShownProgress): string {
  return `loss ${loss.toPrecision(3)}`;
}

/** A chart of more points than pixels is only slower. */
const mostPoints = 300;

/** Keeps a bounded number of training points, each the mean over as many steps as that takes, and every validation. */
export function lossHistory() {
  let bins: { readonly step: number; readonly sum: number; readonly count: number }[] = [];
  let perBin = 1;
  const validations: LossRow[] = [];
  return {
    training(step: number, loss: number): void {
      const last = bins.at(-1);
      if (last && last.count < perBin) bins[bins.length - 1] = { step, sum: last.sum + loss, count: last.count + 1 };
      else bins.push({ step, sum: loss, count: 1 });
      if (bins.length <= mostPoints) return;
      perBin *= 2;
      bins = pairwise(bins);
    },
    validation(step: number, validationLoss: number): void {
      validations.push({ step, validationLoss });
    },
    rows: (): LossRow[] => [...bins.map(({ step, sum, count }) => ({ step, trainLoss: sum / count })), ...validations],
  };
}

function pairwise<T extends { step: number; sum: number; count: number }>(bins: readonly T[]) {
  return bins.flatMap((first, i) => {
    if (i % 2 === 1) return [];
    const { step, sum, count } = bins[i + 1] ?? { step: first.step, sum: 0, count: 0 };
    return [{ step, sum: first.sum + sum, count: first.count + count }];
  });
}
