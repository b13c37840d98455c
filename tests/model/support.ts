import fc from "fast-check";
import * as tf from "@tensorflow/tfjs";
import type { DenoiserConfig, Parameters } from "../../src/model/index.js";
import {
  denoiser,
  denoiserSpecs,
  initialParameters,
  nameTensors,
  parameterInputs,
  timeEmbedding,
} from "../../src/model/index.js";
import type { Engine, Program } from "../../src/runtime/index.js";
import { key } from "../../src/runtime/index.js";

/** A network that runs in a millisecond. */
export const tinyConfig: DenoiserConfig = {
  hiddenDim: 8,
  layerCount: 2,
  frequencyCount: 3,
  timeDim: 8,
  classCount: 12,
  dosPoints: 100,
  timesteps: 10,
  encoder: "masked",
  typeOutput: "element",
  latticeSpace: "metric",
  latticeScale: 0.25,
  elementDescriptors: true,
};

/** The reference's choices at the same size. */
export const tinyReferenceConfig: DenoiserConfig = {
  ...tinyConfig,
  encoder: "linear",
  typeOutput: "noise",
  latticeSpace: "matrix",
  latticeScale: 1,
  elementDescriptors: false,
};

/** Parameters with nothing at its starting value: gains, biases and all. */
export function randomParameters(config: DenoiserConfig, seed: number, spread = 0.2): Parameters {
  const start = initialParameters(denoiserSpecs(config), seed);
  return new Map(
    [...start].map(([name, { shape, data }], k) => {
      const z = key(seed).fold(k, 1, 0).normals(data.length);
      return [name, { shape, data: data.map((value, i) => value * 1.5 + spread * z[i]) }];
    }),
  );
}

/** A block of noisy crystals with conditions already encoded, all random. */
export interface RandomBlock {
  readonly B: number;
  readonly N: number;
  /** [B, N, C] */
  readonly types: Float32Array;
  /** [B, N, 3] */
  readonly fracCoords: Float32Array;
  /** [B, 3, 3] */
  readonly lattice: Float32Array;
  /** [B] */
  readonly times: readonly number[];
  /** [B, 2] */
  readonly signal: Float32Array;
  /** [B, N, H] */
  readonly condition: Float32Array;
}

export function randomBlock(config: DenoiserConfig, B: number, N: number, seed: number): RandomBlock {
  const levels = key(seed)
    .fold(0, 0, 0)
    .uniforms(B)
    .map((u) => 0.1 + 0.8 * u);
  return {
    B,
    N,
    types: key(seed)
      .fold(0, 0, 1)
      .normals(B * N * config.classCount),
    fracCoords: key(seed)
      .fold(0, 0, 2)
      .uniforms(B * N * 3),
    lattice: key(seed)
      .fold(0, 0, 3)
      .normals(B * 9),
    times: Array.from({ length: B }, (_, b) => 1 + ((seed + 3 * b) % config.timesteps)),
    signal: Float32Array.from([...levels].flatMap((level) => [Math.sqrt(level), Math.sqrt(1 - level)])),
    condition: key(seed)
      .fold(0, 0, 4)
      .normals(B * N * config.hiddenDim),
  };
}

/** Which branches a test evaluates: conditional (true) or unconditional (false). */
export type BranchList = readonly boolean[];

export interface DenoiserArrays {
  /** [R, B, N, C] */
  readonly types: Float32Array;
  /** [R, B, N, 3] */
  readonly fracCoords: Float32Array;
  /** [R, B, 3, 3] */
  readonly lattice: Float32Array;
  /** [R, B, N, E] */
  readonly dos: Float32Array;
}

/** The denoiser with its DOS head as a program of (block arrays, parameters). */
export async function denoiserProgram(
  engine: Engine,
  config: DenoiserConfig,
  parameters: Parameters,
  B: number,
  N: number,
  branches: BranchList,
): Promise<(block: RandomBlock, weights?: Parameters) => Promise<DenoiserArrays>> {
  const { classCount: C, hiddenDim: H, timeDim } = config;
  const shapes = [
    [B, N, C],
    [B, N, 3],
    [B, 3, 3],
    [B, timeDim],
    [B, 2],
    [B, N, H],
  ];
  const program: Program = await engine.compile({
    name: `test denoiser ${B} x ${N}`,
    inputs: [...shapes.map((shape) => ({ shape })), ...parameterInputs(parameters)],
    fn: (types, fracCoords, lattice, time, signal, condition, ...weights) => {
      const p = nameTensors(parameters, weights);
      const noisy = { types, fracCoords, lattice, timeEmbedding: time, signal };
      const conditions = branches.map((conditional) => (conditional ? condition : null));
      const out = denoiser(p, config, noisy, conditions);
      const head = p.get("node_out.weight")!;
      const nodes: tf.Tensor2D = out.nodes.reshape([-1, H]);
      return [out.types, out.fracCoords, out.lattice, tf.matMul(nodes, head, false, true)];
    },
  });
  return async (block, weights = parameters) => {
    const time = timeEmbedding(block.times, timeDim);
    const { types, fracCoords, lattice, signal, condition } = block;
    const values = [...weights.values()].map(({ data }) => data);
    const out = await program.run([types, fracCoords, lattice, time, signal, condition, ...values]);
    const [typeNoise, score, latticeNoise, dos] = out as Float32Array[];
    return { types: typeNoise, fracCoords: score, lattice: latticeNoise, dos };
  };
}

/** [..., 3] row vectors times a 3 x 3 matrix. */
export function timesMatrix(rows: Float32Array, matrix: readonly (readonly number[])[]): Float32Array {
  return rows.map((_, i) => {
    const at = i - (i % 3);
    return [0, 1, 2].reduce((sum, k) => sum + rows[at + k] * matrix[k][i % 3], 0);
  });
}

/** Reorders the atoms of an array [..., N, width]: new atom k is the old atom order[k]. */
export function permuteRows(values: Float32Array, order: readonly number[], width: number): Float32Array {
  const N = order.length;
  return values.map((_, i) => {
    const [row, column] = [Math.floor(i / width), i % width];
    const crystal = Math.floor(row / N);
    return values[(crystal * N + order[row % N]) * width + column];
  });
}

/** A random order of N atoms. */
export function orders(N: number): fc.Arbitrary<number[]> {
  const all = Array.from({ length: N }, (_, i) => i);
  return fc.shuffledSubarray(all, { minLength: N, maxLength: N });
}

export const seeds = fc.integer({ min: 0, max: 1e6 });
