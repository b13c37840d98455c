import * as tf from "@tensorflow/tfjs";
import type { Crystal } from "../crystal/index.js";
import type { DosRecord } from "../data/index.js";
import { concatenate } from "../data/index.js";
import type { Parameters, RadialPredictorConfig } from "../model/index.js";
import { descriptors, descriptorSize, oneHotTypes, radialFeatures, memberPredictions } from "../model/index.js";
import { key, type Key } from "../runtime/index.js";
import { meanOverSites } from "./examples.js";
import { groupBySize, stratifiedBatches } from "./batches.js";
import type { TaskBlock, TensorFunction, TrainingTask } from "./task.js";
import { taskSources } from "./task.js";

export interface PredictorTaskOptions {
  readonly config: RadialPredictorConfig;
  readonly initial: Parameters;
  readonly training: readonly DosRecord[];
  readonly validation: readonly DosRecord[];
  readonly batchSize: number;
  readonly seed: number;
  /** Probability that an atom's one-hot element is hidden in a training step, so that descriptors must carry it. */
  readonly elementDropout: number;
}

interface PredictorExample {
  readonly atoms: number;
  readonly types: Float32Array;
  readonly radial: Float32Array;
  readonly descriptors: Float32Array;
  readonly siteDos: Float32Array;
  /** [E] of an atom; zeros where the record has no total. */
  readonly totalPerAtom: Float32Array;
}

/** Weight of the total's distance beside that of the sites. */
const totalShare = 0.3;

/**
 * Training of the radial DOS predictor on the relative L1 distance sum|p - y| / sum|y|, the same for every crystal:
 * what candidates are judged by.
 */
export function predictorTask(options: PredictorTaskOptions): TrainingTask {
  const { config, initial, batchSize, seed } = options;
  const training = options.training.map((record) => predictorExample(record, config));
  const validation = options.validation.map((record) => predictorExample(record, config));
  const batches = stratifiedBatches(
    training.map((e) => e.atoms),
    batchSize,
    seed,
  );
  const blocks = (groups: readonly (readonly PredictorExample[])[]): TaskBlock[] => {
    const count = groups.reduce((sum, group) => sum + group.length, 0);
    return groups.map((group) => predictorBlock(config, group, count));
  };
  const validationBlocks = blocks(
    [...groupBySize(validation.map((e) => e.atoms)).values()].map((g) => g.map((i) => validation[i])),
  );
  return {
    name: "DOS predictor",
    initial,
    partNames: config.total ? ["relativeL1", "total"] : ["relativeL1"],
    ...taskSources(initial),
    batch: (step) =>
      blocks(
        batches(step).map(({ indices }) =>
          indices.map((i, slot) =>
            hideElements(training[i], options.elementDropout, key(seed).fold(i, step, firstDropout + slot)),
          ),
        ),
      ),
    validation: () => validationBlocks,
  };
}

function predictorExample(
  { crystal, siteDos, voronoiDos }: DosRecord,
  config: RadialPredictorConfig,
): PredictorExample {
  const atoms = siteDos.siteCount;
  const totalPerAtom = voronoiDos ? meanOverSites(voronoiDos.values, atoms) : new Float32Array(config.dosPoints);
  return { atoms, ...radialInputs(crystal, config), siteDos: siteDos.values, totalPerAtom };
}

/** A crystal that is twice in a batch is hidden twice: by its place in the batch, from this number on. */
const firstDropout = 4;

/** Hides each atom's one-hot element with a probability; its descriptors stay. */
function hideElements(example: PredictorExample, probability: number, own: Key): PredictorExample {
  if (probability === 0) return example;
  const hidden = own.uniforms(example.atoms).map((u) => (u < probability ? 0 : 1));
  const classCount = example.types.length / example.atoms;
  return { ...example, types: example.types.map((x, k) => x * hidden[Math.floor(k / classCount)]) };
}

/** A crystal as the predictor's inputs. */
function radialInputs(
  crystal: Crystal,
  config: RadialPredictorConfig,
): Pick<PredictorExample, "types" | "radial" | "descriptors"> {
  return {
    types: oneHotTypes(crystal.atomicNumbers, config.classCount),
    radial: radialFeatures(crystal, config),
    descriptors: descriptors(crystal.atomicNumbers),
  };
}

function predictorBlock(config: RadialPredictorConfig, group: readonly PredictorExample[], count: number): TaskBlock {
  const [B, N] = [group.length, group[0].atoms];
  const sum = (values: Float32Array) => values.reduce((a, b) => a + b, 0);
  const weights = group.map(({ siteDos }) => 1 / (count * sum(siteDos)));
  const totalWeights = group.map(({ totalPerAtom }) => {
    const states = sum(totalPerAtom);
    return states > 0 ? totalShare / (count * states) : 0;
  });
  return {
    key: `${B} x ${N}`,
    loss: relativeL1Loss(config, B, N),
    inputs: [
      concatenate(group.map((e) => e.types)),
      concatenate(group.map((e) => e.radial)),
      concatenate(group.map((e) => e.descriptors)),
      concatenate(group.map((e) => e.siteDos)),
      Float32Array.from(weights),
      ...(config.total ? [concatenate(group.map((e) => e.totalPerAtom)), Float32Array.from(totalWeights)] : []),
    ],
  };
}

function relativeL1Loss(config: RadialPredictorConfig, B: number, N: number): TensorFunction {
  const { classCount: C, radialCount: K, dosPoints: E } = config;
  const shapes = [[B, N, C], [B, N, N, K], [B, N, descriptorSize], [B, N, E], [B]];
  return {
    inputs: [...shapes, ...(config.total ? [[B, E], [B]] : [])].map((shape) => ({ shape })),
    parts: (p, [types, radial, described, siteDos, weights, total, totalWeights]) => {
      const members = memberPredictions(p, config, { types, radial, descriptors: described });
      const siteLosses = members.map((found) => found.siteDos.sub(siteDos).abs().sum([1, 2]).mul(weights).sum());
      const totalLosses = members.flatMap(({ totalPerAtom }) =>
        totalPerAtom ? [totalPerAtom.sub(total).abs().sum(1).mul(totalWeights).sum()] : [],
      );
      // Every member learns for itself; their mean is only taken to predict.
      const losses = [siteLosses, totalLosses].filter(({ length }) => length > 0);
      return tf.stack(losses.map((list) => tf.addN(list).div(config.members)));
    },
  };
}
