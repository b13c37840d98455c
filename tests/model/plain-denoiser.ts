import type { DenoiserConfig, Parameters } from "../../src/model/index.js";
import { descriptorTable } from "../../src/model/index.js";

/** One crystal as plain numbers. */
export interface PlainCrystal {
  /** [N][C] */
  readonly types: readonly number[][];
  /** [N][3] */
  readonly fracCoords: readonly number[][];
  /** [3][3] */
  readonly lattice: readonly number[][];
  /** [timeDim] */
  readonly time: readonly number[];
  /** sqrt(alpha_bar), sqrt(1 - alpha_bar) */
  readonly signal: readonly number[];
  /** [N][H], or null for the unconditional branch */
  readonly condition: readonly number[][] | null;
}

export interface PlainOutput {
  readonly types: number[][];
  readonly fracCoords: number[][];
  readonly lattice: number[][];
  readonly dos: number[][];
}

/**
 * The denoiser's equations, literally: one crystal, loops over all ordered pairs, double precision. Slow on purpose; it
 * shares nothing with the implementation but the parameters' names.
 */
export function plainDenoiser(p: Parameters, config: DenoiserConfig, crystal: PlainCrystal): PlainOutput {
  const { types, fracCoords, lattice, time, condition } = crystal;
  let h = types.map((row, i) => {
    const embedded = plus(linear(p, "node_embedding", row), described(p, config, row));
    return linear(p, "atom_latent_emb", [...(condition ? plus(embedded, condition[i]) : embedded), ...time]);
  });
  const symmetric = lattice.map((row, i) => row.map((value, k) => (value + lattice[k][i]) / 2));
  const features = config.latticeSpace === "matrix" ? lattice.map((a) => lattice.map((b) => dot(a, b))) : symmetric;
  for (let l = 0; l < config.layerCount; l++) {
    const name = `csp_layer_${l}`;
    const normed = h.map((row) => layerNorm(p, `${name}.layer_norm`, row));
    h = h.map((row, i) => {
      const messages = h.map((_, j) => {
        const edge = [...normed[i], ...normed[j], ...features.flat(), ...fourier(fracCoords[i], fracCoords[j], config)];
        const hidden = linear(p, `${name}.edge_mlp.0`, edge).map(silu);
        return linear(p, `${name}.edge_mlp.2`, hidden).map(silu);
      });
      const update = linear(p, `${name}.node_mlp.0`, [...normed[i], ...mean(messages)]).map(silu);
      return plus(row, linear(p, `${name}.node_mlp.2`, update).map(silu));
    });
  }
  const nodes = h.map((row) => layerNorm(p, "final_layer_norm", row));
  return {
    types: nodes.map((row, i) => typeNoise(p, config, row, types[i], crystal.signal)),
    fracCoords: nodes.map((row) => linear(p, "coord_out", row)),
    lattice: latticeNoise(p, config, mean(nodes), lattice, crystal.signal),
    dos: nodes.map((row) => linear(p, "node_out", row)),
  };
}

/** Sines, then cosines, of 2 pi k d for the three axes; d = (x_j - x_i) mod 1. */
function fourier(from: readonly number[], to: readonly number[], { frequencyCount }: DenoiserConfig): number[] {
  const angles = [0, 1, 2].flatMap((axis) => {
    const d = to[axis] - from[axis] - Math.floor(to[axis] - from[axis]);
    return Array.from({ length: frequencyCount }, (_, k) => 2 * Math.PI * k * d);
  });
  return [...angles.map(Math.sin), ...angles.map(Math.cos)];
}

function typeNoise(
  p: Parameters,
  config: DenoiserConfig,
  node: readonly number[],
  noisy: readonly number[],
  [signal, noise]: readonly number[],
): number[] {
  let out = linear(p, "type_out", node);
  if (config.elementDescriptors) {
    const features = linear(p, "type_descriptor_out", node);
    out = out.map((value, c) => value + dot(features, descriptor(config, c)));
  }
  if (config.typeOutput === "noise") return out;
  const exps = out.map((value) => Math.exp(value - Math.max(...out)));
  const sum = exps.reduce((a, b) => a + b, 0);
  return noisy.map((x, c) => (x - signal * (exps[c] / sum)) / noise);
}

function latticeNoise(
  p: Parameters,
  config: DenoiserConfig,
  pooled: readonly number[],
  lattice: readonly number[][],
  [signal, noise]: readonly number[],
): number[][] {
  const mixing = linear(p, "lattice_out", pooled);
  const axes = [0, 1, 2];
  if (config.latticeSpace === "matrix")
    return axes.map((i) => axes.map((x) => axes.reduce((sum, k) => sum + mixing[3 * i + k] * lattice[k][x], 0)));
  return axes.map((i) =>
    axes.map((k) => {
      const velocity = (mixing[3 * i + k] + mixing[3 * k + i]) / 2;
      const [even, odd] = [(lattice[i][k] + lattice[k][i]) / 2, (lattice[i][k] - lattice[k][i]) / 2];
      return signal * velocity + noise * even + odd / noise;
    }),
  );
}

function described(p: Parameters, config: DenoiserConfig, types: readonly number[]): number[] {
  if (!config.elementDescriptors) return Array<number>(config.hiddenDim).fill(0);
  const mixed = descriptor(config, 0).map((_, d) =>
    types.reduce((sum, weight, c) => sum + weight * descriptor(config, c)[d], 0),
  );
  return linear(p, "type_descriptor_in", mixed);
}

const tables = new Map<number, number[][]>();

function descriptor({ classCount }: DenoiserConfig, c: number): number[] {
  if (!tables.has(classCount)) {
    const table = descriptorTable(classCount);
    tables.set(classCount, rowsOf(table, table.length / classCount));
  }
  return tables.get(classCount)![c];
}

function linear(p: Parameters, name: string, x: readonly number[]): number[] {
  const { shape, data } = p.get(`${name}.weight`)!;
  const bias = p.get(`${name}.bias`)?.data;
  expectSize(name, shape[1], x.length);
  return Array.from({ length: shape[0] }, (_, o) =>
    x.reduce((sum, value, i) => sum + data[o * x.length + i] * value, bias ? bias[o] : 0),
  );
}

function layerNorm(p: Parameters, name: string, x: readonly number[]): number[] {
  const average = x.reduce((a, b) => a + b, 0) / x.length;
  const variance = x.reduce((sum, value) => sum + (value - average) ** 2, 0) / x.length;
  const [gain, bias] = [p.get(`${name}.weight`)!.data, p.get(`${name}.bias`)!.data];
  return x.map((value, i) => ((value - average) / Math.sqrt(variance + 1e-5)) * gain[i] + bias[i]);
}

const silu = (x: number): number => x / (1 + Math.exp(-x));
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i], 0);
const plus = (a: readonly number[], b: readonly number[]): number[] => a.map((x, i) => x + b[i]);
const mean = (rows: readonly number[][]): number[] =>
  rows[0].map((_, i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length);

function expectSize(name: string, expected: number, found: number): void {
  if (expected !== found) throw new Error(`${name}: ${found} inputs, its weight takes ${expected}`);
}

/** The rows of a flat array. */
export function rowsOf(values: ArrayLike<number>, width: number): number[][] {
  return Array.from({ length: values.length / width }, (_, i) =>
    Array.from({ length: width }, (_, k) => values[i * width + k]),
  );
}
