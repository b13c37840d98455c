import type { DosRecord } from "./record.js";

/**
 * Prototypes in which the elements may change places: the generator may list such a crystal twice under two names
 * (rocksalt-AB and rocksalt-BA).
 */
const exchangeable = new Set(["rocksalt", "cscl", "zincblende", "wurtzite", "l10", "heusler", "invheusler"]);

/**
 * A name that equal crystals of the generator's list share. In a half-Heusler crystal only the atom in the middle
 * (the second) differs from the others; for everything else the name is the record's own.
 */
export function crystalKey({ id, formula, crystal, properties }: DosRecord): string {
  const { prototype } = properties;
  if (prototype === "halfheusler") return `${prototype} ${formula} ${crystal.atomicNumbers[1]}`;
  return exchangeable.has(String(prototype)) ? `${prototype} ${formula}` : id;
}
