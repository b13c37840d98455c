import { join } from "node:path";
import { existsSync } from "node:fs";
import { writeFileAtomic } from "../../data/index.js";
import type { GeneratedCrystal } from "../../generate/index.js";
import { toCsv, type CsvValue } from "../csv.js";
import { judge, type JudgedCrystal, type Judges } from "../judge.js";
import { judgedRow } from "../judged-row.js";
import type { Predictors } from "../predictors.js";
import { targetFromPlain } from "../target-json.js";
import type { SourcedTarget } from "../target.js";
import { computedRow, type ComputedCrystals } from "./computed.js";
import { cifName } from "./crystal-lines.js";
import type { RunFile } from "./run-file.js";
import { openRunFolder, type StoredRun } from "./run-store.js";

/** A finished run: its crystals, ranked and judged. */
export interface Run {
  /** Absent for a run in memory. */
  readonly folder?: string;
  /** Settings, versions and sources. */
  readonly file: RunFile;
  readonly target: SourcedTarget;
  /** In the order in which they were made. */
  readonly crystals: readonly GeneratedCrystal[];
  /** From the best to the worst; structurally invalid ones last. */
  readonly candidates: readonly JudgedCrystal[];
  /** The target's own crystal, judged in the same way, where it is known. */
  readonly trueStructure?: JudgedCrystal;
  /** Whether another predictor reported than the one that ranked. */
  readonly independent: boolean;
  /** First-principles results, where there are any. */
  readonly computed?: ComputedCrystals;
}

/** Judges the crystals of a run. */
export async function judgeRun(
  target: SourcedTarget,
  { file, crystals, folder }: Omit<StoredRun, "folder"> & { readonly folder?: string },
  judges: Judges & Pick<Predictors, "independent">,
): Promise<Run> {
  const { broadening, trueCrystal } = target;
  const judged = (list: readonly GeneratedCrystal["crystal"][]) => judge(target, list, judges, { broadening });
  const candidates = await judged(crystals.map(({ crystal }) => crystal));
  const [trueStructure] = trueCrystal ? await judged([trueCrystal]) : [];
  const { independent } = judges;
  return {
    ...(folder !== undefined && { folder }),
    ...{ file, target, crystals, candidates, independent },
    ...(trueStructure && { trueStructure }),
  };
}

/** The rows of summary.csv, best crystal first. */
export function summaryRows({ candidates, computed }: Run): Record<string, CsvValue>[] {
  return candidates.map((item, k) => ({
    ...judgedRow(item, k + 1),
    ...(computed && computedRow(computed, item.index)),
    file: cifName(item.index),
    seed_index: item.index,
  }));
}

/**
 * Writes a file of a run's folder. One that is there already is kept, unless calculations were added to the run.
 * @returns its path
 * @throws Error for a run in memory
 */
export async function writeRunFile(run: Run, name: string, content: string): Promise<string> {
  if (run.folder === undefined) throw new Error(`${name}: the run is in memory; save it to a folder first`);
  const path = join(run.folder, name);
  if (run.computed || !existsSync(path)) await writeFileAtomic(path, content);
  return path;
}

/** Writes summary.csv of a run that has a folder. */
export async function writeSummary(run: Run): Promise<void> {
  if (run.folder !== undefined) await writeRunFile(run, "summary.csv", toCsv(summaryRows(run)));
}

/** Writes a run that is in memory to a new folder, as if it had been made there. @throws Error as {@link openRunFolder} */
export async function saveRun(run: Run, folder: string): Promise<Run> {
  const store = await openRunFolder(folder, run.file);
  for (const generated of run.crystals.slice(store.finished.length)) await store.keep(generated);
  const saved = { ...run, folder };
  await writeSummary(saved);
  return saved;
}

/** The target as a stored run had it: nothing is shifted or broadened again. @throws Error when its spectra do not fit */
export function targetOfRun({ file }: Pick<StoredRun, "file">): SourcedTarget {
  const { trueCrystal, side, broaden } = file.judging;
  return {
    ...targetFromPlain(file.run.target),
    source: file.run.target.source,
    notes: [],
    ...(trueCrystal && { trueCrystal }),
    ...(side && { side }),
    ...(broaden !== undefined && { broadening: broaden }),
  };
}
