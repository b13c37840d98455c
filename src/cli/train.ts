import { existsSync } from "node:fs";
import { join } from "node:path";
import { isEquilibrium, openDataset, writeFileAtomic, type Dataset, type SplitName } from "../data/index.js";
import type { BackendName, Engine } from "../runtime/index.js";
import {
  defaultDenoiserOptions,
  defaultPredictorOptions,
  denoiserRun,
  predictorRun,
  trainWithFiles,
  type HistoryRow,
  type TrainFiles,
  type TrainingProgress,
  type TrainingRun,
} from "../train/index.js";
import { commandLine, type Context } from "./context.js";
import { toCsv } from "./csv.js";
import { openEngine } from "./engine.js";
import { Interrupted } from "./errors.js";
import { bundledOr, versions } from "./files.js";
import { startProgress, type Progress } from "./terminal.js";

/** The options of `dosmith train`, as commander gives them. */
export interface TrainCommand {
  readonly kind: "denoiser" | "predictor";
  readonly steps?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly weightDecay?: number;
  readonly validateEvery?: number;
  readonly stopAfter?: number;
  readonly saveEvery: number;
  readonly seed?: number;
  readonly resume?: boolean;
  readonly hiddenDim?: number;
  readonly layers?: number;
  readonly data?: string;
  readonly splitSeed?: number;
  readonly out: string;
  readonly backend: BackendName | "auto";
  readonly threads?: number;
}

/** `dosmith train`. */
export async function train(command: TrainCommand, context: Context): Promise<void> {
  const { out, kind, resume = false } = command;
  const statePath = join(out, "state.safetensors");
  if (existsSync(statePath) !== resume)
    throw new Error(
      resume
        ? `${statePath}: not there: nothing to resume`
        : `${out}: it holds a run already; --resume continues it, or choose another --out`,
    );
  const modelPath = join(out, `${kind}.safetensors`);
  if (!resume && existsSync(modelPath)) throw new Error(`${modelPath}: it exists already; choose another --out`);
  const dataset = await openDataset(bundledOr(command.data, "dataset", "--data"));
  const run = trainingRun(command, splitOf(dataset, command));
  const info = {
    data: trainedOn(dataset),
    command: commandLine(context),
    dosmith: versions().dosmith,
    date: new Date().toISOString().slice(0, 10),
  };
  const files: TrainFiles = { modelPath, statePath, saveEvery: command.saveEvery, info };
  await follow(await openEngine(command), run, files, command, context);
}

/** Runs the training with its files; leaving the loop saves. */
async function follow(
  engine: Engine,
  run: TrainingRun,
  files: TrainFiles,
  { out }: TrainCommand,
  context: Context,
): Promise<void> {
  const { terminal, signal } = context;
  let bar: Progress | undefined;
  let last: TrainingProgress | undefined;
  try {
    for await (const progress of trainWithFiles(engine, run, files)) {
      last = progress;
      const { step, steps, validation, state } = progress;
      bar ??= startProgress(terminal, { label: run.task.name, total: steps, unit: "step", from: step - 1 });
      bar.update(step, lossText(progress));
      if (validation) await writeFileAtomic(join(out, "loss.csv"), lossTable(state.history));
      if (signal.aborted) break;
    }
  } finally {
    bar?.stop();
  }
  if (signal.aborted && last && last.step < last.steps)
    throw new Interrupted(
      `stopped after step ${last.step} of ${last.steps}; everything is kept. Add --resume to continue: ${resumeLine(context)}`,
    );
  const best = Math.min(...(last?.state.history ?? []).map(({ validationLoss }) => validationLoss));
  terminal.out(
    `${files.modelPath}: ${Number.isFinite(best) ? `best validation loss ${best.toPrecision(4)}` : "the run was finished already"}`,
  );
}

function trainingRun(command: TrainCommand, { train, validation }: Record<SplitName, Dataset>): TrainingRun {
  const { steps, batchSize, learningRate, weightDecay, validateEvery, stopAfter, seed } = command;
  const common = given({ steps, batchSize, learningRate, weightDecay, validateEvery, stopAfter, seed });
  const sizes = given({ hiddenDim: command.hiddenDim, layerCount: command.layers });
  // The denoiser is to propose equilibria; a predictor also learns from crystals off theirs.
  const wanted = command.kind === "denoiser" ? isEquilibrium : () => true;
  const [training, held] = [[...train.filter(wanted)], [...validation.filter(wanted)]];
  if (training.length === 0 || held.length === 0)
    throw new Error(`data: ${training.length} training and ${held.length} validation crystals; both sides need some`);
  if (command.kind === "denoiser") {
    const options = { ...defaultDenoiserOptions, ...common };
    return denoiserRun(training, held, { ...options, config: { ...options.config, ...sizes } }) as TrainingRun;
  }
  const options = { ...defaultPredictorOptions, ...common };
  return predictorRun(training, held, { ...options, config: { ...options.config, ...sizes } }) as TrainingRun;
}

function splitOf(dataset: Dataset, { splitSeed }: TrainCommand): Record<SplitName, Dataset> {
  const fixed = dataset.info?.split === "formula-hash";
  if (fixed && splitSeed !== undefined) throw new Error("--split-seed: this data set has a fixed split");
  if (!fixed && splitSeed === undefined) throw new Error("--split-seed: this data set has no fixed split; name a seed");
  return splitSeed === undefined ? dataset.split() : dataset.split({ by: "composition", seed: splitSeed });
}

function trainedOn({ info, length }: Dataset): string {
  return `${info?.name ?? "a data set"} version ${info?.version ?? "?"} (training side of ${length} crystals)`;
}

/** Losses on their way: the step's own, and the last validation's. */
function lossText({ loss, learningRate, state }: TrainingProgress): string {
  const validation = state.history.at(-1)?.validationLoss;
  return `loss ${loss.toPrecision(4)}${validation === undefined ? "" : `, validation ${validation.toPrecision(4)}`}, rate ${learningRate.toExponential(1)}`;
}

function lossTable(history: readonly HistoryRow[]): string {
  return toCsv(history.map((row) => ({ ...row })));
}

function resumeLine(context: Context): string {
  return commandLine({ argv: context.argv.includes("--resume") ? context.argv : [...context.argv, "--resume"] });
}

/** Only what was said. */
function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
