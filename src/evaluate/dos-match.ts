import { matchDos, matchMetrics, relativeL1, type MatchCandidate, type MatchMetric } from "../dos/index.js";
import type { Target } from "../dos/index.js";
import { meanOrNull, type Metric } from "./metric.js";

/** How well a DOS meets a target: by the name of the match metric, null where it does not apply. Smaller is better. */
export type DosMatch = Readonly<Record<string, number | null>>;

/**
 * What a study reports: site by site at equal numbers of atoms, else by means over the sites, or of the totals per
 * atom where the target has only a total; as stored and broadened to 0.5 eV.
 */
const studyMetrics: readonly MatchMetric[] = matchMetrics.filter(({ level }) => level !== "site_mean");

const rankingMetrics = studyMetrics.filter(({ distance, sigma }) => distance === relativeL1 && sigma === null);

/**
 * All match metrics of a study between a target and a candidate's DOS.
 *
 * @throws Error when the grids differ, a mask does not fit, or the window holds no point of the grid.
 */
export function matchTarget(target: Target, candidate: MatchCandidate): DosMatch {
  return matchDos(candidate, target, studyMetrics).values;
}

/** The same with only what `rankingValue` looks at, which is quicker. */
export function matchForRanking(target: Target, candidate: MatchCandidate): DosMatch {
  return matchDos(candidate, target, rankingMetrics).values;
}

/** The number by which candidates are ranked: relative L1 of the sites, or of the totals where only those are known. */
export function rankingValue(match: DosMatch | null): number {
  return match?.site_relative_l1 ?? match?.total_relative_l1 ?? Infinity;
}

/** The index of the best candidate by `rankingValue`, the first of equals; null when none has a match. */
export function bestMatchIndex(matches: readonly (DosMatch | null)[]): number | null {
  const values = matches.map(rankingValue);
  const least = Math.min(...values);
  return Number.isFinite(least) ? values.indexOf(least) : null;
}

/** For each match metric one of the mean over the candidates and one of the best candidate. */
export const dosMatchMetrics: readonly Metric[] = matchMetrics
  .filter(({ level }) => level === "site")
  .flatMap((metric) => [meanMatch(metric), bestMatch(metric)]);

function meanMatch({ name, description, unit }: MatchMetric): Metric {
  return {
    name: `${name}_mean`,
    description: `Mean over the structurally valid candidates, by the reporting predictor. ${description}`,
    unit,
    needs: ["reportMatches"],
    compute: ({ reportMatches }) =>
      meanOrNull(reportMatches!.map((match) => match?.[name] ?? null).filter((value) => value !== null)),
  };
}

function bestMatch({ name, description, unit }: MatchMetric): Metric {
  return {
    name: `${name}_best`,
    description: `Of the candidate that the ranking predictor likes best, by the reporting predictor. ${description}`,
    unit,
    needs: ["rankMatches", "reportMatches"],
    compute: ({ rankMatches, reportMatches }) => {
      const best = bestMatchIndex(rankMatches!);
      return best === null ? null : (reportMatches![best]?.[name] ?? null);
    },
  };
}
