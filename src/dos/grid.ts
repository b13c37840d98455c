import type { EnergyGrid } from "./spectra.js";

/** Distance between neighbouring energies, eV. */
export function spacing({ start, stop, count }: EnergyGrid): number {
  return (stop - start) / (count - 1);
}

/** The grid's energies, eV: [count], both ends included (numpy.linspace). */
export function energies(grid: EnergyGrid): Float64Array {
  const step = spacing(grid);
  return Float64Array.from({ length: grid.count }, (_, i) =>
    i === grid.count - 1 ? grid.stop : grid.start + i * step,
  );
}

/** Whether two grids have the same ends and count. */
export function sameGrid(a: EnergyGrid, b: EnergyGrid): boolean {
  return a.count === b.count && Math.abs(a.start - b.start) < 1e-6 && Math.abs(a.stop - b.stop) < 1e-6;
}

/**
 * Spectra on another uniform grid; see {@link resampleFrom}.
 *
 * @param values [..., from.count] row-major.
 * @returns [..., to.count].
 * @throws Error when `from` does not cover `to`, or the number of values does not fit.
 */
export function resample(values: Float32Array, from: EnergyGrid, to: EnergyGrid): Float32Array {
  return sameGrid(from, to) && values.length % from.count === 0
    ? values.slice()
    : resampleFrom(energies(from), values, to);
}

/**
 * Spectra given at any rising energies, on a uniform grid. Between points a spectrum is taken as linear; onto a
 * coarser grid it is averaged over each new point's cell, so that narrow peaks keep their states.
 *
 * @param from [n] rising energies, eV.
 * @param values [..., n] row-major.
 * @returns [..., to.count].
 * @throws Error when `from` does not rise or does not cover `to`, or the number of values does not fit.
 */
export function resampleFrom(from: ArrayLike<number>, values: ArrayLike<number>, to: EnergyGrid): Float32Array {
  checkRising(from);
  checkCovers(from, to);
  if (values.length % from.length !== 0)
    throw new Error(`${values.length} values do not make whole spectra of ${from.length} energies`);
  const rows = values.length / from.length;
  const out = new Float32Array(rows * to.count);
  const sampler = spacing(to) > meanSpacing(from) * 1.001 ? cellMeans : linearValues;
  const targets = energies(to);
  for (let row = 0; row < rows; row++) {
    const spectrum = Array.prototype.slice.call(values, row * from.length, (row + 1) * from.length) as number[];
    out.set(sampler(from, spectrum, targets), row * to.count);
  }
  return out;
}

function linearValues(from: ArrayLike<number>, spectrum: readonly number[], targets: Float64Array): Float64Array {
  let i = 0;
  return targets.map((energy) => {
    while (i < from.length - 2 && from[i + 1] < energy) i++;
    const t = Math.min(Math.max((energy - from[i]) / (from[i + 1] - from[i]), 0), 1);
    return spectrum[i] + t * (spectrum[i + 1] - spectrum[i]);
  });
}

/** Means over cells centred on the new points; near the file's ends the cells are narrower, at an end a point. */
function cellMeans(from: ArrayLike<number>, spectrum: readonly number[], targets: Float64Array): Float64Array {
  const half = (targets[1] - targets[0]) / 2;
  const halves = targets.map((e) => Math.max(Math.min(half, e - from[0], from[from.length - 1] - e), 0));
  const limits = Array.from(targets, (e, i) => [e - halves[i], e + halves[i]]).flat();
  const integral = integralsTo(from, spectrum, limits);
  const points = linearValues(from, spectrum, targets);
  return points.map((value, i) =>
    halves[i] > half / 1000 ? (integral[2 * i + 1] - integral[2 * i]) / (2 * halves[i]) : value,
  );
}

/** Integral of the piecewise linear spectrum from its first energy to each of the rising `limits`. */
function integralsTo(from: ArrayLike<number>, spectrum: readonly number[], limits: readonly number[]): number[] {
  let i = 0;
  let before = 0;
  return limits.map((limit) => {
    for (; i < from.length - 2 && from[i + 1] < limit; i++)
      before += ((spectrum[i] + spectrum[i + 1]) / 2) * (from[i + 1] - from[i]);
    const width = limit - from[i];
    const slope = (spectrum[i + 1] - spectrum[i]) / (from[i + 1] - from[i]);
    return before + width * (spectrum[i] + (slope * width) / 2);
  });
}

function meanSpacing(from: ArrayLike<number>): number {
  return (from[from.length - 1] - from[0]) / (from.length - 1);
}

function checkRising(from: ArrayLike<number>): void {
  if (from.length < 2) throw new Error(`at least 2 energies are needed, got ${from.length}`);
  for (let i = 0; i < from.length; i++) {
    if (!Number.isFinite(from[i])) throw new Error(`energy ${i} is ${from[i]}, expected a finite number of eV`);
    if (i > 0 && from[i] <= from[i - 1])
      throw new Error(`energies must rise: energy ${i} is ${from[i]} eV after ${from[i - 1]} eV`);
  }
}

function checkCovers(from: ArrayLike<number>, to: EnergyGrid): void {
  const first = from[0];
  const last = from[from.length - 1];
  // The stored numbers of a file are rounded; a hundredth of a step is no real gap.
  const slack = spacing(to) / 100;
  if (first > to.start + slack || last < to.stop - slack)
    throw new Error(
      `energies from ${round(first)} to ${round(last)} eV do not cover ${round(to.start)} to ${round(to.stop)} eV`,
    );
}

function round(energy: number): number {
  return Number(energy.toFixed(4));
}
