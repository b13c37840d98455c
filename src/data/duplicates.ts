import { elementSymbol } from "../crystal/index.js";
import type { DosRecord } from "./record.js";

/**
 * Prototypes in which the elements may change places: the generator may list such a crystal twice under two names
 * (rocksalt-AB and rocksalt-BA). The same list stands in datasets/generator/jobs.py.
 */
export const exchangeable: ReadonlySet<string> = new Set([
  ...["rocksalt", "cscl", "zincblende", "wurtzite"],
  ...["l10", "heusler", "invheusler"],
]);

/**
 * A name that equal crystals of the generator's list share. In a half-Heusler crystal the first and third atom may change
 * places, the second, which has eight neighbours, makes the difference; for everything else, and for a crystal's versions off
 * its equilibrium, the name is the record's own.
 */
export function crystalKey({ id, formula, crystal, properties }: DosRecord): string {
  const { prototype, kind } = properties;
  if (kind !== undefined && kind !== "equilibrium") return id;
  if (prototype === "halfheusler") return `${prototype} ${formula} ${elementSymbol(crystal.atomicNumbers[1])}`;
  return exchangeable.has(String(prototype)) ? `${prototype} ${formula}` : id;
}
