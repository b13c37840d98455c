import { sameGrid } from "./grid.js";
import { totalFromPartition, type SiteDos, type TotalDos } from "./spectra.js";

/** The DOS that the generator is asked for. Sites or the total may be missing; masks say what counts. */
export interface Target {
  readonly label: string;
  /** Site-projected DOS on the model's grid, if known. */
  readonly siteDos?: SiteDos;
  /** Total DOS on the model's grid, states/eV/cell, if known. */
  readonly totalDos?: TotalDos;
  /** Atoms in the cell that `totalDos` belongs to, where there is no `siteDos` to tell. */
  readonly atomCount?: number;
  /** [N] of the target's sites: which of them a candidate must match. All if absent. */
  readonly siteMask?: readonly boolean[];
  /** [eMin, eMax] eV: the window that counts. The whole grid if absent. */
  readonly energyWindow?: readonly [number, number];
  /** How far the given energies were shifted to bring the zero to the Fermi level or valence-band maximum, eV. */
  readonly energyShift: number;
}

/** Which sites and energies of a target count, and its label. */
export interface TargetOptions {
  readonly label?: string;
  readonly siteMask?: readonly boolean[];
  readonly energyWindow?: readonly [number, number];
  /** Which spectra to ask for. Default "both" (as far as known). */
  readonly use?: "sites" | "total" | "both";
}

/**
 * A target from a record of a data set.
 *
 * @throws Error when a mask does not fit the number of sites, or `use` asks for what the record lacks.
 *
 * @example
 *     const whole = targetFromRecord(record);
 *     const valence = targetFromRecord(record, { energyWindow: [-6, 0], use: "sites" });
 */
export function targetFromRecord(
  record: { readonly id: string; readonly siteDos: SiteDos; readonly voronoiDos?: SiteDos },
  options: TargetOptions = {},
): Target {
  const { siteDos, voronoiDos } = record;
  return makeTarget(record.id, { siteDos, totalDos: voronoiDos && totalFromPartition(voronoiDos) }, 0, options);
}

/** A target from spectra on the model's grid. `source` (a file, an id) is named in errors and is the default label. */
export function makeTarget(
  source: string,
  spectra: { readonly siteDos?: SiteDos; readonly totalDos?: TotalDos },
  energyShift: number,
  options: TargetOptions = {},
): Target {
  const { label = source, siteMask, energyWindow, use = "both" } = options;
  const siteDos = use === "total" ? undefined : spectra.siteDos;
  const totalDos = use === "sites" ? undefined : spectra.totalDos;
  if (!siteDos && !totalDos)
    throw new Error(`${source}: it has no ${use === "total" ? "total" : "site-projected"} DOS`);
  const target: Target = {
    label,
    energyShift,
    ...(siteDos && { siteDos }),
    ...(totalDos && { totalDos }),
    ...(spectra.siteDos && { atomCount: spectra.siteDos.siteCount }),
    ...(siteMask && { siteMask }),
    ...(energyWindow && { energyWindow }),
  };
  checkTarget(target);
  return target;
}

/** @throws Error when a target's parts do not fit together. */
export function checkTarget({ label, siteDos, totalDos, siteMask, energyWindow }: Target): void {
  const fail = (what: string): never => {
    throw new Error(`target "${label}": ${what}`);
  };
  if (siteMask && !siteDos) fail("a site mask needs a site-projected DOS");
  if (siteMask && siteDos && siteMask.length !== siteDos.siteCount)
    fail(`the site mask has ${siteMask.length} entries, expected one for each of ${siteDos.siteCount} sites`);
  if (siteMask && !siteMask.some(Boolean)) fail("the site mask keeps no site");
  if (siteDos && totalDos && !sameGrid(siteDos.grid, totalDos.grid)) fail("site and total DOS have different grids");
  if (!energyWindow) return;
  const grid = (siteDos ?? totalDos)?.grid ?? { start: -Infinity, stop: Infinity };
  const [from, to] = energyWindow;
  if (!(from < to) || to < grid.start || from > grid.stop)
    fail(`the energy window ${from} to ${to} eV is empty or outside ${grid.start} to ${grid.stop} eV`);
}
