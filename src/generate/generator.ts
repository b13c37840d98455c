import type { BlockNetwork, BlockShape, Denoise, DiffusionState, SamplerStep, Schedule } from "../diffusion/index.js";
import {
  blockNetwork,
  constrainDenoise,
  cosineSchedule,
  fastSampler,
  finishState,
  guidedDenoise,
  predictorCorrector,
  startState,
  streamNoise,
  unconditionalDenoise,
  warmStart,
  firstUsefulTime,
} from "../diffusion/index.js";
import type { Target } from "../dos/index.js";
import type { DenoiserModel } from "../model/index.js";
import type { Engine } from "../runtime/index.js";
import { assertSettings } from "./checks.js";
import { atomsFor, conditionBlock } from "./condition.js";
import { makeConstraints } from "./constraints.js";
import { crystalState, stateCrystals } from "./crystal-state.js";
import type { GenerateOptions, GeneratedCrystal, GenerationProgress } from "./options.js";

/** A model on an engine, with its compiled programs; one serves any number of targets. */
export interface CrystalGenerator {
  readonly model: DenoiserModel;
  /**
   * Makes crystals for a target, or unconditional ones for `null`. Yields after every sampler step; leaving the loop
   * stops the run at once, and `firstIndex` resumes it.
   * @throws Error when the target or the options do not fit each other or the model
   */
  stream(target: Target | null, options?: GenerateOptions): AsyncGenerator<GenerationProgress, void>;
  /** The same, collected. */
  generate(target: Target | null, options?: GenerateOptions): Promise<GeneratedCrystal[]>;
  /** Releases the programs; calls after it throw DisposedError. */
  dispose(): void;
}

/** Longest row of the lattice field that the fast sampler may predict, far beyond any cell of the training data. */
const longestRow = { matrix: 40, metric: 2 };

/**
 * Prepares a model for generation.
 *
 * @example
 *     const denoiser = await loadDenoiser("models/denoiser.safetensors");
 *     const mine = crystalGenerator(engine, denoiser);
 *     const crystals = await mine.generate(target, { count: 4, guidanceWeight: 1, seed: 1 });
 *     for await (const { fraction } of mine.stream(target, { count: 4, elements: [14, 32] })) console.log(fraction);
 *     mine.dispose();
 */
export function crystalGenerator(engine: Engine, model: DenoiserModel): CrystalGenerator {
  const schedule = cosineSchedule(model.config.timesteps, { scoreNorms: model.scoreNorms });
  const networks = new Map<string, BlockNetwork>();
  const networkFor = (shape: BlockShape): BlockNetwork => {
    const key = `${shape.batchSize} x ${shape.atomsPerCrystal}`;
    const network = networks.get(key) ?? blockNetwork(engine, { ...model, schedule }, shape);
    networks.set(key, network);
    return network;
  };
  async function* stream(
    target: Target | null,
    options: GenerateOptions = {},
  ): AsyncGenerator<GenerationProgress, void> {
    assertSettings(options);
    const { count = 8, firstIndex = 0, batchSize = 8, frameEvery } = options;
    const fixed = options.template?.crystal ?? options.initStructure;
    const composed = options.composition && [...options.composition.values()].reduce((a, b) => a + b, 0);
    const atoms = atomsFor(target, options.numAtoms, fixed?.atomicNumbers.length ?? composed);
    const shape = { batchSize, atomsPerCrystal: atoms, classCount: model.config.classCount };
    const denoise = await targetDenoise(networkFor(shape), model, target, options);
    for (let at = 0; at < count; at += batchSize) {
      // A whole block is always sampled: its shape is compiled, and a crystal's numbers must not depend on its company.
      const indices = Array.from({ length: batchSize }, (_, b) => firstIndex + at + b);
      const wanted = Math.min(batchSize, count - at);
      const run = sampleBlock(denoise, model, schedule, shape, indices, options);
      const made = (state: DiffusionState): GeneratedCrystal[] =>
        stateCrystals(state, model.config)
          .slice(0, wanted)
          .map((crystal, b) => ({ index: indices[b], crystal }));
      for (let next = await run.next(); ; next = await run.next()) {
        if (next.done) {
          const crystals = made(next.value);
          const finished = progress(at + wanted, count, (at + wanted) / count, crystals);
          yield frameEvery ? { ...finished, frame: crystals } : finished;
          break;
        }
        const { step, stepCount, state } = next.value;
        const current = progress(at, count, (at + (wanted * step) / stepCount) / count, []);
        const framed = frameEvery && (step - 1) % frameEvery === 0;
        yield framed ? { ...current, frame: made(state) } : current;
      }
    }
  }
  return {
    model,
    stream,
    async generate(target, options) {
      const crystals: GeneratedCrystal[] = [];
      for await (const step of stream(target, options)) crystals.push(...step.crystals);
      return crystals;
    },
    dispose() {
      for (const network of networks.values()) network.dispose();
      networks.clear();
    },
  };
}

async function targetDenoise(
  network: BlockNetwork,
  model: DenoiserModel,
  target: Target | null,
  options: GenerateOptions,
): Promise<Denoise> {
  const { atomsPerCrystal, batchSize } = network.shape;
  if (!target) return unconditionalDenoise(network, model.config.hiddenDim);
  const { guidanceWeight = 1, guidanceInterval } = options;
  const condition = conditionBlock(target, atomsPerCrystal, batchSize, model);
  return guidedDenoise(network, condition, { guidanceWeight, guidanceInterval, timesteps: model.config.timesteps });
}

/** One block from start to finished state. */
async function* sampleBlock(
  unconstrained: Denoise,
  model: DenoiserModel,
  schedule: Schedule,
  shape: BlockShape,
  indices: readonly number[],
  options: GenerateOptions,
): AsyncGenerator<SamplerStep, DiffusionState> {
  const { seed = 0, sampler = "fast", steps, eta, coordEta, order, spacing, correctorStepSize } = options;
  const noise = streamNoise(seed, indices, shape);
  const constraints = makeConstraints(options, model, shape.atomsPerCrystal, shape.batchSize, schedule, noise);
  const denoise = constrainDenoise(unconstrained, constraints);
  const { state, startTime } = blockStart(model, schedule, shape, indices, options);
  const latticeBound = longestRow[model.config.latticeSpace] / model.config.latticeScale;
  const run =
    sampler === "fast"
      ? fastSampler(denoise, state, schedule, noise, {
          steps,
          eta,
          coordEta,
          order,
          spacing,
          startTime: Math.min(startTime, firstUsefulTime(schedule)),
          latticeBound,
        })
      : predictorCorrector(denoise, state, schedule, noise, { correctorStepSize, startTime });
  return finishState(yield* run, constraints);
}

function blockStart(
  model: DenoiserModel,
  schedule: Schedule,
  shape: BlockShape,
  indices: readonly number[],
  options: GenerateOptions,
): { state: DiffusionState; startTime: number } {
  const { seed = 0, initStructure, initNoise = 0.5 } = options;
  if (!initStructure)
    return { state: startState(seed, indices, shape, schedule.timesteps), startTime: schedule.timesteps };
  return warmStart(
    crystalState(initStructure, shape.batchSize, model.config),
    initNoise,
    schedule,
    streamNoise(seed, indices, shape),
  );
}

function progress(
  finished: number,
  count: number,
  fraction: number,
  crystals: readonly GeneratedCrystal[],
): GenerationProgress {
  return { finished, count, fraction, crystals };
}
