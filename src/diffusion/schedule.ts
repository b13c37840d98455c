import { scoreNorms } from "./wrapped-normal.js";

/** Noise levels by time index t = 0..T; index 0 means "clean". */
export interface Schedule {
  readonly timesteps: number;
  /** Variance-preserving noise of lattice and types. */
  readonly betas: Float64Array;
  readonly alphas: Float64Array;
  /** alpha_bar_t = prod (1 - beta). */
  readonly alphasCumprod: Float64Array;
  /** Deviation of the DDPM posterior, sqrt(beta_t (1 - ab_{t-1}) / (1 - ab_t)). */
  readonly sigmas: Float64Array;
  /** Deviation of the wrapped normal noise of the fractional coordinates. */
  readonly coordSigmas: Float64Array;
  /** lambda(sigma_t) = E[(d log p)^2], the coordinate score's mean square. */
  readonly scoreNorms: Float64Array;
}

/** Number of times and the noise levels of the schedules. */
export interface ScheduleOptions {
  /** Smallest and largest deviation of the coordinates' noise. */
  readonly sigmaBegin?: number;
  readonly sigmaEnd?: number;
  /** Replaces the quadrature of lambda, for instance by a Monte-Carlo estimate that a checkpoint was trained with. */
  readonly scoreNorms?: ArrayLike<number>;
}

/**
 * Cosine schedule (Nichol & Dhariwal 2021, s = 0.008, betas clipped to [1e-4, 0.9999]) for lattice and types,
 * geometric deviations for the coordinates, as in DOSMatGen.
 */
export function cosineSchedule(timesteps: number, options: ScheduleOptions = {}): Schedule {
  const { sigmaBegin = 0.005, sigmaEnd = 0.5 } = options;
  const betas = cosineBetas(timesteps);
  const alphas = betas.map((beta) => 1 - beta);
  const alphasCumprod = alphas.slice();
  for (let t = 1; t <= timesteps; t++) alphasCumprod[t] *= alphasCumprod[t - 1];
  const sigmas = betas.map((beta, t) =>
    t === 0 ? 0 : Math.sqrt((beta * (1 - alphasCumprod[t - 1])) / (1 - alphasCumprod[t])),
  );
  const coordSigmas = geometric(timesteps, sigmaBegin, sigmaEnd);
  const norms = options.scoreNorms ? Float64Array.from(options.scoreNorms) : scoreNorms(coordSigmas);
  if (norms.length !== timesteps + 1)
    throw new Error(`schedule: scoreNorms has ${norms.length} entries, expected ${timesteps + 1}`);
  return { timesteps, betas, alphas, alphasCumprod, sigmas, coordSigmas, scoreNorms: norms };
}

/**
 * Rounded to float32 at every step, as the published weights were trained with: beta_T = 0.9999 leaves alpha_T = 1e-4,
 * where float32 differs by 2e-4, and near T the ratio of two small levels loses digits as well.
 */
function cosineBetas(timesteps: number): Float64Array {
  const f = Math.fround;
  const s = 0.008;
  const level = (t: number): number => {
    const cosine = f(Math.cos(f(f(f(f(f(t / timesteps) + f(s)) / f(1 + s)) * f(Math.PI)) * 0.5)));
    return f(cosine * cosine);
  };
  const levels = Array.from({ length: timesteps + 1 }, (_, t) => f(level(t) / level(0)));
  const betas = new Float64Array(timesteps + 1);
  for (let t = 1; t <= timesteps; t++) betas[t] = f(Math.min(0.9999, Math.max(1e-4, 1 - f(levels[t] / levels[t - 1]))));
  return betas;
}

function geometric(timesteps: number, begin: number, end: number): Float64Array {
  const sigmas = new Float64Array(timesteps + 1);
  for (let t = 1; t <= timesteps; t++) sigmas[t] = begin * (end / begin) ** ((t - 1) / Math.max(1, timesteps - 1));
  return sigmas;
}
