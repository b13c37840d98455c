import { crystalOf, type Crystal, type CrystalLike } from "../crystal/index.js";
import type { MatchCandidate, PredictedDos, Target } from "../dos/index.js";
import type { PredictsDos } from "../model/index.js";
import { matchTarget, rankingValue, type DosMatch } from "./dos-match.js";
import type { Candidate } from "./metric.js";
import { isStructurallyValid } from "./validity.js";

/** A candidate with its place in the list that was given and what the two predictors make of it. */
export interface RankedCandidate<C extends CrystalLike = Candidate> {
  readonly index: number;
  readonly crystal: Crystal;
  /** As it was given. */
  readonly candidate: C;
  /** By the predictor that ranks; null when the crystal is structurally invalid. */
  readonly rankMatch: DosMatch | null;
  /** By the other predictor, for the report: absent without one. */
  readonly reportMatch?: DosMatch | null;
  /** By the predictor that reports, without one by that which ranks; absent for a stored DOS or an invalid crystal. */
  readonly predicted?: PredictedDos;
}

/**
 * Candidates from the best to the worst relative L1 by one predictor, reported by another. The predictor that chooses
 * cannot judge its own choice: the minimum over many candidates also picks its luckiest errors (the winner's curse).
 * Structurally invalid candidates come last.
 *
 * @throws Error as `predictMatches`
 *
 * @example
 *     const ranked = await rankCandidates(target, await generator.generate(target, { count: 4 }), predictor);
 *     ranked[0].crystal; // the best one
 */
export async function rankCandidates<C extends Candidate>(
  target: Target,
  candidates: Iterable<C>,
  rankPredictor: PredictsDos,
  reportPredictor?: PredictsDos,
): Promise<RankedCandidate<C>[]> {
  const list = [...candidates];
  const ranks = await judged(target, list, rankPredictor);
  const reports = reportPredictor && (await judged(target, list, reportPredictor));
  const ranked = list.map((candidate, index): RankedCandidate<C> => {
    const { predicted } = (reports ?? ranks)[index];
    return {
      index,
      crystal: crystalOf(candidate),
      candidate,
      rankMatch: ranks[index].match,
      ...(reports && { reportMatch: reports[index].match }),
      ...(predicted && { predicted }),
    };
  });
  return ranked.sort(byRank);
}

/**
 * For each of the candidates, how well its DOS meets the target: its stored DOS where it has one, else the prediction. Null
 * for structurally invalid crystals, which are not shown to the predictor.
 *
 * @throws Error when the predictor returns another number of spectra than it was given crystals.
 */
export async function predictMatches(
  target: Target,
  candidates: Iterable<Candidate>,
  predictor: PredictsDos,
): Promise<(DosMatch | null)[]> {
  return (await judged(target, [...candidates], predictor)).map(({ match }) => match);
}

interface Judged {
  readonly match: DosMatch | null;
  readonly predicted?: PredictedDos;
}

async function judged(target: Target, candidates: readonly Candidate[], predictor: PredictsDos): Promise<Judged[]> {
  const asked = candidates.filter((candidate) => !candidate.storedDos && isStructurallyValid(candidate));
  const found = asked.length > 0 ? await predictor.predict(asked.map(crystalOf)) : [];
  if (found.length !== asked.length) {
    throw new Error(`DOS predictor: expected ${asked.length} spectra for target ${target.label}, got ${found.length}`);
  }
  const spectra = new Map(asked.map((candidate, i) => [candidate, found[i]]));
  return candidates.map((candidate) => {
    if (candidate.storedDos) return { match: matchTarget(target, candidate.storedDos) };
    const predicted = spectra.get(candidate);
    return predicted ? { match: matchTarget(target, matchable(predicted)), predicted } : { match: null };
  });
}

const matchable = (predicted: PredictedDos): MatchCandidate => ({ siteDos: predicted, totalDos: predicted.total });

/** Candidates without a match last (the difference of two infinities, NaN, falls back to the order given). */
function byRank(a: RankedCandidate<CrystalLike>, b: RankedCandidate<CrystalLike>): number {
  return rankingValue(a.rankMatch) - rankingValue(b.rankMatch) || a.index - b.index;
}
