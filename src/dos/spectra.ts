/** A uniform energy grid; energies in eV, counted from the Fermi level (valence-band maximum when there is a gap). */
export interface EnergyGrid {
  /** First energy, eV. */
  readonly start: number;
  /** Last energy (included), eV. */
  readonly stop: number;
  readonly count: number;
}

/** The grid of the data set and of the models: numpy.linspace(-10, 10, 400) eV. */
export const standardGrid: EnergyGrid = { start: -10, stop: 10, count: 400 };

/**
 * Site-projected DOS: for each atom the spectrum inside its sphere. The spheres do not fill space, so the sum over
 * sites ("sum of sites") is not the total DOS.
 */
export interface SiteDos {
  readonly kind: "site";
  readonly grid: EnergyGrid;
  /** [N][E] row-major, states/eV/atom, both spins. */
  readonly values: Float32Array;
  readonly siteCount: number;
}

/** Total DOS of the cell ("total": the sum of `y_voronoi`, or a file's true total). */
export interface TotalDos {
  readonly kind: "total";
  readonly grid: EnergyGrid;
  /** [E], states/eV/cell, both spins. */
  readonly values: Float32Array;
}

/** A network's prediction for a crystal: its sites, and the true total where the network was trained for it. */
export interface PredictedDos extends SiteDos {
  readonly total?: TotalDos;
}

/** A density of states by site or of the whole cell; `kind` tells them apart. */
export type Spectrum = SiteDos | TotalDos;

/** One spectrum as a plot draws it: a site's DOS, a sum, a total. */
export interface Curve {
  readonly grid: EnergyGrid;
  /** [E]. */
  readonly values: Float32Array;
}

/** The DOS of one site, states/eV. A view, not a copy. @throws Error when there is no such site. */
export function siteCurve(siteDos: SiteDos, site: number): Curve {
  const { grid, siteCount, values } = siteDos;
  if (!Number.isInteger(site) || site < 0 || site >= siteCount)
    throw new Error(`site ${site} does not exist: the spectrum has sites 0 to ${siteCount - 1}`);
  return { grid, values: values.subarray(site * grid.count, (site + 1) * grid.count) };
}

/** Sum over sites, states/eV/cell. Of `y_voronoi` it is the total DOS, of `y` it is not (see {@link SiteDos}). */
export function sumOfSites(siteDos: SiteDos): Curve {
  return { grid: siteDos.grid, values: addSites(siteDos, () => true, 1) };
}

/** Mean over the sites that `mask` keeps (all if absent), states/eV/atom. @throws Error when it keeps none. */
export function meanOfSites(siteDos: SiteDos, mask?: readonly boolean[]): Curve {
  const kept = mask ? mask.filter(Boolean).length : siteDos.siteCount;
  if (kept === 0) throw new Error("the site mask keeps no site");
  return { grid: siteDos.grid, values: addSites(siteDos, (site) => !mask || mask[site], 1 / kept) };
}

/** The total DOS as the sum of an exact partition (`y_voronoi`). */
export function totalFromPartition(partition: SiteDos): TotalDos {
  return { kind: "total", ...sumOfSites(partition) };
}

function addSites({ grid, siteCount, values }: SiteDos, keep: (site: number) => boolean, factor: number): Float32Array {
  const sum = new Float64Array(grid.count);
  for (let site = 0; site < siteCount; site++) {
    if (!keep(site)) continue;
    for (let e = 0; e < grid.count; e++) sum[e] += factor * values[site * grid.count + e];
  }
  return Float32Array.from(sum);
}
