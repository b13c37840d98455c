import type { DosRecord } from "./record.js";

/**
 * Whether a record is a crystal at its equilibrium; a record without `kind` counts as one. The bundled data set also has
 * crystals at other volumes, strained or with an atom displaced: a DOS predictor learns from them how the DOS changes; a model
 * that is to propose equilibria, and a choice of targets, must leave them out.
 */
export function isEquilibrium({ properties: { kind } }: DosRecord): boolean {
  return kind === undefined || kind === "equilibrium";
}
