import type { DosRecord } from "./record.js";

/**
 * Whether a record is a crystal at its equilibrium, as which every record counts that does not say otherwise. The bundled
 * data set also has crystals at other volumes, strained or with an atom displaced (property `kind`): a DOS predictor learns
 * from them what imperfection does; a model that is to propose equilibria, and a target to be met, must leave them out.
 */
export function isEquilibrium({ properties: { kind } }: DosRecord): boolean {
  return kind === undefined || kind === "equilibrium";
}
