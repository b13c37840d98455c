import type { BlockShape, Denoise, DiffusionState, NoiseSource, Schedule } from "../../src/diffusion/index.js";
import { wrappedNormalScore } from "../../src/diffusion/index.js";
import { normals, uniforms } from "../../src/runtime/index.js";

/** Any clean block: one-hot types, coordinates, a lattice of some size. */
export function cleanBlock(shape: BlockShape, seed: number): DiffusionState {
  const { batchSize: B, atomsPerCrystal: N, classCount: C } = shape;
  const types = new Float32Array(B * N * C);
  uniforms(seed, 1, 0, 0, B * N).forEach((u, atom) => (types[atom * C + Math.floor(u * C)] = 1));
  return {
    ...shape,
    types,
    fracCoords: uniforms(seed, 1, 0, 1, B * N * 3),
    lattice: normals(seed, 1, 0, 2, B * 9).map((z, i) => 0.3 * z + ((i % 9) % 4 === 0 ? 2 : 0)),
  };
}

/** The exact answer where the data are one crystal: the only network whose samples are known. */
export function perfectDenoiser(clean: DiffusionState, schedule: Schedule): Denoise {
  return ({ types, lattice, fracCoords }, t) => {
    const [signal, spread] = [Math.sqrt(schedule.alphasCumprod[t]), Math.sqrt(1 - schedule.alphasCumprod[t])];
    const noiseOf = (x: Float32Array, x0: Float32Array): Float32Array => x.map((v, i) => (v - signal * x0[i]) / spread);
    const sigma = schedule.coordSigmas[t];
    const norm = Math.sqrt(schedule.scoreNorms[t]);
    return Promise.resolve({
      types: noiseOf(types, clean.types),
      lattice: noiseOf(lattice, clean.lattice),
      fracCoords: fracCoords.map((x, i) => wrappedNormalScore(x - clean.fracCoords[i], sigma) / norm),
    });
  };
}

/** Mean and deviation. */
type Normal = readonly [number, number];

/** The exact answer where all numbers are independent: normal types and lattices, wrapped normal coordinates. */
export function normalDenoiser(
  data: { types: Normal; lattice: Normal; fracCoords: Normal },
  schedule: Schedule,
): Denoise {
  return ({ types, lattice, fracCoords }, t) => {
    const ab = schedule.alphasCumprod[t];
    const noiseOf = (values: Float32Array, [mean, deviation]: Normal): Float32Array =>
      values.map((x) => (Math.sqrt(1 - ab) * (x - Math.sqrt(ab) * mean)) / (ab * deviation ** 2 + 1 - ab));
    const [place, width] = data.fracCoords;
    const sigma = Math.hypot(schedule.coordSigmas[t], width);
    return Promise.resolve({
      types: noiseOf(types, data.types),
      lattice: noiseOf(lattice, data.lattice),
      fracCoords: fracCoords.map((x) => wrappedNormalScore(x - place, sigma) / Math.sqrt(schedule.scoreNorms[t])),
    });
  };
}

/** Difference on the torus. */
export function turn(a: number, b: number): number {
  return a - b - Math.round(a - b);
}

export function turns(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((x, i) => turn(x, b[i]));
}

/** What a sampler did: every state, and the last. */
export async function collect<T>(run: AsyncGenerator<{ state: DiffusionState } & T, DiffusionState>): Promise<{
  steps: ({ state: DiffusionState } & T)[];
  final: DiffusionState;
}> {
  const steps: ({ state: DiffusionState } & T)[] = [];
  for (;;) {
    const next = await run.next();
    if (next.done) return { steps, final: next.value };
    steps.push(next.value);
  }
}

/** A source of noise that changes what another one draws. */
export function mappedNoise(
  source: NoiseSource,
  map: (field: Parameters<NoiseSource>[0], values: Float32Array) => Float32Array,
): NoiseSource {
  return (field, step, purpose) => map(field, source(field, step, purpose));
}
