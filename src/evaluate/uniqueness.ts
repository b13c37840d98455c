import type { CrystalLike } from "../crystal/index.js";
import type { Metric } from "./metric.js";
import { isSameStructure, sameStructureThreshold } from "./same-structure.js";
import { isStructurallyValid } from "./validity.js";

/**
 * The first of each kind: crystals whose structure (composition and `isSameStructure`) no earlier one of the list has.
 */
export function uniqueCrystals<C extends CrystalLike>(crystals: Iterable<C>, threshold = sameStructureThreshold): C[] {
  const kept: C[] = [];
  for (const crystal of crystals) {
    if (!kept.some((other) => isSameStructure(crystal, other, threshold))) kept.push(crystal);
  }
  return kept;
}

/** Share of a target's structurally valid candidates that are the first of their composition and structure. */
export const uniqueness: Metric = {
  name: "uniqueness",
  description:
    "Share of a target's structurally valid candidates that are the first of their composition and structure.",
  unit: "share",
  needs: [],
  compute: ({ candidates }) => {
    const valid = candidates.filter(isStructurallyValid);
    return valid.length === 0 ? null : uniqueCrystals(valid).length / valid.length;
  },
};
