import * as tf from "@tensorflow/tfjs";
import type { Block } from "./block.js";

/** Cost of each field in the loss; the reference has 20, 1, 1. */
export interface LossCosts {
  readonly types: number;
  readonly fracCoords: number;
  readonly lattice: number;
}

/** Weights of the three losses in the reference implementation. */
export const referenceCosts: LossCosts = { types: 20, fracCoords: 1, lattice: 1 };

/**
 * Sums of squared errors of the three fields, [3] in the order types, fracCoords, lattice. A batch of mixed sizes is
 * a few blocks: their sums are added and divided once by the whole batch's counts, which equals plain means over the
 * ragged batch.
 * @param prediction with `logits` and one-hot `classes`, the type term is the cross entropy of the clean element instead
 */
export function lossSums(prediction: Block & { logits?: tf.Tensor }, target: Block, classes?: tf.Tensor): tf.Tensor {
  const squared = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => a.reshape(b.shape).sub(b).square().sum();
  const types =
    prediction.logits && classes
      ? prediction.logits.reshape(classes.shape).logSoftmax().mul(classes).sum().neg()
      : squared(prediction.types, target.types);
  return tf.stack([
    types,
    squared(prediction.fracCoords, target.fracCoords),
    squared(prediction.lattice, target.lattice),
  ]);
}

/** Number of entries that each field's mean divides by, for B crystals of N atoms. */
export function lossCounts(batchSize: number, atoms: number, classCount: number, crossEntropy: boolean): LossCosts {
  return { types: atoms * (crossEntropy ? 1 : classCount), fracCoords: atoms * 3, lattice: batchSize * 9 };
}
