import type { DosRecord } from "./record.js";

/** Mean and standard deviation of the site DOS at each energy, over all atoms of the training set. */
export interface DosScaler {
  /** [E], states/eV/atom. */
  readonly mean: Float32Array;
  /** [E], states/eV/atom; 1 where the spectra do not vary. */
  readonly std: Float32Array;
}

/**
 * Fits a scaler (population deviation, all atoms weigh the same), in one pass and in double precision (Welford).
 *
 * @throws Error when there are no records or their grids differ.
 */
export function fitScaler(records: Iterable<Pick<DosRecord, "id" | "siteDos">>): DosScaler {
  let mean = new Float64Array(0);
  let squares = new Float64Array(0);
  let atoms = 0;
  for (const { id, siteDos } of records) {
    const { count } = siteDos.grid;
    if (atoms === 0) [mean, squares] = [new Float64Array(count), new Float64Array(count)];
    if (count !== mean.length) throw new Error(`${id}: ${count} energies, the records before it have ${mean.length}`);
    for (let site = 0; site < siteDos.siteCount; site++)
      accumulate(siteDos.values.subarray(site * count, (site + 1) * count), ++atoms, mean, squares);
  }
  if (atoms === 0) throw new Error("a scaler needs at least one record");
  const std = squares.map((sum) => Math.sqrt(sum / atoms)).map((s) => (s > 1e-6 ? s : 1));
  return { mean: Float32Array.from(mean), std: Float32Array.from(std) };
}

/** (values - mean) / std. @param values [..., E] row-major. */
export function standardise(values: Float32Array, { mean, std }: DosScaler): Float32Array {
  checkLength(values, mean);
  return values.map((value, i) => (value - mean[i % mean.length]) / std[i % mean.length]);
}

/** The inverse of {@link standardise}. */
export function unstandardise(values: Float32Array, { mean, std }: DosScaler): Float32Array {
  checkLength(values, mean);
  return values.map((value, i) => value * std[i % mean.length] + mean[i % mean.length]);
}

function accumulate(row: Float32Array, n: number, mean: Float64Array, squares: Float64Array): void {
  for (let e = 0; e < row.length; e++) {
    const before = row[e] - mean[e];
    mean[e] += before / n;
    squares[e] += before * (row[e] - mean[e]);
  }
}

function checkLength(values: Float32Array, mean: Float32Array): void {
  if (values.length % mean.length !== 0)
    throw new Error(`${values.length} values do not make whole spectra of ${mean.length} energies`);
}
