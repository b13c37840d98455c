import { sampleRankCorrelation } from "simple-statistics";
import { bootstrapStandardError } from "../../evaluate/index.js";
import type { DftCandidate, DftSummary, DftTarget } from "./dft-results.js";

type Computed = DftCandidate & { readonly dft: number };

/** Summary of a DFT study; targets of which no calculation succeeded count as failures only. */
export function summariseDft(targets: readonly DftTarget[]): DftSummary {
  const some = targets
    .map(({ candidates, retrieval }) => ({ candidates: candidates.filter(isComputed), retrieval }))
    .filter(({ candidates }) => candidates.length > 0);
  const all = some.flatMap(({ candidates }) => candidates);
  const heights = all.flatMap(({ aboveHull }) => aboveHull ?? []).sort((a, b) => a - b);
  const over = (value: (target: (typeof some)[number]) => number) => {
    const values = some.map(value);
    return { mean: mean(values), error: bootstrapStandardError(values) };
  };
  return {
    targets: some.length,
    calculations: all.length,
    failures: countFailures(targets),
    "generated, DFT, mean": over(({ candidates }) => mean(candidates.map(({ dft }) => dft))),
    "generated, DFT, first choice": over(({ candidates: [first] }) => first.dft),
    "generated, DFT, best by DFT": over(({ candidates }) => Math.min(...candidates.map(({ dft }) => dft))),
    "generated, predicted, mean": over(({ candidates }) => mean(candidates.map(({ predicted }) => predicted))),
    "retrieval, DFT, mean": over(({ retrieval }) => mean(retrieval)),
    "retrieval, DFT, first choice": over(({ retrieval: [nearest] }) => nearest),
    shareBetterThanRetrieval: mean(
      some.map(({ candidates: [first], retrieval: [nearest] }) => Number(first.dft < nearest)),
    ),
    rankCorrelation: rankCorrelation(all),
    withHull: heights.length,
    medianAboveHull: heights.length > 0 ? heights[Math.floor(heights.length / 2)] : null,
  };
}

export function isComputed(candidate: DftCandidate): candidate is Computed {
  return typeof candidate.dft === "number";
}

function countFailures(targets: readonly DftTarget[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { candidates } of targets)
    for (const { failure } of candidates) if (failure) counts[failure] = (counts[failure] ?? 0) + 1;
  return counts;
}

/** Spearman's; null for fewer than two crystals. */
function rankCorrelation(computed: readonly Computed[]): number | null {
  if (computed.length < 2) return null;
  return sampleRankCorrelation(
    computed.map(({ predicted }) => predicted),
    computed.map(({ dft }) => dft),
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}
