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

export type Spectrum = SiteDos | TotalDos;
