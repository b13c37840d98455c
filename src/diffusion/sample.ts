import * as tf from "@tensorflow/tfjs";
import { blockInputs, blockList, fieldShape, mapFields, wrapTensor, type Block, type Inputs } from "./block.js";
import type { Constraint } from "./constraints.js";
import { constrain, constraintInputs, constraintNames, finishState } from "./constraints.js";
import type { Denoiser } from "./denoiser.js";
import { levelAt } from "./level.js";
import type { NoiseSource } from "./noise.js";
import { runProgram, scalarInputs, scalarTensors } from "./program.js";
import type { Sampler, SamplerStep, StepTimes } from "./sampler.js";
import type { DiffusionState, Field, Fields } from "./state.js";
import { fieldSize, fieldsOf, zeroFields } from "./state.js";

/** What a run needs beside its sampler. */
export interface SampleInputs {
  readonly denoiser: Denoiser;
  /** The noisy block to begin with, as `startState` or `warmStart` makes it. */
  readonly start: DiffusionState;
  readonly noise: NoiseSource;
  /** Applied in order. */
  readonly constraints?: readonly Constraint[];
  /** The time index of `start`; T if absent. */
  readonly startTime?: number;
}

/**
 * Runs a sampler, step by step; leaving the loop stops it.
 * @returns the final block, as the constraints want it
 * @throws Error that names the constraint when one fails
 *
 * @example
 *     const shape = { batchSize: 1, atomsPerCrystal: 2, classCount: 100 };
 *     const denoiser = exactDenoiser(engine, { name: "all is noise", schedule: cosineSchedule(1000), predict: (x) => x });
 *     const inputs = { denoiser, start: startState(1, [0], shape, 1000), noise: streamNoise(1, [0], shape) };
 *     for await (const { sigma, denoised } of sample(fastSampler({ steps: 5 }), inputs)) console.log(sigma, denoised.lattice);
 */
export async function* sample(sampler: Sampler, inputs: SampleInputs): AsyncGenerator<SamplerStep, DiffusionState> {
  const { denoiser, start, constraints = [], startTime = denoiser.schedule.timesteps } = inputs;
  const { coordSigmas, alphasCumprod } = denoiser.schedule;
  const times = sampler.times(denoiser.schedule, startTime);
  let state = start;
  let memory = zeroFields(start);
  for (let i = 0; i + 1 < times.length; i++) {
    const [t, next] = [times[i], times[i + 1]];
    const made = await runStep(sampler, inputs, { last: times[i - 1], t, next }, { state, memory });
    state = { ...state, ...made.state };
    memory = made.memory;
    const count = { step: i + 1, stepCount: times.length - 1 };
    const denoised = { ...state, ...made.denoised };
    yield { t, next, ...count, sigma: coordSigmas[t], alphaBar: alphasCumprod[t], state, denoised };
  }
  return finishState(state, constraints);
}

/** One step as one program: evaluation, guidance, constraints, update. */
async function runStep(
  sampler: Sampler,
  { denoiser, noise, constraints = [] }: SampleInputs,
  times: StepTimes,
  { state, memory }: { state: DiffusionState; memory: Fields },
): Promise<{ state: Fields; denoised: Fields; memory: Fields }> {
  const { t } = times;
  const evaluation = denoiser.at(t);
  const factors = sampler.factors(times, denoiser.schedule);
  const level = levelAt(denoiser.schedule, t);
  const made = await runProgram(denoiser, {
    name: `${sampler.name} step, ${evaluation.name}${constraintNames(constraints)}, ${state.batchSize} x ${state.atomsPerCrystal}`,
    inputs: {
      x: blockInputs(state, state),
      memory: blockInputs(memory, state),
      level: scalarInputs(level),
      factors: scalarInputs(factors),
      denoiser: evaluation.inputs,
      draws: drawInputs(sampler, noise, factors, { state, t }),
      ...constraintInputs(constraints, t),
    },
    fn: (given, constants) => {
      const x = given.x as Block;
      const levels = scalarTensors(level, given.level);
      const f = scalarTensors(factors, given.factors);
      const predict = (noisy: Block): Block =>
        evaluation.predict(noisy, { inputs: given.denoiser, constants, level: levels });
      const denoise = constrain(predict, constraints, { level: levels, inputs: given });
      const scaled = noiseBlocks(sampler, given.draws, f, x);
      const made = sampler.step({ x, denoise, f, noise: scaled, memory: given.memory });
      const places = x.fracCoords.add(made.denoised.fracCoords);
      return [
        ...blockList({ ...made.x, fracCoords: wrapTensor(made.x.fracCoords) }),
        ...blockList({ ...made.denoised, fracCoords: wrapTensor(places) }),
        made.displacement ?? places.sub(made.x.fracCoords),
      ];
    },
  });
  const [next, denoised] = [fieldsOf(made), fieldsOf(made.slice(3))];
  return { state: next, denoised, memory: { ...denoised, fracCoords: made[6] } };
}

const drawName = (purpose: string, field: Field): string => `${purpose} ${field}`;

/** Fresh normal numbers, zeros where their factor is 0. */
function drawInputs(
  { draws }: Sampler,
  noise: NoiseSource,
  factors: Readonly<Record<string, number>>,
  { state, t }: { state: DiffusionState; t: number },
): Inputs {
  const entries = Object.entries(draws).flatMap(([purpose, fields]) =>
    (Object.entries(fields) as [Field, string][]).map(([field, factor]) => {
      const data = factors[factor] === 0 ? new Float32Array(fieldSize(field, state)) : noise(field, t, purpose);
      return [drawName(purpose, field), { shape: fieldShape(field, state), data }] as const;
    }),
  );
  return Object.fromEntries(entries);
}

function noiseBlocks(
  { draws }: Sampler,
  given: Readonly<Record<string, tf.Tensor>>,
  f: Readonly<Record<string, tf.Tensor>>,
  x: Block,
): Record<string, Block> {
  const block = (purpose: string, fields: Partial<Readonly<Record<Field, string>>>): Block =>
    mapFields((field) => {
      const factor = fields[field];
      return factor ? given[drawName(purpose, field)].mul(f[factor]) : tf.zerosLike(x[field]);
    });
  return Object.fromEntries(Object.entries(draws).map(([purpose, fields]) => [purpose, block(purpose, fields)]));
}
