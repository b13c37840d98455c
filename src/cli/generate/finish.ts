import { join } from "node:path";
import { elementSymbol } from "../../crystal/index.js";
import { rankingValue, type TrainingSet } from "../../evaluate/index.js";
import type { DenoiserModel } from "../../model/index.js";
import { renderReport, type ReportCandidate, type ReportMatch } from "../../notebook/index.js";
import type { Context } from "../context.js";
import { toCsv } from "../csv.js";
import { judge, type JudgedCrystal } from "../judge.js";
import type { Predictors } from "../judges.js";
import { crystalRow, matchNumbers, resultTable } from "../result-table.js";
import type { ReadTarget } from "../target-input.js";
import { cifName, type RunFile, type RunFolder } from "./folder.js";
import { readableSettings, type GenerateCommand } from "./settings.js";

export interface FinishedRun {
  readonly command: GenerateCommand;
  readonly run: RunFile;
  readonly folder: RunFolder;
  readonly read: ReadTarget;
  readonly predictors: Predictors;
  readonly model: DenoiserModel;
  readonly training: TrainingSet;
}

/** Ranks the crystals of a run, writes summary.csv and report.html, and prints the best. */
export async function finishRun(finished: FinishedRun, { terminal }: Context): Promise<void> {
  const { folder, read, predictors, training, command } = finished;
  const crystals = folder.finished.map(({ crystal }) => crystal);
  const judges = { ...predictors, training };
  const judged = await judge(read.target, crystals, judges, command.broaden);
  const [truth] = read.trueCrystal ? await judge(read.target, [read.trueCrystal], judges, command.broaden) : [];
  const names = judged.map(({ index }) => cifName(index));
  const rows = judged.map((item, k) => ({ ...crystalRow(item, k + 1), file: names[k], seed_index: item.index }));
  await folder.write("summary.csv", toCsv(rows));
  const notes = runNotes(finished, judged, truth);
  await folder.write("report.html", await renderReport(reportData(finished, judged, notes)));
  resultTable(judged.slice(0, 5), names).forEach((line) => terminal.out(line));
  terminal.out("");
  for (const note of notes) terminal.out(note);
  terminal.out(`report: ${join(folder.path, "report.html")}`);
}

function reportData({ run, read, model, command }: FinishedRun, judged: readonly JudgedCrystal[], notes: string[]) {
  const { target, trueCrystal } = read;
  const { info } = model;
  const sites = target.siteDos && trueCrystal?.atomicNumbers.map(elementSymbol);
  return {
    title: `Crystals for ${target.label}`,
    command: run.command,
    target,
    ...(sites && { siteLabels: sites }),
    candidates: judged.flatMap((item, k) => reportCandidate(item, k + 1)),
    settings: {
      ...readableSettings(run.run.settings as Record<string, unknown>),
      backend: command.backend,
      ...run.versions,
    },
    model: { name: command.model ?? "bundled denoiser", trainedOn: info.data ?? info.source ?? "not said" },
    notes,
  };
}

/** What is structurally invalid has no spectrum, hence no place in the report; the notes count it. */
function reportCandidate(item: JudgedCrystal, rank: number): ReportCandidate[] {
  const { index, crystal, formula, spaceGroup, predicted, pairing, structural, strict, chargeNeutral } = item;
  if (!predicted) return [];
  const [relativeL1, relativeL1Broad, wasserstein] = matchNumbers(item.match).map((value) => value ?? NaN);
  const match: ReportMatch = { relativeL1, relativeL1Broad, wasserstein };
  return [
    {
      rank,
      id: `crystal ${index + 1}`,
      file: cifName(index),
      crystal,
      formula,
      ...(spaceGroup && { spaceGroup: spaceGroup.number }),
      validity: { structural, strict, chargeNeutral },
      match,
      predicted,
      ...(pairing && { pairing }),
      seedIndex: index,
    },
  ];
}

function runNotes(
  { read, predictors }: FinishedRun,
  judged: readonly JudgedCrystal[],
  truth: JudgedCrystal | undefined,
): string[] {
  const invalid = judged.filter(({ structural }) => !structural).length;
  const known = judged.filter(({ novel }) => novel === false).length;
  return [
    ...(truth ? [floorNote(read, truth)] : []),
    `${judged.length - invalid} of ${judged.length} crystals are structurally valid; ${known} are in the training data.`,
    ...(invalid > 0
      ? ["Structurally invalid crystals get no DOS: they stand last in summary.csv and are not in the report."]
      : []),
    ...(predictors.independent
      ? []
      : [
          "One predictor both ranked and reported: the best crystals look better than they are (no independent second predictor was given).",
        ]),
    ...(judged.some(({ match }) => Number.isFinite(rankingValue(match))) || invalid === judged.length
      ? []
      : [
          "The target has only a total DOS, the predictors give site-projected ones: the crystals could not be compared with it.",
        ]),
  ];
}

/** How well the true crystal does: no other can be expected to do better, because the rest is the predictor's error. */
function floorNote({ side }: ReadTarget, truth: JudgedCrystal): string {
  const [relativeL1, , wasserstein] = matchNumbers(truth.match);
  const seen = side === "train" ? " It is on the training side of the split: a bundled model has seen it." : "";
  const numbers =
    relativeL1 === null
      ? "no score"
      : `relative L1 ${relativeL1.toFixed(3)}, Wasserstein ${wasserstein?.toFixed(3)} eV`;
  return `The floor: the true crystal itself (${truth.formula}) scores ${numbers}, which is the predictor's own error.${seen}`;
}
