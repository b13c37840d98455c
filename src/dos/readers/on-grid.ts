import { energies as energiesOf, resampleFrom } from "../grid.js";
import type { EnergyGrid, SiteDos, TotalDos } from "../spectra.js";
import type { DosFile } from "./dos-file.js";

/** Spectra on one uniform grid. */
export interface GridSpectra {
  readonly siteDos?: SiteDos;
  readonly totalDos?: TotalDos;
}

/** Brings a row of a file onto a grid: [n] values to [grid.count]. */
type RowToGrid = (row: Float64Array) => Float32Array;

/**
 * A file's spectra on another grid, its zero kept. Between points they are linear; onto a coarser grid they are averaged
 * over its cells, so that narrow peaks keep their states. Beyond the file's energies they are 0.
 */
export function resampleDos(file: DosFile, grid: EnergyGrid): GridSpectra {
  const { energies } = file;
  const first = energies[0];
  const last = energies[energies.length - 1];
  // A step down to zero at either end, so that the file covers any grid.
  const hair = (last - first) * 1e-9;
  const before = grid.start < first ? [Math.min(grid.start, first) - 1, first - hair] : [];
  const after = grid.stop > last ? [last + hair, Math.max(grid.stop, last) + 1] : [];
  const padded = [...before, ...energies, ...after];
  return spectraOf(file, grid, (row) =>
    resampleFrom(padded, [...before.map(() => 0), ...row, ...after.map(() => 0)], grid),
  );
}

/**
 * A file's spectra, shifted by `shift` eV and convolved with a normalised Gaussian, on a grid. Each value of the file is
 * taken as a density over its step (see {@link DosFile.binning}), and the convolution is exact: all states within the grid
 * stay, however coarse the file is.
 *
 * @param sigma standard deviation, eV, above 0.
 */
export function broadenDos(file: DosFile, grid: EnergyGrid, sigma: number, shift = 0): GridSpectra {
  const edges = binEdges(file).map((energy) => energy + shift);
  const parts = Array.from(energiesOf(grid), (energy) => gaussianParts(edges, energy, sigma));
  return spectraOf(file, grid, (row) =>
    Float32Array.from(parts, ({ from, weights }) => weights.reduce((sum, w, i) => sum + w * row[from + i], 0)),
  );
}

function spectraOf({ siteDos, totalDos }: DosFile, grid: EnergyGrid, toGrid: RowToGrid): GridSpectra {
  const values = new Float32Array((siteDos?.length ?? 0) * grid.count);
  siteDos?.forEach((row, site) => values.set(toGrid(row), site * grid.count));
  return {
    ...(siteDos && { siteDos: { kind: "site", grid, siteCount: siteDos.length, values } }),
    ...(totalDos && { totalDos: { kind: "total", grid, values: toGrid(totalDos) } }),
  };
}

/** [n + 1] limits of the steps that the file's values stand for, eV. */
function binEdges({ energies, binning }: DosFile): Float64Array {
  const n = energies.length;
  const before = 2 * energies[0] - energies[1];
  if (binning === "below") return Float64Array.of(before, ...energies);
  const after = 2 * energies[n - 1] - energies[n - 2];
  return Float64Array.from({ length: n + 1 }, (_, i) => ((energies[i - 1] ?? before) + (energies[i] ?? after)) / 2);
}

/** Share of a Gaussian at `energy` in each of the steps that it reaches. */
function gaussianParts(edges: Float64Array, energy: number, sigma: number): { from: number; weights: number[] } {
  const from = Math.max(firstAbove(edges, energy - 6 * sigma) - 1, 0);
  const weights: number[] = [];
  let below = normalCdf((edges[from] - energy) / sigma);
  for (let i = from; i + 1 < edges.length && edges[i] < energy + 6 * sigma; i++) {
    const above = normalCdf((edges[i + 1] - energy) / sigma);
    weights.push(above - below);
    below = above;
  }
  return { from, weights };
}

/** Index of the first of rising numbers above a value. */
function firstAbove(rising: Float64Array, value: number): number {
  let low = 0;
  let high = rising.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rising[middle] > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Cumulative normal distribution, to 1e-7 (Abramowitz and Stegun 26.2.17). */
function normalCdf(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = (Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI)) * series;
  return x < 0 ? tail : 1 - tail;
}
