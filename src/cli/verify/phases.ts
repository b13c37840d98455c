import type { Dataset } from "../../data/index.js";
import { convexHull, phasesOf, type HullAnswer, type Verification } from "../../verify/index.js";

/** Energy above the hull of a data set's phases, of a calculation that has an energy. */
export async function hullOf(dataset: Dataset): Promise<(verification: Verification) => HullAnswer | undefined> {
  const hull = await convexHull(phasesOf(dataset));
  return (verification) => {
    if (verification.status === "failed") return undefined;
    const { crystal, properties } = verification.record;
    const energyPerAtom = properties.energy_per_atom_eV;
    if (typeof energyPerAtom !== "number") return undefined;
    return hull.above({ id: "this crystal", atomicNumbers: crystal.atomicNumbers, energyPerAtom });
  };
}
