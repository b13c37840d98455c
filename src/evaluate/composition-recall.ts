import { formula } from "../crystal/index.js";

/** Answers to one question, best first, and what is true. Atoms of a cell each; formulas are reduced. */
export interface RankedCompositions {
  readonly answers: readonly (readonly number[])[];
  readonly truth: readonly number[];
}

/** Place of the true formula among the distinct ones, from 1; Infinity where it is not among them. */
export function formulaRank({ answers, truth }: RankedCompositions): number {
  const wanted = formula(truth);
  const at = [...new Set(answers.map(formula))].indexOf(wanted);
  return at < 0 ? Infinity : at + 1;
}

/**
 * Recall of the true composition: the share of questions whose true formula is among the first k *distinct* formulas, by k.
 * Near-copies of one guess count once.
 * @throws Error when there is no question
 */
export function compositionRecall<K extends number>(
  questions: Iterable<RankedCompositions>,
  among: readonly K[],
): Record<K, number> {
  const ranks = Array.from(questions, formulaRank);
  if (ranks.length === 0) throw new Error("composition recall: expected at least one question, found none");
  const share = (k: number): number => ranks.filter((rank) => rank <= k).length / ranks.length;
  return Object.fromEntries(among.map((k) => [k, share(k)])) as Record<K, number>;
}
