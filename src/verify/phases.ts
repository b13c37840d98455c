import { atomicNumber } from "../crystal/index.js";
import { isEquilibrium, type DosRecord, type ElementEnergies } from "../data/index.js";
import type { Phase } from "./hull.js";

/** eV: the plane-wave cut-off at which energies of the data set are given, and which the sidecar brings its own to. */
export const commonCutoff = 450;

/**
 * Phases of a convex hull: the records at equilibrium whose energies are given at the common cut-off (energies at different
 * ones do not compare), and the elements' most stable phases, molecules among them, which have no record.
 */
export function phasesOf(records: Iterable<DosRecord>, elements: ElementEnergies = {}): Phase[] {
  const phases: Phase[] = Object.entries(elements).map(([symbol, { energy_per_atom_eV: energyPerAtom, phase }]) => ({
    id: `${symbol} (${phase})`,
    atomicNumbers: [atomicNumber(symbol)],
    energyPerAtom,
  }));
  for (const record of records) {
    const { energy_ecut_eV: cutoff, energy_per_atom_eV: energyPerAtom } = record.properties;
    if (isEquilibrium(record) && cutoff === commonCutoff && typeof energyPerAtom === "number")
      phases.push({ id: record.id, atomicNumbers: record.crystal.atomicNumbers, energyPerAtom });
  }
  return phases;
}
