import { chargeNeutrality } from "./charge-neutrality.js";
import { dosMatchMetrics } from "./dos-match-metrics.js";
import { evaluateMetric, type JudgedInput, type Metric } from "./metric.js";
import { novelty } from "./novelty.js";
import { compositionRecovery, compositionShare, structureRecovery } from "./recovery.js";
import { secondsPerCrystal } from "./timing.js";
import { uniqueness } from "./uniqueness.js";
import { strictValidity, structuralValidity } from "./validity.js";

/**
 * Every metric, in the order of the quality table's columns: a new one is a file and an entry here. One from outside
 * joins a study by its option `metrics: [...metrics, mine]`.
 */
export const metrics: readonly Metric[] = [
  structuralValidity,
  strictValidity,
  chargeNeutrality,
  ...dosMatchMetrics,
  uniqueness,
  novelty,
  compositionRecovery,
  compositionShare,
  structureRecovery,
  secondsPerCrystal,
];

/** By metric name: the value of each metric, null where it does not apply. Errors as in `evaluateMetric`. */
export function metricValues(judged: JudgedInput, list: readonly Metric[] = metrics): Record<string, number | null> {
  return Object.fromEntries(list.map((metric) => [metric.name, evaluateMetric(metric, judged)]));
}
