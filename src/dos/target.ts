import type { SiteDos, TotalDos } from "./spectra.js";

/** What the generator is asked for. Sites or the total may be missing; masks say what counts. */
export interface Target {
  readonly label: string;
  /** Site-projected DOS on the model's grid, if known. */
  readonly siteDos?: SiteDos;
  /** Total DOS on the model's grid, states/eV/cell, if known. */
  readonly totalDos?: TotalDos;
  /** [N] of the target's sites: which of them the answer must match. All if absent. */
  readonly siteMask?: readonly boolean[];
  /** [eMin, eMax] eV: the window that counts. The whole grid if absent. */
  readonly energyWindow?: readonly [number, number];
  /** How far the given energies were shifted to bring the zero to the Fermi level or valence-band maximum, eV. */
  readonly energyShift: number;
}
