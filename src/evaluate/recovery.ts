import { crystalOf, formula, type CrystalLike } from "../crystal/index.js";
import { shareOf, type Metric } from "./metric.js";
import { isSameStructure } from "./same-structure.js";
import { isStructurallyValid } from "./validity.js";

/** Whether two crystals have the same reduced composition. */
export function sameComposition(a: CrystalLike, b: CrystalLike): boolean {
  return formula(crystalOf(a).atomicNumbers) === formula(crystalOf(b).atomicNumbers);
}

/** Whether any candidate has the reduced composition of the crystal that the target came from. */
export const compositionRecovery: Metric = {
  name: "composition_recovery",
  description: "Whether any candidate has the reduced composition of the crystal that the target came from.",
  unit: "share",
  needs: ["trueCrystal"],
  compute: ({ candidates, trueCrystal }) =>
    candidates.some((crystal) => sameComposition(crystal, trueCrystal!)) ? 1 : 0,
};

/** Share of the candidates with the reduced composition of the crystal that the target came from. */
export const compositionShare: Metric = {
  name: "composition_share",
  description: "Share of the candidates with the reduced composition of the crystal that the target came from.",
  unit: "share",
  needs: ["trueCrystal"],
  compute: ({ candidates, trueCrystal }) => shareOf(candidates, (crystal) => sameComposition(crystal, trueCrystal!)),
};

/** Whether any candidate is the crystal that the target came from, in composition and structure. */
export const structureRecovery: Metric = {
  name: "structure_recovery",
  description: "Whether any candidate is the crystal that the target came from, in composition and structure.",
  unit: "share",
  needs: ["trueCrystal"],
  compute: ({ candidates, trueCrystal }) =>
    candidates.some((crystal) => isStructurallyValid(crystal) && isSameStructure(crystal, trueCrystal!)) ? 1 : 0,
};
