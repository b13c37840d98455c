import { Disposal } from "../base/disposed.js";
import type { BlockNetwork, BlockShape, Denoiser, DiffusionState, SamplerStep, Schedule } from "../diffusion/index.js";
import {
  blockNetwork,
  cosineSchedule,
  guidedDenoiser,
  sample,
  startState,
  streamNoise,
  unconditionalDenoiser,
  warmStart,
} from "../diffusion/index.js";
import type { Target } from "../dos/index.js";
import type { DenoiserModel } from "../model/index.js";
import type { Engine } from "../runtime/index.js";
import { assertSettings } from "./checks.js";
import { atomsFor, conditionBlock } from "./condition.js";
import { makeConstraints } from "./constraints.js";
import { crystalState, stateCrystals } from "./crystal-state.js";
import type { GenerateOptions, GeneratedCrystal, GenerationProgress } from "./options.js";
import { samplerOf } from "./samplers.js";

/** A model on an engine, with its compiled programs; one serves any number of targets. */
export interface CrystalGenerator {
  readonly model: DenoiserModel;
  /**
   * Makes crystals for a target, or unconditional ones for `null`. Yields after every sampler step; leaving the loop
   * stops the run at once, and `firstIndex` resumes it.
   * @throws Error when the target or the options do not fit each other or the model; DisposedError after `dispose()`
   */
  stream(target: Target | null, options?: GenerateOptions): AsyncGenerator<GenerationProgress, void>;
  /** The same, collected. */
  generate(target: Target | null, options?: GenerateOptions): Promise<GeneratedCrystal[]>;
  /** Releases the programs; calls after it throw DisposedError. */
  dispose(): void;
  /** The same, for `using`. */
  [Symbol.dispose](): void;
}

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
  const disposal = new Disposal("generator");
  const networkFor = (shape: BlockShape): BlockNetwork => {
    disposal.check();
    const name = `${shape.batchSize} x ${shape.atomsPerCrystal}`;
    const network = networks.get(name) ?? blockNetwork(engine, { ...model, schedule }, shape);
    networks.set(name, network);
    return network;
  };
  async function* stream(
    target: Target | null,
    options: GenerateOptions = {},
  ): AsyncGenerator<GenerationProgress, void> {
    assertSettings(options);
    const { count = 8, firstIndex = 0, batchSize = 8 } = options;
    const shape = { batchSize, atomsPerCrystal: atomsOf(target, options), classCount: model.config.classCount };
    const denoiser = await targetDenoiser(networkFor(shape), model, target, options);
    for (let at = 0; at < count; at += batchSize) {
      // A whole block is always sampled: its shape is compiled, and a crystal's numbers must not depend on its company.
      const indices = Array.from({ length: batchSize }, (_, b) => firstIndex + at + b);
      const steps = sampleBlock({ denoiser, model, schedule, shape, indices }, options);
      yield* blockProgress(steps, { at, count, wanted: indices.slice(0, count - at) }, model, options);
    }
  }
  const dispose = (): void => {
    if (!disposal.end()) return;
    for (const network of networks.values()) network.dispose();
    networks.clear();
  };
  return {
    model,
    stream,
    async generate(target, options) {
      const crystals: GeneratedCrystal[] = [];
      for await (const step of stream(target, options)) crystals.push(...step.crystals);
      return crystals;
    },
    dispose,
    [Symbol.dispose]: dispose,
  };
}

/** Atoms of the cell: what target, options and given structures agree on. */
function atomsOf(target: Target | null, { numAtoms, template, initStructure, composition }: GenerateOptions): number {
  const given = template?.crystal ?? initStructure;
  const composed = composition && [...composition.values()].reduce((a, b) => a + b, 0);
  return atomsFor(target, numAtoms, given?.atomicNumbers.length ?? composed);
}

async function targetDenoiser(
  network: BlockNetwork,
  model: DenoiserModel,
  target: Target | null,
  { guidanceWeight = 1, guidanceInterval }: GenerateOptions,
): Promise<Denoiser> {
  if (!target) return unconditionalDenoiser(network, model.config.hiddenDim);
  const { atomsPerCrystal, batchSize } = network.shape;
  const condition = conditionBlock(target, atomsPerCrystal, batchSize, model);
  return guidedDenoiser(network, condition, { guidanceWeight, guidanceInterval });
}

/** One block of crystals that a run makes. */
interface BlockRun {
  readonly denoiser: Denoiser;
  readonly model: DenoiserModel;
  readonly schedule: Schedule;
  readonly shape: BlockShape;
  /** One a crystal. */
  readonly indices: readonly number[];
}

/** One block from start to finished state. */
function sampleBlock(block: BlockRun, options: GenerateOptions): AsyncGenerator<SamplerStep, DiffusionState> {
  const { denoiser, model, shape, indices } = block;
  const noise = streamNoise(options.seed ?? 0, indices, shape);
  const constraints = makeConstraints(options, { model, shape, noise });
  const { state: start, startTime } = blockStart(block, options);
  return sample(samplerOf(options, model), { denoiser, start, startTime, noise, constraints });
}

function blockStart(
  { model, schedule, shape, indices }: BlockRun,
  { seed = 0, initStructure, initNoise = 0.5 }: GenerateOptions,
): { state: DiffusionState; startTime: number } {
  if (!initStructure)
    return { state: startState(seed, indices, shape, schedule.timesteps), startTime: schedule.timesteps };
  const clean = crystalState(initStructure, shape.batchSize, model.config);
  return warmStart(clean, initNoise, schedule, streamNoise(seed, indices, shape));
}

/** A block's steps as a run's progress. */
async function* blockProgress(
  steps: AsyncGenerator<SamplerStep, DiffusionState>,
  { at, count, wanted }: { at: number; count: number; wanted: readonly number[] },
  { config }: DenoiserModel,
  { frameEvery }: GenerateOptions,
): AsyncGenerator<GenerationProgress, void> {
  const crystalsOf = (state: DiffusionState): GeneratedCrystal[] =>
    stateCrystals(state, config)
      .slice(0, wanted.length)
      .map((crystal, b) => ({ index: wanted[b], crystal }));
  for (let next = await steps.next(); ; next = await steps.next()) {
    if (next.done) {
      const crystals = crystalsOf(next.value);
      const finished = at + wanted.length;
      const frames = frameEvery && { frame: crystals, denoised: crystals };
      yield { finished, count, fraction: finished / count, crystals, ...frames };
      return;
    }
    const { step, stepCount, t, sigma, alphaBar, state, denoised } = next.value;
    const fraction = (at + (wanted.length * step) / stepCount) / count;
    const framed = frameEvery && (step - 1) % frameEvery === 0;
    const frames = framed && { frame: crystalsOf(state), denoised: crystalsOf(denoised) };
    yield { finished: at, count, fraction, level: { t, sigma, alphaBar }, crystals: [], ...frames };
  }
}
