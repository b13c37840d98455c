import type { Crystal } from "../crystal/crystal.js";
import type { MatchCandidate, Target } from "../dos/index.js";
import { matchTarget, rankingValue, type DosMatch } from "./dos-match.js";
import type { Candidate, DosPredictor } from "./metric.js";
import { isStructurallyValid } from "./validity.js";

/** A candidate with its place in the list that was given and what the two predictors say of it. */
export interface RankedCandidate<C extends Crystal = Candidate> {
  readonly index: number;
  readonly crystal: C;
  /** By the predictor that ranks; null when the crystal is structurally invalid. */
  readonly rankMatch: DosMatch | null;
  /** By the other predictor, for the report: absent without one. */
  readonly reportMatch?: DosMatch | null;
}

/**
 * Candidates from the best to the worst relative L1 by one predictor, reported by another. The predictor that chooses
 * cannot judge its own choice: the minimum over many candidates also picks its luckiest errors (the winner's curse).
 * Structurally invalid candidates come last.
 */
export async function rankCandidates<C extends Candidate>(
  target: Target,
  crystals: readonly C[],
  rankPredictor: DosPredictor,
  reportPredictor?: DosPredictor,
): Promise<RankedCandidate<C>[]> {
  const rankMatches = await predictMatches(target, crystals, rankPredictor);
  const reportMatches = reportPredictor ? await predictMatches(target, crystals, reportPredictor) : undefined;
  const ranked = crystals.map((crystal, index) => {
    const item = { index, crystal, rankMatch: rankMatches[index] };
    return reportMatches ? { ...item, reportMatch: reportMatches[index] } : item;
  });
  return ranked.sort((a, b) => byRank(a, b));
}

/**
 * [crystals]: how well each crystal's DOS meets the target: its stored DOS where it has one, else the prediction. Null
 * for structurally invalid crystals, which are not shown to the predictor.
 *
 * @throws Error when the predictor returns another number of spectra than it was given crystals.
 */
export async function predictMatches(
  target: Target,
  crystals: readonly Candidate[],
  predict: DosPredictor,
): Promise<(DosMatch | null)[]> {
  const asked = crystals.filter((crystal) => !crystal.storedDos && isStructurallyValid(crystal));
  const predicted = asked.length > 0 ? await predict(asked) : [];
  if (predicted.length !== asked.length) {
    throw new Error(
      `DOS predictor: expected ${asked.length} spectra for target ${target.label}, got ${predicted.length}`,
    );
  }
  const spectra = new Map<Candidate, MatchCandidate>(
    asked.map((crystal, i) => [crystal, { siteDos: predicted[i], totalDos: predicted[i].total }]),
  );
  return crystals.map((crystal) => {
    const candidate = crystal.storedDos ?? spectra.get(crystal);
    return candidate ? matchTarget(target, candidate) : null;
  });
}

/** Candidates without a match last (the difference of two infinities counts as none). */
function byRank(a: RankedCandidate<Candidate>, b: RankedCandidate<Candidate>): number {
  return rankingValue(a.rankMatch) - rankingValue(b.rankMatch) || a.index - b.index;
}
