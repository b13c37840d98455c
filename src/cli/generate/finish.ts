import { join } from "node:path";
import { elementSymbol, type Crystal } from "../../crystal/index.js";
import type { Target } from "../../dos/index.js";
import { rankingValue, type TrainingSet } from "../../evaluate/index.js";
import { renderReport, type ReportCandidate, type ReportMatch } from "../../notebook/index.js";
import type { Context } from "../context.js";
import { toCsv } from "../csv.js";
import { judge, type JudgedCrystal } from "../judge.js";
import type { Predictors } from "../judges.js";
import { crystalRow, matchNumbers, resultTable } from "../result-table.js";
import { computedNotes, computedRow, reportComputed, type ComputedCrystals } from "../verify/computed.js";
import { cifName, type RunFile, type RunJudging } from "./folder.js";
import { readableSettings } from "./settings.js";

export interface FinishedRun {
  /** Its folder. */
  readonly path: string;
  readonly run: RunFile;
  readonly judging: RunJudging;
  readonly target: Target;
  readonly crystals: readonly Crystal[];
  readonly predictors: Predictors;
  readonly training: TrainingSet;
  /** First-principles results, where there are any. */
  readonly computed?: ComputedCrystals;
  write(name: string, content: string): Promise<void>;
}

/** Ranks the crystals of a run, best first. */
export async function judgeRun(finished: FinishedRun): Promise<JudgedCrystal[]> {
  const { target, crystals, predictors, training, judging } = finished;
  return judge(target, crystals, { ...predictors, training }, judging.broaden);
}

/** Writes summary.csv and report.html of a run, and prints the best. */
export async function finishRun(finished: FinishedRun, judged: JudgedCrystal[], { terminal }: Context): Promise<void> {
  const { path, target, predictors, training, judging, computed } = finished;
  const { trueCrystal, broaden } = judging;
  const [truth] = trueCrystal ? await judge(target, [trueCrystal], { ...predictors, training }, broaden) : [];
  const names = judged.map(({ index }) => cifName(index));
  const rows = judged.map((item, k) => ({
    ...crystalRow(item, k + 1),
    ...(computed && computedRow(computed, item.index)),
    file: names[k],
    seed_index: item.index,
  }));
  await finished.write("summary.csv", toCsv(rows));
  const notes = [...runNotes(finished, judged, truth), ...(computed ? computedNotes(computed, judged) : [])];
  await finished.write("report.html", await renderReport(reportData(finished, judged, notes)));
  resultTable(judged.slice(0, 5), names).forEach((line) => terminal.out(line));
  terminal.out("");
  for (const note of notes) terminal.out(note);
  terminal.out(`report: ${join(path, "report.html")}`);
}

function reportData({ run, judging, target, computed }: FinishedRun, judged: JudgedCrystal[], notes: string[]) {
  const sites = target.siteDos && judging.trueCrystal?.atomicNumbers.map(elementSymbol);
  return {
    title: `Crystals for ${target.label}`,
    command: run.command,
    target,
    ...(sites && { siteLabels: sites }),
    candidates: judged.flatMap((item, k) => reportCandidate(item, k + 1, computed)),
    settings: {
      ...readableSettings(run.run.settings as Record<string, unknown>),
      backend: String(run.run.backend),
      ...run.versions,
    },
    model: judging.model,
    notes,
  };
}

/** What is structurally invalid has no spectrum, hence no place in the report; the notes count it. */
function reportCandidate(item: JudgedCrystal, rank: number, computed?: ComputedCrystals): ReportCandidate[] {
  const { index, crystal, formula, spaceGroup, predicted, pairing, structural, strict, chargeNeutral } = item;
  if (!predicted) return [];
  const found = computed && reportComputed(computed, index);
  return [
    {
      rank,
      id: `crystal ${index + 1}`,
      file: cifName(index),
      crystal,
      formula,
      ...(spaceGroup && { spaceGroup: spaceGroup.number }),
      validity: { structural, strict, chargeNeutral },
      match: reportMatch(item),
      predicted,
      ...(pairing && { pairing }),
      ...(found && { computed: found }),
      seedIndex: index,
    },
  ];
}

function reportMatch({ match }: JudgedCrystal): ReportMatch {
  const [relativeL1, relativeL1Broad, wasserstein] = matchNumbers(match).map((value) => value ?? NaN);
  return { relativeL1, relativeL1Broad, wasserstein };
}

function runNotes(
  { judging, predictors }: FinishedRun,
  judged: readonly JudgedCrystal[],
  truth: JudgedCrystal | undefined,
): string[] {
  const invalid = judged.filter(({ structural }) => !structural).length;
  const known = judged.filter(({ novel }) => novel === false).length;
  return [
    ...(truth ? [floorNote(judging, truth)] : []),
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
          "The target has only a total DOS, which these predictors were not trained for: the crystals could not be compared with it.",
        ]),
  ];
}

/** How well the true crystal does: no other can be expected to do better, because the rest is the predictor's error. */
function floorNote({ side }: RunJudging, truth: JudgedCrystal): string {
  const [relativeL1, , wasserstein] = matchNumbers(truth.match);
  const seen = side === "train" ? " It is on the training side of the split: a bundled model has seen it." : "";
  const numbers =
    relativeL1 === null
      ? "no score"
      : `relative L1 ${relativeL1.toFixed(3)}, Wasserstein ${wasserstein?.toFixed(3)} eV`;
  return `The floor: the true crystal itself (${truth.formula}) scores ${numbers}, which is the predictor's own error.${seen}`;
}
