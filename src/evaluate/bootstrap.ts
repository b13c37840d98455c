/** Resamples and seed of the bootstrap. */
export interface BootstrapOptions {
  /** Number of resamples; 1000 if absent. */
  readonly resamples?: number;
  /** Same seed, same numbers; 0 if absent. */
  readonly seed?: number;
}

/**
 * Standard error of the mean by the bootstrap (Efron 1979): the standard deviation of the means of resamples drawn with
 * replacement. Null for fewer than two values, where it cannot be known.
 */
export function bootstrapStandardError(values: readonly number[], options: BootstrapOptions = {}): number | null {
  if (values.length < 2) return null;
  const random = mulberry32(options.seed ?? 0);
  const means = Array.from({ length: options.resamples ?? 1000 }, () => resampledMean(values, random));
  const centre = means.reduce((sum, mean) => sum + mean, 0) / means.length;
  const variance = means.reduce((sum, mean) => sum + (mean - centre) ** 2, 0) / (means.length - 1);
  return Math.sqrt(variance);
}

function resampledMean(values: readonly number[], random: () => number): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[Math.floor(random() * values.length)];
  return sum / values.length;
}

/** Uniform numbers in [0, 1) from a 32-bit state: plenty for resampling a few hundred targets. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
