import type { Dataset } from "../../data/index.js";
import { commonCutoff, convexHull, phasesOf, type HullAnswer, type Verification } from "../../verify/index.js";

/** Energy above the hull of a data set's phases, of a calculation that has an energy. */
export async function hullOf(dataset: Dataset): Promise<(verification: Verification) => HullAnswer | undefined> {
  const hull = await convexHull(phasesOf(dataset, dataset.info?.elements));
  return (verification) => {
    if (verification.status === "failed") return undefined;
    const { crystal, properties } = verification.record;
    const { energy_per_atom_eV: energyPerAtom, energy_ecut_eV: cutoff } = properties;
    if (typeof energyPerAtom !== "number" || cutoff !== commonCutoff) return undefined;
    return hull.above({ id: "this crystal", atomicNumbers: crystal.atomicNumbers, energyPerAtom });
  };
}
