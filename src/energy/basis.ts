import type { EnergyModel } from "./checkpoint.js";
import { angleBetween } from "./geometry.js";
import type { CrystalGraph } from "./graph.js";

/** Functions of M lengths or angles and their derivatives, [M][K]. */
export interface Basis {
  readonly width: number;
  readonly values: Float32Array;
  readonly slopes: Float64Array;
}

/** All that the network sees of a graph's geometry. */
export interface GraphBasis {
  /** [U]: every bond, within the atom cutoff. */
  readonly atom: Basis;
  /** [S]: the bonds that make angles, within the bond cutoff. */
  readonly bond: Basis;
  /** [G] */
  readonly angle: Basis;
}

/**
 * The basis functions of a graph. They are computed here, in double precision, and not by the network's program: the highest
 * frequencies go through five periods, and the network makes of a single's rounding of their arguments errors of 1e-4.
 */
export function graphBasis(
  { bonds, shortCount, angles }: CrystalGraph,
  { config, parameters }: EnergyModel,
): GraphBasis {
  const frequencies = (name: string) => parameters.get(`${name}.frequencies`)!.data;
  const distances = bonds.map(({ distance }) => distance);
  const radial = (ofWhich: readonly number[], name: string, cutoff: number) =>
    tabulate(ofWhich, config.radialCount, radialBasis(frequencies(name), cutoff, config.cutoffExponent));
  return {
    atom: radial(distances, "bond_basis_expansion.rbf_expansion_ag", config.atomCutoff),
    bond: radial(distances.slice(0, shortCount), "bond_basis_expansion.rbf_expansion_bg", config.bondCutoff),
    angle: tabulate(
      angles.map(({ vectors }) => angleBetween(vectors)),
      config.angularCount,
      angularBasis(frequencies("angle_basis_expansion.fourier_expansion")),
    ),
  };
}

/** Calls `set` with each function's number, value and derivative at x. */
type BasisFunctions = (x: number, set: (k: number, value: number, slope: number) => void) => void;

function tabulate(points: readonly number[], width: number, functions: BasisFunctions): Basis {
  const values = new Float32Array(points.length * width);
  const slopes = new Float64Array(points.length * width);
  points.forEach((x, row) =>
    functions(x, (k, value, slope) => {
      values[row * width + k] = value;
      slopes[row * width + k] = slope;
    }),
  );
  return { width, values, slopes };
}

/**
 * Bessel functions of a distance d, smoothly cut off at c (Gasteiger et al., DimeNet, 2020): sqrt(2/c) sin(f d/c)/d u(d/c).
 * @param frequencies f, learned; k pi where nothing was
 */
export function radialBasis(frequencies: ArrayLike<number>, cutoff: number, exponent: number): BasisFunctions {
  const norm = Math.sqrt(2 / cutoff);
  return (d, set) => {
    const [envelope, envelopeSlope] = smoothCutoff(d / cutoff, exponent);
    const [u, du] = [(norm * envelope) / d, (norm * (envelopeSlope / cutoff - envelope / d)) / d];
    for (let k = 0; k < frequencies.length; k++) {
      const turn = frequencies[k] / cutoff;
      const sine = Math.sin(turn * d);
      set(k, u * sine, du * sine + u * turn * Math.cos(turn * d));
    }
  };
}

/** 1 - (p+1)(p+2)/2 x^p + p(p+2) x^(p+1) - p(p+1)/2 x^(p+2), 0 from x = 1 on; and its derivative. */
function smoothCutoff(x: number, p: number): [number, number] {
  if (x >= 1) return [0, 0];
  const [a, b, c] = [(-(p + 1) * (p + 2)) / 2, p * (p + 2), (-p * (p + 1)) / 2];
  const power = x ** (p - 1);
  return [1 + power * x * (a + x * (b + x * c)), power * (a * p + x * (b * (p + 1) + x * c * (p + 2)))];
}

/**
 * 1/sqrt(2), sines and cosines of an angle, over sqrt(pi): the paper's equation 1.
 * @param frequencies learned; 1, 2, ... where nothing was
 */
export function angularBasis(frequencies: ArrayLike<number>): BasisFunctions {
  const order = frequencies.length;
  const norm = 1 / Math.sqrt(Math.PI);
  return (angle, set) => {
    set(0, Math.SQRT1_2 * norm, 0);
    for (let k = 0; k < order; k++) {
      const turn = frequencies[k];
      const [sine, cosine] = [norm * Math.sin(turn * angle), norm * Math.cos(turn * angle)];
      set(1 + k, sine, turn * cosine);
      set(1 + order + k, cosine, -turn * sine);
    }
  };
}

/** The derivative by the argument number `row` from those by its functions' values, which are the row `at` of `byValue`. */
export function contract({ width, slopes }: Basis, row: number, byValue: ArrayLike<number>, at: number): number {
  let sum = 0;
  for (let k = 0; k < width; k++) sum += slopes[row * width + k] * byValue[at * width + k];
  return sum;
}
