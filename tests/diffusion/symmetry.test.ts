import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import type { BlockNetwork, ConditionBlock, DiffusionState, Fields } from "../../src/diffusion/index.js";
import {
  blockNetwork,
  corrupt,
  cosineSchedule,
  fastSampler,
  guidedDenoiser,
  predictorCorrector,
  sample,
  startState,
  streamNoise,
} from "../../src/diffusion/index.js";
import type { DenoiserConfig } from "../../src/model/index.js";
import { timeEmbedding } from "../../src/model/index.js";
import { compiledEngine, key } from "../../src/runtime/index.js";
import { denoiserLoss, taskSources } from "../../src/train/index.js";
import { orthogonal, vector } from "../crystal/arbitraries.js";
import {
  orders,
  permuteRows,
  randomParameters,
  seeds,
  timesMatrix,
  tinyConfig,
  tinyReferenceConfig,
} from "../model/support.js";
import { expectAllClose } from "../support/close.js";
import { cleanBlock, collect, mappedNoise, turns } from "./support.js";

const engine = await compiledEngine();
afterAll(() => engine.dispose());

const timesteps = 12;
const schedule = cosineSchedule(timesteps);
const [B, N, C, E] = [2, 4, tinyConfig.classCount, tinyConfig.dosPoints];
const configs = [
  ["matrix", { ...tinyReferenceConfig, timesteps, encoder: "masked" }],
  ["metric", { ...tinyConfig, timesteps }],
] satisfies [string, DenoiserConfig][];
const shape = { batchSize: B, atomsPerCrystal: N, classCount: C };

/** A symmetry of the description: rotate or mirror space (which no metric sees), move the origin, reorder the atoms. */
const symmetries = ({ latticeSpace }: DenoiserConfig) =>
  fc.record({ q: orthogonal, shift: vector(-1, 1), order: orders(N) }).map(({ q, shift, order }) => ({
    /** Noise and scores: what has no origin. */
    map: (field: keyof Fields, values: Float32Array): Float32Array => {
      if (field === "lattice") return latticeSpace === "matrix" ? timesMatrix(values, q) : values;
      return permuteRows(values, order, field === "types" ? C : 3);
    },
    apply(state: DiffusionState): DiffusionState {
      return {
        ...state,
        types: this.map("types", state.types),
        lattice: this.map("lattice", state.lattice),
        fracCoords: this.map("fracCoords", state.fracCoords).map((x, i) => x + shift[i % 3]),
      };
    },
    rows: (values: Float32Array, width: number): Float32Array => permuteRows(values, order, width),
  }));

function conditionOf(seed: number): ConditionBlock {
  return {
    siteDos: key(seed)
      .fold(9, 0, 0)
      .uniforms(B * N * E),
    siteMask: key(seed)
      .fold(9, 0, 1)
      .uniforms(B * N)
      .map((u) => (u < 0.7 ? 1 : 0)),
    energyMask: Float32Array.from({ length: B * E }, (_, i) => (i % E < 80 ? 1 : 0)),
    totalDos: key(seed)
      .fold(9, 0, 2)
      .uniforms(B * E),
    totalMask: new Float32Array(B).fill(1),
  };
}

test.each(configs)(
  "the loss is the same for every description of the crystals and their noise, %s",
  async (_, config) => {
    const parameters = randomParameters(config, 1);
    const loss = denoiserLoss(config, B, N);
    const program = await engine.compile(taskSources(parameters).valueProgram("loss", loss));
    const lossOf = async (clean: DiffusionState, noise: Fields, condition: ConditionBlock): Promise<Float32Array> => {
      const times = [3, 9];
      const { state, targets } = corrupt(clean, schedule, times, noise);
      const signal = times.flatMap((t) => [schedule.alphasCumprod[t], 1 - schedule.alphasCumprod[t]].map(Math.sqrt));
      const { siteDos, siteMask, energyMask, totalDos, totalMask } = condition;
      const [parts] = await program.run([
        ...[...parameters.values()].map(({ data }) => data),
        ...[
          state.types,
          state.fracCoords,
          state.lattice,
          timeEmbedding(times, config.timeDim),
          Float32Array.from(signal),
        ],
        ...[siteDos, siteMask, energyMask, totalDos, totalMask],
        ...[targets.types, targets.fracCoords, targets.lattice, clean.types, Float32Array.of(1, 1, 1)],
      ]);
      return parts as Float32Array;
    };
    await fc.assert(
      fc.asyncProperty(seeds, symmetries(config), async (seed, g) => {
        const clean = cleanBlock(shape, seed);
        const noise: Fields = {
          types: key(seed)
            .fold(8, 0, 0)
            .normals(B * N * C),
          fracCoords: key(seed)
            .fold(8, 0, 1)
            .normals(B * N * 3),
          lattice: key(seed)
            .fold(8, 0, 2)
            .normals(B * 9),
        };
        const moved: Fields = {
          types: g.map("types", noise.types),
          fracCoords: g.map("fracCoords", noise.fracCoords),
          lattice: g.map("lattice", noise.lattice),
        };
        const condition = conditionOf(seed);
        const other = {
          ...condition,
          siteDos: g.rows(condition.siteDos, E),
          siteMask: g.rows(condition.siteMask, 1),
        };
        const [expected, found] = [await lossOf(clean, noise, condition), await lossOf(g.apply(clean), moved, other)];
        for (let k = 0; k < 3; k++) expect(found[k] / expected[k]).toBeCloseTo(1, 3);
      }),
      { numRuns: 30 },
    );
  },
);

describe.each(["fast", "predictor-corrector"] as const)("whole runs of the %s sampler", (sampler) => {
  test.each(configs)(
    "a transformed start with transformed noise ends in the transformed crystal, %s",
    async (_, config) => {
      const networks: BlockNetwork[] = [1, 2, 3].map((seed) =>
        blockNetwork(engine, { config, parameters: randomParameters(config, seed, 0.05), schedule }, shape),
      );
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...networks), seeds, symmetries(config), async (network, seed, g) => {
          const condition = conditionOf(seed);
          const permuted = {
            ...condition,
            siteDos: g.rows(condition.siteDos, E),
            siteMask: g.rows(condition.siteMask, 1),
          };
          const noise = streamNoise(seed, [0, 1], shape);
          const start = startState(seed, [0, 1], shape, config.timesteps);
          const finalOf = async (
            from: DiffusionState,
            source: typeof noise,
            asked: ConditionBlock,
          ): Promise<DiffusionState> => {
            const denoiser = await guidedDenoiser(network, asked, { guidanceWeight: 1.5 });
            const made = sampler === "fast" ? fastSampler({ steps: 8, latticeBound: 5 }) : predictorCorrector();
            return (await collect(sample(made, { denoiser, start: from, noise: source }))).final;
          };
          const expected = g.apply(await finalOf(start, noise, condition));
          const found = await finalOf(g.apply(start), mappedNoise(noise, g.map), permuted);
          // float32 differences grow along a run: the first ancestral step alone multiplies them by a hundred.
          expectAllClose(found.lattice, expected.lattice, { tolerance: 2e-3 });
          expectAllClose(found.types, expected.types, { tolerance: 2e-3 });
          const off = turns(found.fracCoords, expected.fracCoords);
          expect(Math.max(...off.map(Math.abs))).toBeLessThan(2e-3);
        }),
        { numRuns: 20 },
      );
      networks.forEach((network) => network.dispose());
    },
  );
});
