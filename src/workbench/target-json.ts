import { energies, siteCurve, type SiteDos, type Target } from "../dos/index.js";

/** A target with its spectra as plain data; the part with `energies` and `siteDos` can be a target file again. */
export function plainTarget(target: Target): Record<string, unknown> {
  const { label, siteDos, totalDos, siteMask, energyWindow, energyShift } = target;
  const grid = (siteDos ?? totalDos)!.grid;
  return {
    label,
    energyShift,
    ...(siteMask && { siteMask }),
    ...(energyWindow && { energyWindow }),
    energies: shortest(energies(grid)),
    ...(siteDos && { siteDos: siteRows(siteDos) }),
    ...(totalDos && { totalDos: shortest(totalDos.values) }),
  };
}

/** [N][E] */
export function siteRows(siteDos: SiteDos): number[][] {
  return Array.from({ length: siteDos.siteCount }, (_, site) => shortest(siteCurve(siteDos, site).values));
}

/** Nine digits give every float32 back. */
export function shortest(values: ArrayLike<number>): number[] {
  return Array.from(values, (value) => Number(value.toPrecision(9)));
}
