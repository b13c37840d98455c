import type * as tf from "@tensorflow/tfjs";
import { blockInputs } from "../../src/diffusion/block.js";
import type {
  BlockShape,
  Denoiser,
  DiffusionState,
  EvaluationTensors,
  NoiseSource,
  Schedule,
} from "../../src/diffusion/index.js";
import { exactDenoiser } from "../../src/diffusion/index.js";
import { key, type Engine } from "../../src/runtime/index.js";

/** Any clean block: one-hot types, coordinates, a lattice of some size. */
export function cleanBlock(shape: BlockShape, seed: number): DiffusionState {
  const { batchSize: B, atomsPerCrystal: N, classCount: C } = shape;
  const types = new Float32Array(B * N * C);
  const draws = key(seed);
  const kinds = draws.fold(1, 0, 0).uniforms(B * N);
  kinds.forEach((u, atom) => (types[atom * C + Math.floor(u * C)] = 1));
  return {
    ...shape,
    types,
    fracCoords: draws.fold(1, 0, 1).uniforms(B * N * 3),
    lattice: draws
      .fold(1, 0, 2)
      .normals(B * 9)
      .map((z, i) => 0.3 * z + ((i % 9) % 4 === 0 ? 2 : 0)),
  };
}

/**
 * The score of the wrapped normal distribution with its reference sign (+x/sigma^2), in tensors: the library's own is on the
 * host.
 */
function wrappedScore(x: tf.Tensor, sigma: tf.Tensor): tf.Tensor {
  const nearest = x.sub(x.add(0.5).floor());
  const images = [-3, -2, -1, 0, 1, 2, 3].map((k) => nearest.add(k));
  const scale = sigma.square().mul(2);
  const weights = images.map((d) => nearest.square().sub(d.square()).div(scale).exp());
  const sum = (terms: tf.Tensor[]): tf.Tensor => terms.reduce((total, term) => total.add(term));
  return sum(weights.map((w, k) => w.mul(images[k])))
    .div(sum(weights))
    .div(sigma.square());
}

/** What a denoiser says of a coordinate score: divided by sqrt(lambda), whose inverse is -sigma^2 / toClean. */
const overNorm = (score: tf.Tensor, { sigma, toClean }: EvaluationTensors["level"]): tf.Tensor =>
  score.mul(sigma.square().neg()).div(toClean);

/** The exact answer where the data are one crystal: the only network whose samples are known. */
export function perfectDenoiser(engine: Engine, schedule: Schedule, clean: DiffusionState): Denoiser {
  return exactDenoiser(engine, {
    name: "perfect",
    schedule,
    inputs: blockInputs(clean, clean),
    predict: (x, { inputs, level }) => ({
      types: x.types.sub(inputs.types.mul(level.signal)).div(level.noise),
      lattice: x.lattice.sub(inputs.lattice.mul(level.signal)).div(level.noise),
      fracCoords: overNorm(wrappedScore(x.fracCoords.sub(inputs.fracCoords), level.sigma), level),
    }),
  });
}

/** Mean and deviation. */
type Normal = readonly [number, number];

/** The exact answer where all numbers are independent: normal types and lattices, wrapped normal coordinates. */
export function normalDenoiser(
  engine: Engine,
  schedule: Schedule,
  data: { types: Normal; lattice: Normal; fracCoords: Normal },
): Denoiser {
  return exactDenoiser(engine, {
    name: "normal",
    schedule,
    predict: (x, { level }) => {
      const noiseOf = (field: "types" | "lattice", [mean, deviation]: Normal): tf.Tensor => {
        const variance = level.signal
          .square()
          .mul(deviation ** 2)
          .add(level.noise.square());
        return x[field].sub(level.signal.mul(mean)).mul(level.noise).div(variance);
      };
      const [place, width] = data.fracCoords;
      const sigma = level.sigma
        .square()
        .add(width ** 2)
        .sqrt();
      return {
        types: noiseOf("types", data.types),
        lattice: noiseOf("lattice", data.lattice),
        fracCoords: overNorm(wrappedScore(x.fracCoords.sub(place), sigma), level),
      };
    },
  });
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
