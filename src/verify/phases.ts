import type { DosRecord } from "../data/index.js";
import type { Phase } from "./hull.js";

/**
 * The records of a data set as phases of a convex hull: those whose energies were computed at
 * one cut-off for all elements, which is so from the second recipe on.
 */
export function phasesOf(records: Iterable<DosRecord>): Phase[] {
  const phases: Phase[] = [];
  for (const { id, crystal, properties } of records) {
    const { recipe, energy_per_atom_eV: energyPerAtom } = properties;
    if (typeof recipe === "number" && recipe >= 2 && typeof energyPerAtom === "number")
      phases.push({ id, atomicNumbers: crystal.atomicNumbers, energyPerAtom });
  }
  return phases;
}
