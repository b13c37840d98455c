import type * as tf from "@tensorflow/tfjs";
import type { Block } from "./block.js";
import type { Sampler, StepTimes } from "./sampler.js";
import type { Schedule } from "./schedule.js";

/** Settings of the fast sampler. */
export interface FastSamplerOptions {
  /** Evaluations of the denoiser. Default 100. */
  readonly steps?: number;
  /** Noise of types and lattice, 0: none (DDIM); 1, the default: as much as the ancestral sampler's. */
  readonly eta?: number;
  /**
   * The same for the coordinates; above 1 their noise is renewed faster than its level falls. `"all"`, the default unless
   * `eta` is 0: every step draws all of it anew, which makes crystals more regular (as correctors do) and fewer different ones.
   */
  readonly coordEta?: number | "all";
  /** 1: each step believes the last evaluation; 2, the default: it extrapolates the last two (multistep). */
  readonly order?: 1 | 2;
  /** Time indices go down like (1 - i / steps)^spacing; above 1 they lie denser where the noise is low. Default 1. */
  readonly spacing?: number;
  /** Largest length of a predicted clean lattice row, in the state's units. */
  readonly latticeBound?: number;
}

/** The numbers of one step of the fast sampler from time t to `next`. */
export type FastFactor =
  /** Longest row of a clean lattice. */
  | "latticeBound"
  /** Types and lattice: x' = nextSignal x0 + keep (x - signal x0) + spread z. */
  | ("signal" | "nextSignal" | "keep" | "spread")
  /** Coordinates: x' = x + move (x0 - x) + coordSpread z. */
  | ("move" | "coordSpread")
  /** How far x0 is extrapolated beyond the last estimate; 0 for first order. */
  | ("extrapolation" | "coordExtrapolation")
  /** lambda(sigma) sigma^2: 1 where the noise is small against the cell, 0 where it has gone round it. */
  | "localised";

/**
 * Strided sampler: one evaluation a step, tens of steps. Every field moves by an exponential integrator, exact while the
 * estimate of the clean crystal stays the same: generalised DDIM steps for types and lattice (Song et al.,
 * arXiv:2010.02502, eq. 12), their counterpart for variance-exploding noise for the coordinates, where the clean estimate
 * x_0 = x - sigma^2 score lies on the torus's cover, so only the result is wrapped. Order 2 extrapolates the clean
 * estimates in the logarithm of signal over noise (DPM-Solver++ 2M, Lu et al., arXiv:2211.01095; with eta 1 its SDE
 * variant). With order 1, both etas 1 and every t visited it is the reference's predictor.
 *
 * It starts at the last time whose alpha_bar is above 1e-4: beyond, errors are multiplied by 1/sqrt(ab).
 */
export function fastSampler(options: FastSamplerOptions = {}): Sampler<FastFactor> {
  const { steps = 100, spacing = 1 } = options;
  return {
    name: "fast",
    times: (schedule, startTime) => stride(Math.min(startTime, firstUsefulTime(schedule)), steps, spacing),
    factors: (times, schedule) => fastFactors(times, schedule, options),
    draws: { predictor: { types: "spread", lattice: "spread", fracCoords: "coordSpread" } },
    step({ x, denoise, f, noise: { predictor: fresh }, memory }) {
      const denoised = bounded(denoise(x), f.latticeBound);
      const beyond = (field: keyof Block, c: tf.Tensor): tf.Tensor =>
        denoised[field].add(denoised[field].sub(memory[field]).mul(c));
      const diffuse = (field: "types" | "lattice"): tf.Tensor => {
        const x0 = beyond(field, f.extrapolation);
        return x0
          .mul(f.nextSignal)
          .add(x[field].sub(x0.mul(f.signal)).mul(f.keep))
          .add(fresh[field]);
      };
      const moves = beyond("fracCoords", f.coordExtrapolation).mul(f.move);
      const fracCoords = x.fracCoords.add(moves).add(fresh.fracCoords);
      const x1 = { types: diffuse("types"), lattice: diffuse("lattice"), fracCoords };
      return { x: x1, denoised, displacement: denoised.fracCoords.sub(moves).sub(fresh.fracCoords.mul(f.localised)) };
    },
  };
}

/**
 * Extrapolation is linear in log(signal / noise), to the middle of the next step. Fresh noise moves a coordinate but not the
 * clean place that is seen behind it, unless noise has gone round the torus: then the place moves with the coordinate, and
 * the difference of two places must not count the noise between them. `localised` tells the cases apart.
 */
function fastFactors(
  { last, t, next }: StepTimes,
  { alphasCumprod, coordSigmas, scoreNorms }: Schedule,
  { eta = 1, coordEta = eta > 0 ? "all" : 0, order = 2, latticeBound = Infinity }: FastSamplerOptions,
): Record<FastFactor, number> {
  const [ab, abNext] = [alphasCumprod[t], alphasCumprod[next]];
  const [variance, nextVariance] = [coordSigmas[t] ** 2, coordSigmas[next] ** 2];
  const spread2 = (1 - abNext) * renewed(eta, (1 - ab / abNext) / (1 - ab));
  const coordSpread2 = nextVariance * renewed(coordEta, 1 - nextVariance / variance);
  const share = (lambda: (k: number) => number): number =>
    order === 1 || last === undefined || next === 0 ? 0 : (lambda(next) - lambda(t)) / (2 * (lambda(t) - lambda(last)));
  return {
    latticeBound,
    signal: Math.sqrt(ab),
    nextSignal: Math.sqrt(abNext),
    keep: Math.sqrt(Math.max(0, 1 - abNext - spread2) / (1 - ab)),
    spread: Math.sqrt(spread2),
    move: 1 - Math.sqrt((nextVariance - coordSpread2) / variance),
    coordSpread: Math.sqrt(coordSpread2),
    extrapolation: share((k) => 0.5 * Math.log(alphasCumprod[k] / (1 - alphasCumprod[k]))),
    coordExtrapolation: share((k) => -Math.log(coordSigmas[k])),
    localised: Math.min(1, scoreNorms[t] * variance),
  };
}

/** Share of the next level's variance that is drawn anew; `ancestral` is that of the ancestral sampler. */
function renewed(eta: number | "all", ancestral: number): number {
  return eta === "all" ? 1 : Math.min(1, eta * eta * ancestral);
}

/** Types in [0, 1] and lattices without a row beyond the bound; what is extrapolated from them may lie a little beyond. */
function bounded(clean: Block, latticeBound: tf.Tensor): Block {
  const longest = clean.lattice.square().sum(2).sqrt().max(1).reshape([-1, 1, 1]);
  // One scale for a whole lattice keeps the rotation law.
  const scale = latticeBound.div(longest.maximum(latticeBound));
  return { ...clean, types: clean.types.clipByValue(0, 1), lattice: clean.lattice.mul(scale) };
}

/** Largest t whose alpha_bar is above 1e-4. */
export function firstUsefulTime({ timesteps, alphasCumprod }: Schedule): number {
  let t = timesteps;
  while (t > 1 && alphasCumprod[t] < 1e-4) t--;
  return t;
}

/** Decreasing time indices from `startTime` to 0; each is used once, so there may be fewer than `steps`. */
export function stride(startTime: number, steps: number, spacing = 1): number[] {
  const count = Math.min(steps, startTime);
  const times = Array.from({ length: count + 1 }, (_, i) => Math.round(startTime * ((count - i) / count) ** spacing));
  return [...new Set(times)];
}
