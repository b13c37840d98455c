import type { DosRecord } from "./record.js";

/**
 * Prototypes in which the elements may change places: the generator may list such a crystal twice under two names
 * (rocksalt-AB and rocksalt-BA).
 */
const exchangeable = new Set(["rocksalt", "cscl", "zincblende", "wurtzite", "l10", "heusler", "invheusler"]);

/**
 * A name that equal crystals of the generator's list share. In a half-Heusler crystal only the atom in the middle
 * (the second) differs from the others; for everything else, and for a crystal's versions off its equilibrium, the name
 * is the record's own.
 */
export function crystalKey({ id, formula, crystal, properties }: DosRecord): string {
  const { prototype, kind } = properties;
  if (kind !== undefined && kind !== "equilibrium") return id;
  if (prototype === "halfheusler") return `${prototype} ${formula} ${crystal.atomicNumbers[1]}`;
  return exchangeable.has(String(prototype)) ? `${prototype} ${formula}` : id;
}
