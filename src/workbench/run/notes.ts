import { rankingValue } from "../../evaluate/index.js";
import type { JudgedCrystal } from "../judge.js";
import { matchNumbers } from "../judged-row.js";
import type { SourcedTarget } from "../target.js";
import type { ComputedCrystal, ComputedCrystals } from "./computed.js";
import type { Run } from "./run.js";

/** What a reader should know about a run as a whole, in sentences. */
export function runNotes(run: Run): string[] {
  const { candidates, trueStructure, target, independent, computed } = run;
  const invalid = candidates.filter(({ structural }) => !structural).length;
  const known = candidates.filter(({ novel }) => novel === false).length;
  const compared =
    candidates.some(({ match }) => Number.isFinite(rankingValue(match))) || invalid === candidates.length;
  return [
    ...(trueStructure ? [trueStructureNote(target, trueStructure)] : []),
    `${candidates.length - invalid} of ${candidates.length} crystals are structurally valid; ${known} are in the training data.`,
    ...(invalid > 0
      ? ["Structurally invalid crystals get no DOS: they stand last in summary.csv and are not in the report."]
      : []),
    ...(independent
      ? []
      : [
          "One predictor both ranked and reported: the best crystals look better than they are (no independent second predictor was given).",
        ]),
    ...(compared
      ? []
      : [
          "The target has only a total DOS, which these predictors were not trained for: the crystals could not be compared with it.",
        ]),
    ...(computed ? computedNotes(computed, candidates) : []),
  ];
}

/** How well the true structure does: no other crystal can be expected to do better, because the rest is the predictor's error. */
function trueStructureNote({ side }: SourcedTarget, truth: JudgedCrystal): string {
  const { relativeL1, wasserstein } = matchNumbers(truth.match);
  const seen = side === "train" ? " It is on the training side of the split: a bundled model has seen it." : "";
  const numbers =
    relativeL1 === null
      ? "no score"
      : `relative L1 ${relativeL1.toFixed(3)}, Wasserstein ${wasserstein?.toFixed(3)} eV`;
  return `The true structure itself (${truth.formula}) scores ${numbers}, which is the predictor's own error.${seen}`;
}

function computedNotes(computed: ComputedCrystals, candidates: readonly JudgedCrystal[]): string[] {
  const all = [...computed.values()];
  const failed = all.filter(({ verification }) => verification.status === "failed");
  const pairs = candidates.flatMap(({ index, match }) => {
    const predicted = matchNumbers(match).relativeL1;
    const found = matchNumbers(computed.get(index)?.match ?? null).relativeL1;
    return predicted === null || found === null ? [] : [{ predicted, found }];
  });
  const mean = (values: readonly number[]) => (values.reduce((sum, x) => sum + x, 0) / values.length).toFixed(3);
  const without = all.filter(({ hull }) => hull?.kind === "no hull").length;
  return [
    `DFT: ${all.length - failed.length} of ${all.length} calculations finished${failed.length > 0 ? ` (${countReasons(failed)})` : ""}.`,
    ...(pairs.length > 0
      ? [
          `The mean relative L1 of the computed crystals is ${mean(pairs.map(({ found }) => found))} by DFT and ${mean(pairs.map(({ predicted }) => predicted))} by the predictor.`,
        ]
      : []),
    ...(without > 0 ? [`${without} have no hull: the data set has no phase of one of their elements.`] : []),
  ];
}

function countReasons(failed: readonly ComputedCrystal[]): string {
  const counts = new Map<string, number>();
  for (const { verification } of failed)
    if (verification.status === "failed") counts.set(verification.reason, (counts.get(verification.reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `${count} ${reason}`).join(", ");
}
