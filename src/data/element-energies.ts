import { z } from "zod";
import { isElement } from "../crystal/index.js";
import { parseJson } from "../base/json.js";

/** An element's most stable phase, computed with the settings of a data set's records. */
export const elementEnergySchema = z.object({
  /** eV per atom. */
  energy_per_atom_eV: z.number(),
  /** The phase: a prototype's name, or "molecule". */
  phase: z.string(),
});

/** Energies by symbol: the end members of convex hulls, molecules included, of which a data set has no record. */
export const elementEnergiesSchema = z.record(
  z.string().refine(isElement, { error: "not the symbol of an element" }),
  elementEnergySchema,
);

/** The energy of an element's reference phase, eV/atom, and which phase that is. */
export type ElementEnergy = z.infer<typeof elementEnergySchema>;
/** Reference energies of elements by symbol. */
export type ElementEnergies = Readonly<Record<string, ElementEnergy>>;

/** Reads `{symbol: {energy_per_atom_eV, phase}}`. @param where names the file in errors */
export function elementEnergiesFromJson(text: string, where: string): ElementEnergies {
  const result = elementEnergiesSchema.safeParse(parseJson(text, where));
  if (!result.success) throw new Error(`${where}: not energies of elements:\n${z.prettifyError(result.error)}`);
  return result.data;
}
