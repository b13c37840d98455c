import * as tf from "@tensorflow/tfjs";
import type { ProposerFeatureConfig } from "./element-proposer-features.js";
import { proposerFeatureCount } from "./element-proposer-features.js";
import { linear, silu } from "./layers.js";
import type { ParameterSpec, ParameterTensors } from "./parameters.js";
import { linearSpecs } from "./parameters.js";

/** Shapes of an element proposer, and its calibration. */
export interface ElementProposerConfig extends ProposerFeatureConfig {
  readonly kind: "element-proposer";
  readonly hiddenDim: number;
  /** Classes of elements; class = Z - 1. */
  readonly classCount: number;
  /**
   * Networks of different starts whose probabilities are averaged (deep ensemble, Lakshminarayanan et al. 2017): so many for sites
   * projected as the training data are, and as many for others.
   */
  readonly members: number;
  /**
   * Divide the logits so that probabilities are frequencies (temperature scaling, Guo et al. 2017), for sites projected as the
   * training data are and for others. 1 before calibration.
   */
  readonly temperatures: { readonly known: number; readonly unknown: number };
}

/** Which of a proposer's two ensembles: `known` believes the curves' amplitudes, `unknown` saw them varied. */
export type Convention = "known" | "unknown";

/** Both conventions of a target's projection: that of the training data, or another. */
export const conventions = ["known", "unknown"] as const satisfies readonly Convention[];

/** Hidden layers of a member. */
export const proposerLayers = 2;

/**
 * Logits of each member of one ensemble, [B, C], of sites' features [B, F].
 * @param dropout [members, layers, B, H] factors of the hidden units; absent when not training
 */
export function proposerLogits(
  p: ParameterTensors,
  { config, convention }: { readonly config: ElementProposerConfig; readonly convention: Convention },
  features: tf.Tensor,
  dropout?: tf.Tensor,
): tf.Tensor[] {
  const [B] = features.shape;
  const masks = dropout ? tf.unstack(dropout.reshape([config.members * proposerLayers, B, config.hiddenDim])) : [];
  return Array.from({ length: config.members }, (_, m) => {
    const name = `${convention}_${m}`;
    let h = features;
    for (let layer = 0; layer < proposerLayers; layer++) {
      h = silu(linear(p, `${name}.hidden_${layer}`, h));
      if (dropout) h = h.mul(masks[m * proposerLayers + layer]);
    }
    return linear(p, `${name}.elements`, h);
  });
}

/** [B, C] mean of the probabilities of one ensemble's members at a temperature [1]. */
export function proposerProbabilities(
  p: ParameterTensors,
  ensemble: { readonly config: ElementProposerConfig; readonly convention: Convention },
  features: tf.Tensor,
  temperature: tf.Tensor,
): tf.Tensor {
  const probabilities = proposerLogits(p, ensemble, features).map((logits) => tf.softmax(logits.div(temperature)));
  return tf.addN(probabilities).div(ensemble.config.members);
}

/** All parameters of a proposer. */
export function elementProposerSpecs(config: ElementProposerConfig): ParameterSpec[] {
  const { hiddenDim: H, classCount, members } = config;
  const names = conventions.flatMap((convention) => Array.from({ length: members }, (_, m) => `${convention}_${m}`));
  return names.flatMap((name) => [
    ...linearSpecs(`${name}.hidden_0`, proposerFeatureCount(config), H),
    ...linearSpecs(`${name}.hidden_1`, H, H),
    ...linearSpecs(`${name}.elements`, H, classCount),
  ]);
}
