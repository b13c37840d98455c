import { join } from "node:path";
import { writeFileAtomic } from "../../data/index.js";
import { targetFromJson, type Target } from "../../dos/index.js";
import { hullOf, verify, type Verification, type VerifyOptions } from "../../verify/index.js";
import { commandLine, type Context } from "../context.js";
import { openEngine, type EngineOptions } from "../engine.js";
import { Interrupted } from "../errors.js";
import { finishRun, judgeRun } from "../generate/finish.js";
import { readRunFolder, type FinishedRunFolder } from "../generate/folder.js";
import type { JudgedCrystal } from "../judge.js";
import { trainingSetOf } from "../judge.js";
import { lazyDataset, openPredictors } from "../judges.js";
import { startProgress } from "../terminal.js";
import { compareComputed, type ComputedCrystal } from "./computed.js";

/** The options of `dosmith verify`, as commander gives them. */
export interface VerifyCommand extends EngineOptions {
  readonly top: number;
  readonly code: "gpaw";
  readonly relax: NonNullable<VerifyOptions["relax"]>;
  readonly prerelax?: "chgnet";
  readonly processes: number;
  readonly timeLimit: number;
  readonly python?: string;
  readonly prerelaxPython?: string;
}

/** `dosmith verify`: computes the best crystals of a run by DFT, and says so in the run's summary and report. */
export async function verifyRun(path: string, command: VerifyCommand, context: Context): Promise<void> {
  const folder = await readRunFolder(path);
  const { judging } = folder.run;
  const predictors = await openPredictors(judging, await openEngine(command));
  const dataset = await lazyDataset(judging)();
  const whole = {
    ...folder,
    judging,
    target: targetOf(folder),
    predictors,
    training: trainingSetOf(dataset),
    write: (name: string, content: string) => writeFileAtomic(join(path, name), content),
  };
  const judged = await judgeRun(whole);
  const chosen = judged.filter(({ structural }) => structural).slice(0, command.top);
  const found = await compute(path, chosen, command, context);
  const hull = await hullOf(dataset);
  const computed = new Map<number, ComputedCrystal>();
  for (const verification of found) {
    const { index } = chosen[verification.index];
    computed.set(index, compareComputed(verification, whole.target, hull(verification)));
  }
  await finishRun({ ...whole, computed }, judged, context);
}

/** Runs the calculations; those that are finished stay in `PATH/dft` whatever happens to the others. */
async function compute(
  path: string,
  chosen: readonly JudgedCrystal[],
  command: VerifyCommand,
  context: Context,
): Promise<Verification[]> {
  const options: VerifyOptions = {
    code: command.code,
    relax: command.relax,
    ...(command.prerelax && { prerelax: command.prerelax }),
    processes: command.processes,
    timeLimit: command.timeLimit,
    ...(command.python !== undefined && { python: command.python }),
    ...(command.prerelaxPython !== undefined && { prerelaxPython: command.prerelaxPython }),
    cacheFolder: join(path, "dft"),
    signal: context.signal,
  };
  const found: Verification[] = [];
  const bar = startProgress(context.terminal, { label: "computing", total: chosen.length, unit: "crystal" });
  try {
    for await (const verification of verify(
      chosen.map(({ crystal }) => crystal),
      options,
    )) {
      found.push(verification);
      bar.update(found.length, chosen[verification.index].formula);
    }
  } catch (error) {
    if (context.signal.aborted)
      throw new Interrupted(
        `stopped: ${found.length} of ${chosen.length} calculations are finished in ${join(path, "dft")}. The same command continues: ${commandLine(context)}`,
      );
    throw error;
  } finally {
    bar.stop();
  }
  return found;
}

/** The target as the run had it: nothing is shifted or broadened again. */
function targetOf({ run, path }: FinishedRunFolder): Target {
  const { label, energyShift, siteMask, energyWindow, ...spectra } = run.run.target as StoredTarget;
  const target = targetFromJson(JSON.stringify(spectra), join(path, "run.json"), { zero: "keep", use: "both" });
  return { ...target, label, energyShift, ...(siteMask && { siteMask }), ...(energyWindow && { energyWindow }) };
}

type StoredTarget = Pick<Target, "label" | "energyShift" | "siteMask" | "energyWindow">;
