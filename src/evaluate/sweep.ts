import {
  runQualityTable,
  type Candidates,
  type QualityEvent,
  type QualityOptions,
  type QualityTarget,
} from "./quality.js";
import type { SummaryRow } from "./summary.js";

/** Makes `count` candidates for a target at one guidance weight; the same seed must give the same candidates. */
export type GuidedGenerate = (
  target: QualityTarget,
  options: { readonly guidanceWeight: number; readonly count: number; readonly seed: number },
) => Candidates;

/** Weights, candidates and seed of a guidance sweep. */
export interface SweepOptions extends Omit<QualityOptions, "targets" | "generators"> {
  /** Guidance weights w of eps = (1 + w) eps_cond - w eps_uncond. */
  readonly weights: readonly number[];
  /** Candidates for each target and weight. */
  readonly count: number;
  /** Of the generation and of the bootstrap. */
  readonly seed: number;
  /** Hears of every finished cell and row. */
  readonly onEvent?: (event: QualityEvent) => void;
}

/** A row of the quality table with its guidance weight. */
export type SweepRow = SummaryRow & { guidance_weight: number };

/**
 * The quality table against the guidance weight: one row per weight, in the order given. All weights use the same seed, so
 * that they start from the same noise and differ by the weight alone.
 */
export async function sweepGuidance(
  generate: GuidedGenerate,
  targets: readonly QualityTarget[],
  { weights, count, seed, onEvent, ...rest }: SweepOptions,
): Promise<SweepRow[]> {
  const generators = weights.map((guidanceWeight) => ({
    name: `w=${guidanceWeight}`,
    generate: (target: QualityTarget) => generate(target, { guidanceWeight, count, seed }),
  }));
  const rows = await runQualityTable({ ...rest, seed, targets, generators }, onEvent);
  return rows.map((row, i) => ({ ...row, guidance_weight: weights[i] }));
}
