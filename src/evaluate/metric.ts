import type { Crystal } from "../crystal/crystal.js";
import type { MatchCandidate, PredictedDos, Target } from "../dos/index.js";
import type { DosMatch } from "./dos-match.js";
import type { TrainingSet } from "./training-set.js";

/** A crystal to judge. A source that knows its DOS (retrieval) says so, and no predictor is asked. */
export interface Candidate extends Crystal {
  readonly storedDos?: MatchCandidate;
}

/** Predicts the site-projected DOS of crystals, one spectrum a crystal, in their order. */
export type DosPredictor = (crystals: readonly Crystal[]) => Promise<readonly PredictedDos[]>;

/** What a metric may need beside the target and its candidates. */
export type Need = "trueCrystal" | "trainingSet" | "rankMatches" | "reportMatches" | "seconds";

/** The candidates of one target and everything known about them: what a metric is computed from. */
export interface JudgedTarget {
  readonly target: Target;
  readonly candidates: readonly Candidate[];
  /** The crystal that the target's DOS came from. */
  readonly trueCrystal?: Crystal;
  readonly trainingSet?: TrainingSet;
  /** [candidates], by the predictor that ranks; null where a candidate has no spectrum (structurally invalid). */
  readonly rankMatches?: readonly (DosMatch | null)[];
  /** [candidates], by the independently seeded predictor that reports. */
  readonly reportMatches?: readonly (DosMatch | null)[];
  /** Wall time that generating all candidates took, s. */
  readonly seconds?: number;
}

/** One column of the quality table: a number for each target, null where it does not apply. */
export interface Metric {
  readonly name: string;
  /** One sentence. */
  readonly description: string;
  /** "share" is a number from 0 to 1. */
  readonly unit: string;
  readonly needs: readonly Need[];
  readonly compute: (judged: JudgedTarget) => number | null;
}

/** The metric's value, or null where something that it needs is missing or the value is not finite. */
export function evaluateMetric(metric: Metric, judged: JudgedTarget): number | null {
  if (metric.needs.some((need) => judged[need] === undefined)) return null;
  const value = metric.compute(judged);
  return value !== null && Number.isFinite(value) ? value : null;
}

/** Mean, or null of nothing. */
export function meanOrNull(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Share of the items that pass, or null of no items. */
export function shareOf<T>(items: readonly T[], passes: (item: T) => boolean): number | null {
  return meanOrNull(items.map((item) => (passes(item) ? 1 : 0)));
}
