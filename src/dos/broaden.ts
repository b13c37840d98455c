import { spacing } from "./grid.js";
import type { EnergyGrid, PredictedDos, SiteDos, TotalDos } from "./spectra.js";

/** Standard deviation of the Gaussian already in the data set's spectra, eV. */
export const storedSigma = 0.2;

/**
 * Convolution with a normalised Gaussian. The kernel is normalised on the grid, so states are conserved except for
 * those pushed over an end of the grid, which are lost; beyond the ends the spectrum is taken as zero.
 *
 * @param values [..., grid.count] row-major.
 * @param sigma standard deviation, eV, at least 0.
 */
export function broaden(values: Float32Array, grid: EnergyGrid, sigma: number): Float32Array {
  if (!(sigma >= 0 && Number.isFinite(sigma))) throw new Error(`broadening must be at least 0 eV, got ${sigma}`);
  if (sigma === 0) return values.slice();
  const kernel = gaussianKernel(sigma / spacing(grid), grid.count);
  const out = new Float32Array(values.length);
  for (let row = 0; row < values.length; row += grid.count)
    convolve(values.subarray(row, row + grid.count), kernel, out.subarray(row, row + grid.count));
  return out;
}

/**
 * A spectrum with `totalSigma` instead of the `sigma` it has: Gaussians add in squares.
 *
 * @throws Error when it is broader than that already.
 */
export function broadenTo(dos: PredictedDos, totalSigma: number, sigma = storedSigma): PredictedDos {
  const broader = <T extends SiteDos | TotalDos>(spectrum: T): T => ({
    ...spectrum,
    values: broaden(spectrum.values, spectrum.grid, extraSigma(totalSigma, sigma)),
  });
  return { ...broader(dos), ...(dos.total && { total: broader(dos.total) }) };
}

/** Standard deviation to add to `sigma` to reach `totalSigma`, eV. */
export function extraSigma(totalSigma: number, sigma = storedSigma): number {
  if (!(totalSigma >= sigma))
    throw new Error(`a spectrum broadened by ${sigma} eV cannot be sharpened to ${totalSigma} eV`);
  return Math.sqrt(totalSigma ** 2 - sigma ** 2);
}

/** [2 r + 1] weights that sum to 1; out to six standard deviations, where the rest is below 1e-8. */
function gaussianKernel(sigmaInSteps: number, longest: number): Float64Array {
  const radius = Math.min(Math.ceil(6 * sigmaInSteps), longest);
  const kernel = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-0.5 * ((i - radius) / sigmaInSteps) ** 2),
  );
  const sum = kernel.reduce((a, b) => a + b, 0);
  return kernel.map((weight) => weight / sum);
}

function convolve(values: Float32Array, kernel: Float64Array, out: Float32Array): void {
  const radius = (kernel.length - 1) / 2;
  for (let i = 0; i < values.length; i++) {
    let sum = 0;
    const end = Math.min(values.length - 1, i + radius);
    for (let j = Math.max(0, i - radius); j <= end; j++) sum += values[j] * kernel[j - i + radius];
    out[i] = sum;
  }
}
