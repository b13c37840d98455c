// What is measured: each case is prepared once an engine and then run again and again.
import {
  blockNetwork,
  cosineSchedule,
  evaluate,
  fastSampler,
  guidedDenoiser,
  sample,
  startState,
  streamNoise,
} from "dosmith/diffusion";
import { denoiserSpecs, denoiserPieces, initialParameters } from "dosmith/model";
import { adam, denoiserLoss, startOptimiser, TrainingStep } from "dosmith/train";

/**
 * @typedef {{ run: () => Promise<unknown>, dispose: () => void | Promise<unknown> }} Case
 * @typedef {import("dosmith/runtime").Engine} Engine
 * @typedef {import("dosmith/model").DenoiserConfig} Config
 */

/**
 * A network of random weights for blocks of B crystals of N atoms, and what samplers need beside it.
 * @param {Engine} engine
 * @param {Config} config
 * @param {number} B
 * @param {number} N
 */
function sampled(engine, config, B, N) {
  const schedule = cosineSchedule(config.timesteps, { scoreNorms: new Float64Array(config.timesteps + 1).fill(1) });
  const parameters = initialParameters(denoiserSpecs(config), 1);
  const shape = { batchSize: B, atomsPerCrystal: N, classCount: config.classCount };
  const indices = Array.from({ length: B }, (_, i) => i);
  const network = blockNetwork(engine, { config, parameters, schedule }, shape);
  return {
    network,
    start: startState(0, indices, shape, config.timesteps),
    noise: streamNoise(0, indices, shape),
  };
}

/**
 * One guided evaluation of the denoiser, as a sampler asks for it: the host's arrays in, the host's arrays out.
 * @param {Engine} engine
 * @param {Config} config
 * @param {number} B
 * @param {number} N
 * @returns {Promise<Case>}
 */
export async function guidedCase(engine, config, B, N) {
  const { network, start } = sampled(engine, config, B, N);
  const encoded = waves(B * N * config.hiddenDim);
  const weights = new Float32Array(B).fill(2);
  const denoiser = network.denoiser(() => ({ branches: "guided", encoded, weights }));
  return {
    run: () => evaluate(denoiser, start, config.timesteps >> 1),
    dispose: network.dispose,
  };
}

/**
 * A whole run of the fast sampler: B crystals by so many guided evaluations.
 * @param {Engine} engine
 * @param {Config} config
 * @param {{ B: number, N: number, evaluations: number }} size
 * @returns {Promise<Case>}
 */
export async function samplingCase(engine, config, { B, N, evaluations }) {
  const { network, start, noise } = sampled(engine, config, B, N);
  const { dosPoints } = config;
  const condition = {
    siteDos: waves(B * N * dosPoints),
    siteMask: new Float32Array(B * N).fill(1),
    energyMask: new Float32Array(B * dosPoints).fill(1),
    totalDos: new Float32Array(B * dosPoints),
    totalMask: new Float32Array(B),
  };
  const denoiser = await guidedDenoiser(network, condition, { guidanceWeight: 2 });
  const sampler = fastSampler({ steps: evaluations, latticeBound: 1e3 });
  return {
    async run() {
      const steps = sample(sampler, { denoiser, start, noise });
      while (!(await steps.next()).done);
    },
    dispose: network.dispose,
  };
}

/**
 * One training step as in the reference: loss and gradients of all parameters, clipping by value, Adam; one program.
 * @param {Engine} engine
 * @param {Config} config
 * @param {number} B
 * @param {number} N
 * @returns {Promise<Case>}
 */
export async function trainingCase(engine, config, B, N) {
  const parameters = initialParameters(denoiserSpecs(config), 1);
  const trained = [...parameters.keys()].filter((name) => name !== "node_out.weight");
  const optimiser = adam();
  /** @type {import("dosmith/train").UpdateRule} */
  const rule = { optimiser, clip: { by: "value", limit: 0.5 } };
  const step = new TrainingStep(engine, { name: "training step", trained, pieces: denoiserPieces(config) }, rule);
  const loss = denoiserLoss(config, B, N);
  const inputs = loss.inputs.map(({ shape }) => waves(shape.reduce((a, b) => a * b, 1)));
  const block = { key: `${B} x ${N}`, loss, inputs };
  /** @type {import("dosmith/train").StepArrays} */
  let state = { parameters, average: parameters, optimiser: startOptimiser(optimiser, parameters) };
  let count = 0;
  return {
    async run() {
      ({ arrays: state } = await step.run(state, [block], ++count, 1e-6));
    },
    dispose: () => step.dispose(),
  };
}

/** Numbers between 0.1 and 0.9 without any pattern that a kernel could profit from. @param {number} length */
function waves(length) {
  return Float32Array.from({ length }, (_, i) => 0.5 + 0.4 * Math.sin(i * 1.7));
}
