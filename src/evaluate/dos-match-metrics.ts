import type { MatchMetric } from "../dos/index.js";
import { bestMatchIndex, studyMetrics, type StudyMetricName } from "./dos-match.js";
import { meanOrNull, type Metric } from "./metric.js";

/** For each match metric of the sites one of the mean over the candidates and one of the best candidate. */
export const dosMatchMetrics: readonly Metric[] = studyMetrics
  .filter(({ level }) => level === "site")
  .flatMap((metric) => [meanMatch(metric), bestMatch(metric)]);

function meanMatch({ name, description, unit }: MatchMetric<StudyMetricName>): Metric {
  return {
    name: `${name}_mean`,
    description: `Mean over the structurally valid candidates, by the reporting predictor. ${description}`,
    unit,
    needs: ["reportMatches"],
    compute: ({ reportMatches }) =>
      meanOrNull(reportMatches!.map((match) => match?.[name] ?? null).filter((value) => value !== null)),
  };
}

function bestMatch({ name, description, unit }: MatchMetric<StudyMetricName>): Metric {
  return {
    name: `${name}_best`,
    description: `Of the candidate that the ranking predictor ranks first, by the reporting predictor. ${description}`,
    unit,
    needs: ["rankMatches", "reportMatches"],
    compute: ({ rankMatches, reportMatches }) => {
      const best = bestMatchIndex(rankMatches!);
      return best === null ? null : (reportMatches![best]?.[name] ?? null);
    },
  };
}
