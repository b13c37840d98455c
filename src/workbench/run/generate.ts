import { resolve } from "node:path";
import type { GeneratedCrystal, GenerateOptions, GenerationProgress } from "../../generate/index.js";
import { Interrupted } from "../interrupted.js";
import type { Resources } from "../resources.js";
import type { SourcedTarget } from "../target.js";
import { plainTarget } from "../target-json.js";
import type { WorkProgress } from "../task.js";
import { versions } from "../versions.js";
import { runFormat, type RunFile, type RunJudging } from "./run-file.js";
import { memoryStore, openRunFolder, type RunStore } from "./run-store.js";
import { judgeRun, writeSummary, type Run } from "./run.js";
import { generateOptions, plainSettings, type RunSettings } from "./settings.js";

/** Sampler settings of a run, its folder, and what stops it. */
export interface RunOptions extends RunSettings {
  /** Folder of the run, new or holding the same run, which is continued. Default: the run stays in memory. */
  readonly out?: string;
  /** The command that repeats the run, for run.json and the report. Default: the call, in words. */
  readonly command?: string;
  /** Stops the run; what is finished is kept. */
  readonly signal?: AbortSignal;
}

/** Where a run stands, with the crystals that were just finished. */
export interface RunProgress extends WorkProgress {
  /** Crystals that the folder held already. */
  readonly kept: number;
  /** Crystals that were just finished. */
  readonly crystals: readonly GeneratedCrystal[];
  /** With `frameEvery`: the unfinished crystals as they stand. */
  readonly frame?: readonly GeneratedCrystal[];
}

/**
 * Crystals for a target, ranked and judged. Every block is kept as soon as it is finished; in a folder that holds part of the same run,
 * only the rest is made, and the result is the same to the byte.
 *
 * @throws Interrupted when `signal` is aborted; Error when the folder holds something else, or the options do not fit the target
 */
export async function* generateRun(
  resources: Resources,
  target: SourcedTarget,
  settings: RunOptions,
): AsyncGenerator<RunProgress, Run> {
  const { out, command, signal, ...rest } = settings;
  const options = await generateOptions(rest);
  const file = await describeRun(resources, target, options, command);
  // Opened before the first crystal: data that cannot be read must not cost a whole run.
  const judges = await resources.judges();
  const store = out === undefined ? memoryStore() : await openRunFolder(out, file);
  yield* makeCrystals(resources, target, options, { store, signal });
  const { folder, finished: crystals } = store;
  const run = await judgeRun(target, { file, crystals, ...(folder !== undefined && { folder }) }, judges);
  await writeSummary(run);
  return run;
}

/** Samples what the store lacks. */
async function* makeCrystals(
  resources: Resources,
  target: SourcedTarget,
  options: GenerateOptions,
  { store, signal }: { readonly store: RunStore; readonly signal?: AbortSignal },
): AsyncGenerator<RunProgress, void> {
  const { count = 8, batchSize = 8 } = options;
  const kept = store.finished.length;
  // Whole blocks: a crystal cut off within its block is made again in the same company, and comes out the same.
  const from = kept >= count ? count : kept - (kept % batchSize);
  const progress = (step?: GenerationProgress): RunProgress => ({
    ...{ label: "generating", unit: "crystal", total: count, from, kept },
    done: step ? from + step.fraction * step.count : from,
    crystals: step?.crystals ?? [],
    ...(step?.frame && { frame: step.frame }),
  });
  yield progress();
  if (kept >= count) return;
  const generator = await resources.generator();
  for await (const step of generator.stream(target, { ...options, firstIndex: from, count: count - from })) {
    for (const generated of step.crystals) if (generated.index >= store.finished.length) await store.keep(generated);
    yield progress(step);
    if (signal?.aborted && store.finished.length < count) throw new Interrupted(stoppedText(store, count));
  }
}

function stoppedText({ finished, folder }: RunStore, count: number): string {
  const where = folder === undefined ? "" : ` in ${folder}`;
  return `stopped: ${finished.length} of ${count} crystals are finished${where}`;
}

async function describeRun(
  resources: Resources,
  target: SourcedTarget,
  options: GenerateOptions,
  command?: string,
): Promise<RunFile> {
  const { model, name, sha256 } = await resources.denoiser();
  const settings = plainSettings(options);
  const bundledModel = resources.sources.model === undefined;
  const trainedOn = model.info.data ?? model.info.source ?? "unknown data";
  return {
    format: runFormat,
    command: command ?? `bench.generate(${JSON.stringify(target.source)}, ${JSON.stringify(briefly(settings))})`,
    versions: versions(),
    run: {
      settings: settings as RunFile["run"]["settings"],
      backend: (await resources.engine()).name,
      target: { source: target.source, ...plainTarget(target) },
      model: { sha256 },
      predictors: (await resources.predictors()).sha256,
    },
    judging: {
      model: { name: bundledModel ? "bundled denoiser" : name, trainedOn },
      ...judgingSources(resources),
      ...(target.broadening !== undefined && { broaden: target.broadening }),
      ...(target.trueCrystal && { trueCrystal: target.trueCrystal }),
      ...(target.side && { side: target.side }),
    },
  };
}

/** The files that judge a run, where they are not the bundled ones. */
function judgingSources({ sources }: Resources): Pick<RunJudging, "predictor" | "reportPredictor" | "dataset"> {
  const path = (name: "predictor" | "reportPredictor" | "dataset") => {
    const source = sources[name];
    return typeof source === "string" ? { [name]: resolve(source) } : {};
  };
  return { ...path("predictor"), ...path("reportPredictor"), ...path("dataset") };
}

/** Settings without whole structures. */
function briefly(settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(settings).map(([name, value]) => [name, isStructure(value) ? "..." : value] as const);
  return Object.fromEntries(entries);
}

function isStructure(value: unknown): boolean {
  return typeof value === "object" && value !== null && ("latticeMatrix" in value || "crystal" in value);
}
