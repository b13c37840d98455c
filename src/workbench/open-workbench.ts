import type { CrystalLike } from "../crystal/index.js";
import { differences } from "../data/index.js";
import type { DosFile, PredictedDos, ReadDosOptions, Target } from "../dos/index.js";
import { readDosSource } from "./dos-source.js";
import { judge, type JudgedCrystal } from "./judge.js";
import { openResources, type Resources, type WorkbenchOptions } from "./resources.js";
import { generateRun, type RunOptions, type RunProgress } from "./run/generate.js";
import { madeBy } from "./run/run-file.js";
import { readRunFolder } from "./run/run-store.js";
import { judgeRun, targetOfRun, type Run } from "./run/run.js";
import { verifyRun, type VerifyProgress, type VerifyRunOptions } from "./run/verify.js";
import { runStudy, type Study, type StudyOptions, type StudyProgress } from "./study/study.js";
import { readTarget, type SourcedTarget, type TargetSettings } from "./target.js";
import { task, type Task } from "./task.js";
import { trainModel, type TrainedModel, type TrainModelOptions, type TrainProgress } from "./train.js";

/** Engine, models, data and judges, and what is done with them. Everything is opened when first needed. */
export interface Workbench extends Resources, AsyncDisposable {
  /** A target from a record's id, a calculation, a Materials Project id or a structure file; see {@link readTarget}. */
  target(source: string, settings?: TargetSettings): Promise<SourcedTarget>;
  /** Crystals for a target (or for what names one), ranked and judged; see {@link generateRun}. */
  generate(target: string | Target, options?: RunOptions): Task<RunProgress, Run>;
  /** A finished run from its folder. @throws Error when other predictors judged it than this workbench's */
  openRun(folder: string): Promise<Run>;
  /** First-principles calculations of a run's best crystals; see {@link verifyRun}. */
  verify(run: Run | string, options?: VerifyRunOptions): Task<VerifyProgress, Run>;
  /** The quality table of the model; see {@link runStudy}. */
  study(options?: StudyOptions): Task<StudyProgress, Study>;
  /** A denoiser or a DOS predictor from the data set, in a folder; see {@link trainModel}. */
  train(options: TrainModelOptions): Task<TrainProgress, TrainedModel>;
  /** Crystals from the best to the worst match with a target. */
  judge(target: Target | SourcedTarget, crystals: Iterable<CrystalLike>): Promise<JudgedCrystal[]>;
  /** Site-projected DOS of crystals, in their order, by the predictor that reports. */
  predict(crystals: Iterable<CrystalLike>): Promise<PredictedDos[]>;
  /** The densities of states in a file, or of a Materials Project id. */
  readDos(source: string, options?: ReadDosOptions): Promise<DosFile[]>;
}

/**
 * Opens a workbench: from a target to ranked crystals, a report and calculations.
 *
 * @throws Error that names a file or folder that is not there
 * @example
 *     const bench = await openWorkbench();
 *     const target = await bench.target("vasprun.xml", { energyWindow: [-6, 0] });
 *     const run = await bench.generate(target, { count: 16, out: "out/mine" });
 *     console.log(run.candidates[0].formula);
 *     await bench.dispose();
 */
export async function openWorkbench(options: WorkbenchOptions = {}): Promise<Workbench> {
  const resources = await Promise.resolve(openResources(options));
  const target = (source: string, settings: TargetSettings = {}) => readTarget(source, settings, services(resources));
  const openRun = async (folder: string) => {
    const stored = await readRunFolder(folder);
    const judges = await resources.judges();
    const found = differences(stored.file.run.predictors, judges.sha256);
    if (found.length > 0)
      throw new Error(
        `${folder}: its crystals were judged by other predictors (${found.join("; ")}), with ${madeBy(stored.file.versions)}; open the workbench with those, or generate again into another folder`,
      );
    return judgeRun(targetOfRun(stored), stored, judges);
  };
  return {
    ...resources,
    target,
    openRun,
    generate: (wanted, settings = {}) =>
      task(async function* () {
        return yield* generateRun(resources, await sourcedTarget(wanted, target), settings);
      }),
    verify: (run, settings) =>
      task(async function* () {
        return yield* verifyRun(resources, typeof run === "string" ? await openRun(run) : run, settings);
      }),
    train: (settings) => task(() => trainModel(resources, settings)),
    study: (settings) => task(() => runStudy(resources, settings)),
    judge: async (wanted, crystals) =>
      judge(wanted, crystals, await resources.judges(), wanted as Partial<SourcedTarget>),
    predict: async (crystals) => (await resources.predictors()).report.predict(crystals),
    readDos: (source, settings) => readDosSource(source, settings, resources),
    [Symbol.asyncDispose]: () => resources.dispose(),
  };
}

function services({ dataset, predictors, materialsProject, readers }: Resources) {
  return {
    dataset,
    predictOne: async (crystal: CrystalLike) => (await (await predictors()).rank.predict([crystal]))[0],
    ...(materialsProject && { materialsProject }),
    ...(readers && { readers }),
  };
}

async function sourcedTarget(
  wanted: string | Target,
  read: (source: string) => Promise<SourcedTarget>,
): Promise<SourcedTarget> {
  if (typeof wanted === "string") return read(wanted);
  return { source: wanted.label, notes: [], ...wanted };
}
