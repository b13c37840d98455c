import { energies, standardGrid } from "../dos/index.js";

/** How the network sees spectra; part of a checkpoint's configuration. */
export interface ProposerFeatureConfig {
  /** Energies of a spectrum. */
  readonly dosPoints: number;
  /** Means over this many equal steps are what the network sees of a spectrum; divides `dosPoints`. */
  readonly bins: number;
}

/** What is known of one site, on the standard grid; states/eV/atom. */
export interface SiteEvidence {
  /** [E] the site's curve; absent where it is not known. */
  readonly site?: Float32Array;
  /** [E] total of the cell over its atoms: the sum of an exact partition. Without one, the mean of the known sites. */
  readonly context?: Float32Array;
  /** Whether `context` is the true total. */
  readonly hasTotal: boolean;
  /** [E] 1 where states are known. */
  readonly energyMask: Float32Array;
  /**
   * Whether curves are projected as the training data are (PAW spheres). If not, their amplitudes say little: other programs
   * hold other shares of an atom's electrons.
   */
  readonly knownConvention: boolean;
}

/** Energies whose mask the network sees together: the window's limits need no finer steps. */
const maskBins = 50;

/** Length of a site's features. */
export function proposerFeatureCount({ bins }: ProposerFeatureConfig): number {
  return 3 * bins + maskBins + 2;
}

/**
 * Input of the proposer for one site: its curve as it is, the same normalised to one number of occupied states (its shape, which
 * programs agree on), the cell's total, the mask, and which of them are known. All compressed by log(1 + 3 x): peaks of
 * d states are a hundred times the s bands that bond.
 */
export function proposerFeatures(config: ProposerFeatureConfig, evidence: SiteEvidence): Float32Array {
  const { bins } = config;
  const { site, context, energyMask, hasTotal } = evidence;
  const out = new Float32Array(proposerFeatureCount(config));
  if (site) {
    writeBins(out.subarray(0, bins), masked(site, energyMask), 1);
    writeBins(out.subarray(bins, 2 * bins), masked(site, energyMask), shapeFactor(site, energyMask));
  }
  if (context) writeBins(out.subarray(2 * bins, 3 * bins), masked(context, energyMask), 1);
  const size = energyMask.length / maskBins;
  for (let b = 0; b < maskBins; b++) out[3 * bins + b] = mean(energyMask, b * size, size);
  out.set([site ? 1 : 0, context && hasTotal ? 1 : 0], 3 * bins + maskBins);
  return out;
}

/** Electrons that a normalised curve is given, and those that an empty one counts as. */
const normalElectrons = 4;
const fewElectrons = 0.3;

/** What normalises a curve by its occupied states; empty sites (a bare cation) stay empty. */
function shapeFactor(site: Float32Array, energyMask: Float32Array): number {
  const grid = energies(standardGrid);
  const step = grid[1] - grid[0];
  let occupied = 0;
  // States a little above zero belong to the broadened valence-band top; the first step of the grid is often cut.
  for (let e = 0; e < site.length; e++) {
    if (grid[e] >= -9.9 && grid[e] <= 0.1) occupied += Math.max(0, site[e]) * energyMask[e] * step;
  }
  return normalElectrons / (occupied + fewElectrons);
}

function masked(values: Float32Array, energyMask: Float32Array): Float32Array {
  return values.map((value, e) => Math.max(0, value) * energyMask[e]);
}

function writeBins(bins: Float32Array, values: Float32Array, factor: number): void {
  const size = values.length / bins.length;
  for (let b = 0; b < bins.length; b++) bins[b] = Math.log1p(3 * factor * mean(values, b * size, size));
}

function mean(values: Float32Array, from: number, size: number): number {
  let sum = 0;
  for (let i = from; i < from + size; i++) sum += values[i];
  return sum / size;
}
