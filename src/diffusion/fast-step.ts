import type { Schedule } from "./schedule.js";
import type { DiffusionState, Field, Fields } from "./state.js";
import { wrap } from "./state.js";

/** The numbers of one step of the fast sampler from time t to `next`. */
export interface FastFactors {
  /** sqrt(ab), sqrt(1 - ab) at t. */
  readonly signal: number;
  readonly noise: number;
  /** -sigma^2 sqrt(lambda): turns the network's score into the way to the clean coordinates. */
  readonly way: number;
  /** Longest row of a clean lattice. */
  readonly latticeBound: number;
  /** Types and lattice: x' = nextSignal x0 + keep (x - signal x0) + spread z. */
  readonly nextSignal: number;
  readonly keep: number;
  readonly spread: number;
  /** Coordinates: x' = x + move (x0 - x) + coordSpread z. */
  readonly move: number;
  readonly coordSpread: number;
  /** How far x0 is extrapolated beyond the last estimate; 0 for first order. */
  readonly along: number;
  readonly coordAlong: number;
  /** lambda(sigma) sigma^2: 1 where the noise is small against the cell, 0 where it has gone round it. */
  readonly localised: number;
}

export interface FastStepOptions {
  readonly eta: number;
  readonly coordEta: number | "all";
  readonly latticeBound: number;
}

/**
 * The clean crystal as estimated at one time: types and lattice themselves, and the coordinates as the way to them from
 * where they are, because on the torus only ways can be told apart.
 */
export type Estimate = Fields;

/** Where a step leads, and what it knew of the clean crystal as seen from there. */
export interface FastStepResult {
  readonly state: Fields;
  readonly estimate: Estimate;
}

/**
 * Extrapolation is linear in log(signal / noise), to the middle of the next step. Fresh noise moves a coordinate but not the
 * clean place that is seen behind it, unless noise has gone round the torus: then the place moves with the coordinate, and
 * the difference of two places must not count the noise between them. `localised` tells the cases apart.
 * @param last the time before t, from which on second order is possible
 */
export function fastFactors(
  last: number | undefined,
  t: number,
  next: number,
  { alphasCumprod, coordSigmas, scoreNorms }: Schedule,
  { eta, coordEta, latticeBound }: FastStepOptions,
): FastFactors {
  const [ab, abNext] = [alphasCumprod[t], alphasCumprod[next]];
  const [variance, nextVariance] = [coordSigmas[t] ** 2, coordSigmas[next] ** 2];
  const spread2 = (1 - abNext) * renewed(eta, (1 - ab / abNext) / (1 - ab));
  const coordSpread2 = nextVariance * renewed(coordEta, 1 - nextVariance / variance);
  const share = (lambda: (k: number) => number): number =>
    last === undefined || next === 0 ? 0 : (lambda(next) - lambda(t)) / (2 * (lambda(t) - lambda(last)));
  return {
    signal: Math.sqrt(ab),
    noise: Math.sqrt(1 - ab),
    way: -variance * Math.sqrt(scoreNorms[t]),
    latticeBound,
    nextSignal: Math.sqrt(abNext),
    keep: Math.sqrt(Math.max(0, 1 - abNext - spread2) / (1 - ab)),
    spread: Math.sqrt(spread2),
    move: 1 - Math.sqrt((nextVariance - coordSpread2) / variance),
    coordSpread: Math.sqrt(coordSpread2),
    along: share((k) => 0.5 * Math.log(alphasCumprod[k] / (1 - alphasCumprod[k]))),
    coordAlong: share((k) => -Math.log(coordSigmas[k])),
    localised: Math.min(1, scoreNorms[t] * variance),
  };
}

/** Share of the next level's variance that is drawn anew; `ancestral` is that of the ancestral sampler. */
function renewed(eta: number | "all", ancestral: number): number {
  return eta === "all" ? 1 : Math.min(1, eta * eta * ancestral);
}

/** The step on the host; `FusedSteps.fast` is the same inside a program. */
export function fastStep(
  state: DiffusionState,
  said: Fields,
  before: Estimate,
  z: Fields,
  f: FastFactors,
): FastStepResult {
  // The bounds are those of the estimates; what is extrapolated from them may lie a little beyond.
  const now: Estimate = {
    types: cleanEstimate(state.types, said.types, f).map((v) => Math.min(1, Math.max(0, v))),
    lattice: boundRows(cleanEstimate(state.lattice, said.lattice, f), f.latticeBound),
    fracCoords: said.fracCoords.map((score) => f.way * score),
  };
  const beyond = (field: Field, c: number): Float32Array =>
    c === 0 ? now[field] : now[field].map((v, i) => v + c * (v - before[field][i]));
  const vp = (x: Float32Array, x0: Float32Array, fresh: Float32Array): Float32Array =>
    x.map((v, i) => f.nextSignal * x0[i] + f.keep * (v - f.signal * x0[i]) + f.spread * fresh[i]);
  const moves = beyond("fracCoords", f.coordAlong).map((d) => f.move * d);
  const kicks = z.fracCoords.map((fresh) => f.coordSpread * fresh);
  return {
    state: {
      types: vp(state.types, beyond("types", f.along), z.types),
      lattice: vp(state.lattice, beyond("lattice", f.along), z.lattice),
      fracCoords: state.fracCoords.map((x, i) => wrap(x + moves[i] + kicks[i])),
    },
    estimate: { ...now, fracCoords: now.fracCoords.map((d, i) => d - moves[i] - f.localised * kicks[i]) },
  };
}

/** Clean estimate (x_t - sqrt(1 - ab) eps) / sqrt(ab). */
export function cleanEstimate(
  x: Float32Array,
  eps: Float32Array,
  { signal, noise }: { readonly signal: number; readonly noise: number },
): Float32Array {
  return x.map((value, i) => (value - noise * eps[i]) / signal);
}

/** Shrinks the lattices that have a row beyond the bound; a scalar keeps the rotation law. */
function boundRows(lattices: Float32Array, bound: number): Float32Array {
  for (let at = 0; at < lattices.length; at += 9) {
    const longest = Math.max(
      ...[0, 3, 6].map((row) => Math.hypot(lattices[at + row], lattices[at + row + 1], lattices[at + row + 2])),
    );
    if (longest > bound) for (let i = at; i < at + 9; i++) lattices[i] *= bound / longest;
  }
  return lattices;
}
