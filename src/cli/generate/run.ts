import { resolve } from "node:path";
import { Interrupted } from "../errors.js";
import { crystalGenerator, type GenerateOptions } from "../../generate/index.js";
import { loadDenoiser, type DenoiserModel } from "../../model/index.js";
import type { Engine } from "../../runtime/index.js";
import { commandLine, type Context } from "../context.js";
import { openEngine } from "../engine.js";
import { bundledOr, fileSha256, versions } from "../files.js";
import { trainingSetOf } from "../judge.js";
import { lazyDataset, openPredictors, type Predictors } from "../judges.js";
import { readTarget, type ReadTarget } from "../target-input.js";
import { startProgress } from "../terminal.js";
import { finishRun, judgeRun } from "./finish.js";
import { openRunFolder, type RunFile, type RunFolder, type RunJudging } from "./folder.js";
import { generateOptions, plainSettings, type GenerateCommand } from "./settings.js";
import { plainTarget } from "./target-json.js";

/** `dosmith generate`: crystals for a target into a folder, ranked and reported; continues what is in the folder. */
export async function generate(command: GenerateCommand, context: Context): Promise<void> {
  const modelPath = bundledOr(command.model, "denoiser", "--model");
  const [model, engine] = [await loadDenoiser(modelPath), await openEngine(command)];
  const predictors = await openPredictors(command, engine);
  const dataset = lazyDataset(command);
  const read = await readTarget(command, dataset, predictors.predictOne);
  read.notes?.forEach((note) => context.terminal.note(note));
  const options = await generateOptions(command);
  const training = trainingSetOf(await dataset());
  const run = await describeRun(command, context, { engine, model, modelPath, predictors, read, options });
  const folder = await openRunFolder(command.out, run);
  await makeCrystals(engine, model, read, options, folder, context);
  const crystals = folder.finished.map(({ crystal }) => crystal);
  const whole = {
    path: folder.path,
    run,
    judging: run.judging,
    target: read.target,
    crystals,
    predictors,
    training,
    write: (name: string, content: string) => folder.write(name, content),
  };
  await finishRun(whole, await judgeRun(whole), context);
}

/** Samples what the folder lacks, and keeps every block as soon as it is finished. */
async function makeCrystals(
  engine: Engine,
  model: DenoiserModel,
  { target }: ReadTarget,
  options: GenerateOptions,
  folder: RunFolder,
  context: Context,
): Promise<void> {
  const { count = 8, batchSize = 8 } = options;
  const have = folder.finished.length;
  if (have >= count) return context.terminal.note(`${folder.path}: all ${count} crystals are there`);
  if (have > 0) context.terminal.note(`${folder.path}: continuing after ${have} of ${count} crystals`);
  // Whole blocks: a crystal cut off within its block is made again in the same company, and comes out the same.
  const firstIndex = have - (have % batchSize);
  const generator = crystalGenerator(engine, model);
  const bar = startProgress(context.terminal, { label: "generating", total: count, unit: "crystal", from: firstIndex });
  try {
    for await (const step of generator.stream(target, { ...options, firstIndex, count: count - firstIndex })) {
      for (const generated of step.crystals)
        if (generated.index >= folder.finished.length) await folder.keep(generated);
      bar.update(firstIndex + step.fraction * step.count);
      if (context.signal.aborted && folder.finished.length < count)
        throw new Interrupted(resumeHint(folder, count, context));
    }
  } finally {
    bar.stop();
    generator.dispose();
  }
}

function resumeHint({ finished, path }: RunFolder, count: number, context: Context): string {
  return `stopped: ${finished.length} of ${count} crystals are finished in ${path}. The same command continues: ${commandLine(context)}`;
}

interface RunParts {
  readonly engine: Engine;
  readonly model: DenoiserModel;
  readonly modelPath: string;
  readonly predictors: Predictors;
  readonly read: ReadTarget;
  readonly options: GenerateOptions;
}

async function describeRun(command: GenerateCommand, context: Context, parts: RunParts) {
  const { engine, modelPath, predictors, read, options } = parts;
  return {
    format: "dosmith-run-1" as const,
    command: commandLine(context),
    versions: versions(),
    run: {
      settings: plainSettings(options),
      backend: engine.name,
      target: { source: command.target, ...plainTarget(read.target) },
      model: { sha256: await fileSha256(modelPath) },
      predictors: predictors.sha256,
    },
    judging: describeJudging(command, parts),
  } satisfies RunFile;
}

function describeJudging(command: GenerateCommand, { model, read }: RunParts): RunJudging {
  const { predictor, reportPredictor, dataset, broaden } = command;
  const { info } = model;
  const whole = (path: string) => resolve(path);
  return {
    model: { name: command.model ?? "bundled denoiser", trainedOn: info.data ?? info.source ?? "not said" },
    ...(predictor !== undefined && { predictor: whole(predictor) }),
    ...(reportPredictor !== undefined && { reportPredictor: whole(reportPredictor) }),
    ...(dataset !== undefined && { dataset: whole(dataset) }),
    ...(broaden !== undefined && { broaden }),
    ...(read.trueCrystal && { trueCrystal: read.trueCrystal }),
    ...(read.side && { side: read.side }),
  };
}
