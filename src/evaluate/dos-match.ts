import { matchDos, matchMetrics, type DosMetricName, type MatchCandidate, type MatchMetric } from "../dos/index.js";
import type { Target } from "../dos/index.js";

/** Names of the numbers of a {@link DosMatch}: "site_relative_l1", "total_mae_0.5eV" and so on. */
export type StudyMetricName = Exclude<DosMetricName, `site_mean_${string}`>;

/** How well a DOS meets a target: by the name of the match metric, null where it does not apply. Smaller is better. */
export type DosMatch = Readonly<Record<StudyMetricName, number | null>>;

/**
 * What a study reports: site by site at equal numbers of atoms, else by means over the sites, or of the totals per
 * atom where the target has only a total; as stored and broadened to 0.5 eV.
 */
export const studyMetrics: readonly MatchMetric<StudyMetricName>[] = matchMetrics.filter(isStudyMetric);

const rankingNames = ["site_relative_l1", "total_relative_l1"] as const satisfies readonly StudyMetricName[];
const rankingMetrics = matchMetrics.filter(isRankingMetric);

/** The numbers by which candidates are ranked. */
export type RankingMatch = Pick<DosMatch, (typeof rankingNames)[number]>;

/**
 * All match metrics of a study between a target and a candidate's DOS.
 *
 * @throws Error when the grids differ, a mask does not fit, or the window holds no point of the grid.
 */
export function matchTarget(target: Target, candidate: MatchCandidate): DosMatch {
  return matchDos(candidate, target, studyMetrics).values;
}

/** The same with only what `rankingValue` looks at, which is quicker. */
export function matchForRanking(target: Target, candidate: MatchCandidate): RankingMatch {
  return matchDos(candidate, target, rankingMetrics).values;
}

/** The number by which candidates are ranked: relative L1 of the sites, or of the totals where only those are known. */
export function rankingValue(match: RankingMatch | null): number {
  return match?.site_relative_l1 ?? match?.total_relative_l1 ?? Infinity;
}

/** The index of the best candidate by `rankingValue`, the first of equals; null when none has a match. */
export function bestMatchIndex(matches: readonly (RankingMatch | null)[]): number | null {
  const values = matches.map(rankingValue);
  const least = Math.min(...values);
  return Number.isFinite(least) ? values.indexOf(least) : null;
}

function isStudyMetric(metric: MatchMetric): metric is MatchMetric<StudyMetricName> {
  return metric.level !== "site_mean";
}

function isRankingMetric(metric: MatchMetric): metric is MatchMetric<(typeof rankingNames)[number]> {
  return rankingNames.some((name) => name === metric.name);
}
