import type { DosRecord, ElementEnergies } from "../data/index.js";
import { convexHull, type HullAnswer } from "./hull.js";
import { commonCutoff, phasesOf } from "./phases.js";
import type { Verification } from "./verification.js";

/** Records to build a hull of: a `Dataset`, which also knows the elements' most stable phases, or any others. */
export type HullRecords = Iterable<DosRecord> & {
  readonly info?: { readonly elements?: ElementEnergies };
};

/**
 * Energy above the hull of a data set's phases, of a calculation that has an energy.
 *
 * @example
 *     const above = await hullOf(dataset);
 *     for await (const found of verify([crystal], { cacheFolder: "dft" })) console.log(above(found));
 */
export async function hullOf(records: HullRecords): Promise<(verification: Verification) => HullAnswer | undefined> {
  const hull = await convexHull(phasesOf(records, records.info?.elements));
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
