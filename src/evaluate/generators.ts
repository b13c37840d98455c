import type { CandidateGenerator } from "./quality.js";
import { retrieve, storedDos, type RetrievalIndex } from "./retrieval.js";

/**
 * The floor of a quality table: the true structure itself, so that the DOS match shows the predictor's own error, below
 * which no generator can be measured.
 */
export function floorGenerator(name = "floor"): CandidateGenerator {
  return {
    name,
    generate: ({ target, trueCrystal }) =>
      trueCrystal
        ? Promise.resolve([trueCrystal])
        : Promise.reject(new Error(`target ${target.label}: expected its true crystal, found none`)),
  };
}

/**
 * The retrieval baseline as a generator of `count` candidates, judged by their stored DOS or, like a generator's
 * crystals, by the predictor on their structures.
 */
export function retrievalGenerator(
  index: RetrievalIndex,
  { count, dos, name = `retrieval (${dos} DOS)` }: { count: number; dos: "stored" | "predicted"; name?: string },
): CandidateGenerator {
  return {
    name,
    generate: ({ target }) =>
      Promise.resolve(
        retrieve(index, target, count).map(({ record }) =>
          dos === "stored" ? { ...record.crystal, storedDos: storedDos(record) } : record.crystal,
        ),
      ),
  };
}
