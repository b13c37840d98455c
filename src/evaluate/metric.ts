import { crystalOf, type Crystal, type CrystalLike } from "../crystal/index.js";
import type { MatchCandidate, Target } from "../dos/index.js";
import type { DosMatch } from "./dos-match.js";
import type { TrainingSet } from "./training-set.js";

/** A crystal to judge, or what has one. A source that knows its DOS (retrieval) gives it, and no predictor is asked. */
export type Candidate = CrystalLike & { readonly storedDos?: MatchCandidate };

/** What a metric may need beside the target and its candidates. */
export type Need = "trueCrystal" | "trainingSet" | "rankMatches" | "reportMatches" | "seconds";

/** The candidates of one target and everything known about them: what a metric is computed from. */
export interface JudgedTarget {
  readonly target: Target;
  readonly candidates: readonly Crystal[];
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

/** {@link JudgedTarget} with crystals, records or generated crystals as they are. */
export type JudgedInput = Omit<JudgedTarget, "candidates" | "trueCrystal"> & {
  readonly candidates: readonly CrystalLike[];
  readonly trueCrystal?: CrystalLike;
};

/**
 * One column of the quality table: a number for each target, null where it does not apply.
 *
 * @example
 *     const heaviest: Metric = {
 *       name: "heaviest_element",
 *       description: "Largest atomic number among the candidates.",
 *       unit: "Z",
 *       needs: [],
 *       compute: ({ candidates }) => Math.max(...candidates.flatMap(({ atomicNumbers }) => atomicNumbers)),
 *     };
 *     const study = await bench.study({ targets: 2, count: 2, weights: [1], metrics: [...metrics, heaviest] });
 */
export interface Metric {
  /** Unique in a table: the column's name. */
  readonly name: string;
  /** One sentence. */
  readonly description: string;
  /** "share" is a number from 0 to 1. */
  readonly unit: string;
  readonly needs: readonly Need[];
  /** The value for one target; null where it has none. */
  readonly compute: (judged: JudgedTarget) => number | null;
}

/**
 * The metric's value, or null where something that it needs is missing or the value is not finite.
 *
 * @throws Error that names the metric when it throws
 */
export function evaluateMetric(metric: Metric, judged: JudgedInput): number | null {
  if (metric.needs.some((need) => judged[need] === undefined)) return null;
  const value = computed(metric, plainly(judged));
  return value !== null && Number.isFinite(value) ? value : null;
}

function computed(metric: Metric, judged: JudgedTarget): number | null {
  try {
    return metric.compute(judged);
  } catch (cause) {
    throw new Error(`metric ${metric.name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function plainly({ candidates, trueCrystal, ...rest }: JudgedInput): JudgedTarget {
  return {
    ...rest,
    candidates: candidates.map(crystalOf),
    ...(trueCrystal && { trueCrystal: crystalOf(trueCrystal) }),
  };
}

/** Mean, or null of nothing. */
export function meanOrNull(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Share of the items that pass, or null of no items. */
export function shareOf<T>(items: readonly T[], passes: (item: T) => boolean): number | null {
  return meanOrNull(items.map((item) => (passes(item) ? 1 : 0)));
}
