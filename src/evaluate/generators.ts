import type { CandidateGenerator } from "./quality.js";
import { retrieve, storedDos, type RetrievalIndex } from "./retrieval.js";

/**
 * The true structure as a generator: a row of the quality table that shows the predictor's own error, below which no
 * generator can be measured.
 *
 * @throws Error for a target without its true crystal
 */
export function trueStructureGenerator(name = "true structure"): CandidateGenerator {
  return {
    name,
    generate: ({ target, trueCrystal }) =>
      trueCrystal
        ? Promise.resolve([trueCrystal])
        : Promise.reject(new Error(`target ${target.label}: expected its true crystal, found none`)),
  };
}

/** Settings of the retrieval baseline. */
export interface RetrievalGeneratorOptions {
  /** Candidates for each target. */
  readonly count: number;
  /** Whether records are judged by their stored DOS or, like generated crystals, by the predictor on their structures. */
  readonly dos: "stored" | "predicted";
  /** Of the row; "retrieval (... DOS)" if absent. */
  readonly name?: string;
}

/** The retrieval baseline as a generator of the training records whose DOS is nearest to the target. */
export function retrievalGenerator(
  index: RetrievalIndex,
  { count, dos, name = `retrieval (${dos} DOS)` }: RetrievalGeneratorOptions,
): CandidateGenerator {
  return {
    name,
    generate: ({ target }) =>
      Promise.resolve(
        retrieve(index, target, count).map(({ record }) =>
          dos === "stored" ? { crystal: record.crystal, storedDos: storedDos(record) } : record.crystal,
        ),
      ),
  };
}
