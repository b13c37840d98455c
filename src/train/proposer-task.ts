import * as tf from "@tensorflow/tfjs";
import type { DosRecord } from "../data/index.js";
import { concatenate } from "../data/index.js";
import type { Convention, ElementProposerConfig, Parameters, SiteEvidence } from "../model/index.js";
import {
  conventions,
  equalSites,
  proposerFeatureCount,
  proposerFeatures,
  proposerLayers,
  proposerLogits,
} from "../model/index.js";
import { key, type Key } from "../runtime/index.js";
import { meanOverSites } from "./examples.js";
import { foreignEvidence, plainEvidence, variedEvidence, type ProposerExample } from "./proposer-augment.js";
import type { TaskBlock, TensorFunction, TrainingTask } from "./task.js";
import { taskSources } from "./task.js";

export interface ProposerTaskOptions {
  readonly config: ElementProposerConfig;
  readonly initial: Parameters;
  readonly training: readonly ProposerExample[];
  readonly validation: readonly ProposerExample[];
  /** Sites that a step shows to each of the two ensembles. */
  readonly batchSize: number;
  readonly seed: number;
  /** Share of the hidden units that a training step leaves out. */
  readonly dropout: number;
  /** Deviation of noise on the features. */
  readonly featureNoise: number;
  /** Share of the certainty that training spreads over all elements of the data. */
  readonly labelSmoothing: number;
}

/** Sites of one block of the validation; the last is filled up with sites of no weight. */
const validationBlock = 256;

/** Training of an element proposer: cross entropy of the sites' elements, every member for itself. */
export function proposerTask(options: ProposerTaskOptions): TrainingTask {
  const { config, initial, training, validation, batchSize, seed } = options;
  if (training.length === 0) throw new Error("proposer: the training set is empty");
  const elements = [...new Set(training.map(({ atomicNumber }) => atomicNumber))];
  const validationBlocks = blocksOfValidation(config, validation);
  const order = epochs(training.length, seed);
  return {
    name: "element proposer",
    initial,
    partNames: ["known", "unknown"],
    ...taskSources(initial),
    batch: (step) => [
      block(options.config, batchSize, true, (convention) =>
        trainingInputs(options, { convention, elements, order, step }),
      ),
    ],
    validation: () => (batchSize > 0 ? validationBlocks : []),
  };
}

/** Inequivalent sites of records. @throws Error that names a record whose spectra are not the models' */
export function proposerExamples(
  records: Iterable<DosRecord>,
  { dosPoints }: ElementProposerConfig,
): ProposerExample[] {
  return [...records].flatMap(({ id, crystal, siteDos, voronoiDos }) => {
    if (siteDos.grid.count !== dosPoints)
      throw new Error(`${id}: its DOS has ${siteDos.grid.count} energies, the proposer takes ${dosPoints}`);
    const curve = (values: Float32Array, site: number) => values.subarray(site * dosPoints, (site + 1) * dosPoints);
    const context = meanOverSites((voronoiDos ?? siteDos).values, siteDos.siteCount);
    return equalSites(siteDos).map(([site]) => ({
      atomicNumber: crystal.atomicNumbers[site],
      site: curve(siteDos.values, site),
      ...(voronoiDos && { partition: curve(voronoiDos.values, site) }),
      context,
    }));
  });
}

/** How validation sees a site: as the data have it, or as another program might. The same at every validation. */
export function validationEvidence(example: ProposerExample, slot: number, knownConvention: boolean): SiteEvidence {
  return knownConvention ? plainEvidence(example) : foreignEvidence(example, key(0x5eed).fold("validation", slot));
}

interface TrainingPart {
  readonly convention: Convention;
  /** Those that smoothing shares certainty among. */
  readonly elements: readonly number[];
  /** Index of the example at a place of the endless epochs. */
  readonly order: (at: number) => number;
  readonly step: number;
}

function trainingInputs(
  options: ProposerTaskOptions,
  { convention, elements, order, step }: TrainingPart,
): Float32Array[] {
  const { config, training, batchSize: B, seed, dropout, labelSmoothing } = options;
  const examples = Array.from({ length: B }, (_, k) => training[order((step - 1) * B + k)]);
  const random = key(seed).fold(convention, step);
  const features = examples.map((example, slot) =>
    proposerFeatures(config, variedEvidence(example, convention === "known", random.fold("site", slot))),
  );
  const units = config.members * proposerLayers * B * config.hiddenDim;
  return [
    noisy(concatenate(features), options.featureNoise, random.fold("noise")),
    concatenate(
      examples.map(({ atomicNumber }) => smoothed(atomicNumber, elements, config.classCount, labelSmoothing)),
    ),
    new Float32Array(B).fill(1 / B),
    dropoutFactors(units, dropout, random.fold("dropout")),
  ];
}

/** 0 for a hidden unit that is left out, else what keeps the mean. Each uniform number of 24 bits decides on three units. */
function dropoutFactors(units: number, dropout: number, random: Key): Float32Array {
  const u = random.uniforms(Math.ceil(units / 3));
  const factors = new Float32Array(units);
  for (let i = 0; i < units; i++) {
    const byte = ((u[Math.floor(i / 3)] * 2 ** 24) >> (8 * (i % 3))) & 255;
    factors[i] = byte < 256 * dropout ? 0 : 1 / (1 - dropout);
  }
  return factors;
}

function blocksOfValidation(config: ElementProposerConfig, validation: readonly ProposerExample[]): TaskBlock[] {
  const count = validation.length;
  return Array.from({ length: Math.ceil(count / validationBlock) }, (_, b) => {
    const slots = Array.from({ length: validationBlock }, (_slot, k) => b * validationBlock + k);
    const filled = slots.map((slot) => Math.min(slot, count - 1));
    return block(config, validationBlock, false, (convention) => [
      concatenate(
        filled.map((slot) =>
          proposerFeatures(config, validationEvidence(validation[slot], slot, convention === "known")),
        ),
      ),
      concatenate(filled.map((slot) => smoothed(validation[slot].atomicNumber, [], config.classCount, 0))),
      Float32Array.from(slots, (slot) => (slot < count ? 1 / count : 0)),
    ]);
  });
}

/** A block of B sites for each ensemble: the mean cross entropy of each one's members is its part of the loss. */
function block(
  config: ElementProposerConfig,
  B: number,
  training: boolean,
  inputsOf: (convention: Convention) => Float32Array[],
): TaskBlock {
  const { members, hiddenDim, classCount } = config;
  const shapes = [[B, proposerFeatureCount(config)], [B, classCount], [B]];
  const all = [...shapes, ...(training ? [[members, proposerLayers, B, hiddenDim]] : [])];
  const loss: TensorFunction = {
    inputs: conventions.flatMap(() => all.map((shape) => ({ shape }))),
    parts: (p, inputs) =>
      tf.stack(
        conventions.map((convention, i) => {
          const [features, targets, weights, keep] = inputs.slice(i * all.length, (i + 1) * all.length) as (tf.Tensor | undefined)[]; // prettier-ignore
          const losses = proposerLogits(p, { config, convention }, features!, keep).map((logits) =>
            logits.logSoftmax().mul(targets!).sum(1).mul(weights!).sum().neg(),
          );
          return tf.addN(losses).div(members);
        }),
      ),
  };
  return { key: `2 x ${B} sites`, loss, inputs: conventions.flatMap(inputsOf) };
}

/** [C] what a site should be called: its element, a little of it shared among all. */
function smoothed(atomicNumber: number, elements: readonly number[], classCount: number, share: number): Float32Array {
  const target = new Float32Array(classCount);
  for (const z of elements) target[z - 1] = share / elements.length;
  target[atomicNumber - 1] += 1 - share;
  return target;
}

/** Uniform noise of a deviation; a part of the features' sizes is all that a network should rely on. */
function noisy(features: Float32Array, deviation: number, random: Key): Float32Array {
  if (deviation === 0) return features;
  const u = random.uniforms(features.length);
  return features.map((x, i) => x + deviation * Math.sqrt(12) * (u[i] - 0.5));
}

/** Endless shuffled epochs over `count` items, as a pure function of the position. */
function epochs(count: number, seed: number): (at: number) => number {
  let known: { readonly epoch: number; readonly order: Int32Array } | undefined;
  return (at) => {
    const epoch = Math.floor(at / count);
    if (known?.epoch !== epoch) known = { epoch, order: key(seed).fold("epoch", epoch).permutation(count) };
    return known.order[at % count];
  };
}
