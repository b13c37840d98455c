import type { Dataset } from "../data/index.js";
import { convexHull, type HullAnswer } from "./hull.js";
import { commonCutoff, phasesOf } from "./phases.js";
import type { Verification } from "./verification.js";

/** Energy above the hull of a data set's phases, of a calculation that has an energy. */
export async function hullOf(dataset: Dataset): Promise<(verification: Verification) => HullAnswer | undefined> {
  const hull = await convexHull(phasesOf(dataset, dataset.info?.elements));
  return (verification) => {
    if (verification.status === "failed") return undefined;
    const { crystal, properties } = verification.record;
    const { energy_per_atom_eV: energyPerAtom, energy_ecut_eV: cutoff } = properties;
    if (typeof energyPerAtom !== "number") return undefined;
    const answer = hull.above({ id: "this crystal", atomicNumbers: crystal.atomicNumbers, energyPerAtom });
    // At another cut-off for want of its elements' energies: these are then missing from the hull too.
    return answer.kind === "hull" && cutoff !== commonCutoff ? undefined : answer;
  };
}
