import type { Crystal } from "./crystal.js";

/** A crystal, or something that has one: a record of a data set, a generated crystal, a verified one, a file's entry. */
export type CrystalLike = Crystal | { readonly crystal: Crystal };

/** The crystal itself. */
export function crystalOf(x: CrystalLike): Crystal {
  return "crystal" in x ? x.crystal : x;
}
