import { checkTarget, energies, siteCurve, type EnergyGrid, type SiteDos, type Target } from "../dos/index.js";

/** The spectra and masks of a target as plain data. */
export interface PlainTarget extends Pick<Target, "label" | "energyShift" | "siteMask" | "energyWindow" | "atomCount"> {
  /** [E] eV, uniform. */
  readonly energies: readonly number[];
  /** [N][E] states/eV/atom. */
  readonly siteDos?: readonly (readonly number[])[];
  /** [E] states/eV/cell. */
  readonly totalDos?: readonly number[];
}

/** A target with its spectra as plain data; the part with `energies` and `siteDos` can be a target file again. */
export function plainTarget(target: Target): PlainTarget {
  const { label, siteDos, totalDos, siteMask, energyWindow, energyShift, atomCount } = target;
  const grid = (siteDos ?? totalDos)!.grid;
  return {
    label,
    energyShift,
    ...(siteMask && { siteMask }),
    ...(energyWindow && { energyWindow }),
    ...(!siteDos && atomCount !== undefined && { atomCount }),
    energies: shortest(energies(grid)),
    ...(siteDos && { siteDos: siteRows(siteDos) }),
    ...(totalDos && { totalDos: shortest(totalDos.values) }),
  };
}

/** The target again, exactly: nothing is shifted, broadened or brought to another grid. @throws Error when the spectra do not fit */
export function targetFromPlain(plain: PlainTarget): Target {
  const {
    label,
    energyShift,
    energies: points,
    siteDos,
    totalDos,
    siteMask,
    energyWindow,
    atomCount = siteDos?.length,
  } = plain;
  const grid: EnergyGrid = { start: points[0], stop: points[points.length - 1], count: points.length };
  for (const row of [...(siteDos ?? []), ...(totalDos ? [totalDos] : [])])
    if (row.length !== points.length)
      throw new Error(`target "${label}": a spectrum of ${row.length} points, expected ${points.length}`);
  if (!siteDos && !totalDos) throw new Error(`target "${label}": expected siteDos or totalDos, found neither`);
  const target: Target = {
    ...{ label, energyShift },
    ...(atomCount !== undefined && { atomCount }),
    ...(siteDos && {
      siteDos: { kind: "site", grid, siteCount: siteDos.length, values: Float32Array.from(siteDos.flat()) },
    }),
    ...(totalDos && { totalDos: { kind: "total", grid, values: Float32Array.from(totalDos) } }),
    ...(siteMask && { siteMask }),
    ...(energyWindow && { energyWindow }),
  };
  checkTarget(target);
  return target;
}

/** [N][E] */
export function siteRows(siteDos: SiteDos): number[][] {
  return Array.from({ length: siteDos.siteCount }, (_, site) => shortest(siteCurve(siteDos, site).values));
}

/** Nine digits give every float32 back. */
export function shortest(values: ArrayLike<number>): number[] {
  return Array.from(values, (value) => Number(value.toPrecision(9)));
}
