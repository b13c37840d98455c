import { crystalOf, formula, type CrystalLike } from "../crystal/index.js";
import { shareOf, type Metric } from "./metric.js";
import { isSameStructure, sameStructureThreshold } from "./same-structure.js";
import type { TrainingSet } from "./training-set.js";
import { isStructurallyValid } from "./validity.js";

/** Whether no training record of the same reduced composition is the same structure within the threshold. */
export function isNovel(crystal: CrystalLike, training: TrainingSet, threshold = sameStructureThreshold): boolean {
  const known = training.byFormula.get(formula(crystalOf(crystal).atomicNumbers)) ?? [];
  return !known.some((record) => isSameStructure(crystal, record, threshold));
}

/** Share of the structurally valid candidates that are not in the training set, by composition and structure. */
export const novelty: Metric = {
  name: "novelty",
  description: "Share of the structurally valid candidates whose composition and structure no training record has.",
  unit: "share",
  needs: ["trainingSet"],
  compute: ({ candidates, trainingSet }) =>
    shareOf(candidates.filter(isStructurallyValid), (crystal) => isNovel(crystal, trainingSet!)),
};
