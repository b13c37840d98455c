import * as tf from "@tensorflow/tfjs";
import { layerNorm, linear, project, silu } from "./layers.js";
import type { ParameterSpec, ParameterTensors } from "./parameters.js";
import { layerNormSpecs, linearSpecs } from "./parameters.js";

/** Shapes of our DOS predictor. */
export interface RadialPredictorConfig {
  readonly kind: "radial";
  readonly hiddenDim: number;
  readonly layerCount: number;
  /** Gaussian basis functions between 0 and `cutoff`. */
  readonly radialCount: number;
  /** Angstrom. */
  readonly cutoff: number;
  readonly classCount: number;
  readonly dosPoints: number;
  /** Non-negative bumps that a spectrum is made of. */
  readonly spectrumBasis: number;
  /** Networks of different starts whose mean is the prediction (deep ensemble, Lakshminarayanan et al. 2017). */
  readonly members: number;
  /** Whether it also predicts the true total DOS, which the spheres' sum is not. Default: not. */
  readonly total?: boolean;
}

/** States/eV/atom. */
export interface RadialPrediction {
  /** [B, N, E] */
  readonly siteDos: tf.Tensor;
  /** [B, E], the total over the number of atoms. */
  readonly totalPerAtom?: tf.Tensor;
}

/** A block of crystals as the predictor sees it. */
export interface RadialTensors {
  /** [B, N, C] one-hot elements */
  readonly types: tf.Tensor;
  /** [B, N, N, K], basis functions of the distance from i to j, summed over all periodic images within the cutoff */
  readonly radial: tf.Tensor;
  /** [B, N, D] element descriptors (`elementDescriptors`) */
  readonly descriptors: tf.Tensor;
}

/**
 * Site DOS [B, N, E] in states/eV/atom from a crystal: continuous-filter convolutions (Schuett et al. 2017) whose
 * linear filters act on the image-summed radial basis, which equals a convolution over all periodic neighbours.
 * Distances only, so every isometry leaves it unchanged, and so does the choice of the cell.
 */
export function radialPredictor(
  p: ParameterTensors,
  config: RadialPredictorConfig,
  crystal: RadialTensors,
): RadialPrediction {
  const members = memberPredictions(p, config, crystal);
  const mean = (tensors: tf.Tensor[]) => tf.addN(tensors).div<tf.Tensor>(config.members);
  const totals = members.flatMap(({ totalPerAtom }) => (totalPerAtom ? [totalPerAtom] : []));
  const siteDos = mean(members.map((member) => member.siteDos));
  return totals.length > 0 ? { siteDos, totalPerAtom: mean(totals) } : { siteDos };
}

/** The prediction of each member of the ensemble. */
export function memberPredictions(
  p: ParameterTensors,
  config: RadialPredictorConfig,
  crystal: RadialTensors,
): RadialPrediction[] {
  return Array.from({ length: config.members }, (_, m) => memberPrediction(p, config, `member_${m}`, crystal));
}

function memberPrediction(
  p: ParameterTensors,
  config: RadialPredictorConfig,
  member: string,
  crystal: RadialTensors,
): RadialPrediction {
  const elements = linear(p, `${member}.embedding`, tf.concat([crystal.types, crystal.descriptors], -1));
  let h = elements;
  for (let layer = 0; layer < config.layerCount; layer++)
    h = radialLayer(p, `${member}.layer_${layer}`, h, crystal.radial);
  const last = tf.concat([layerNorm(p, `${member}.final_layer_norm`, h), elements], -1);
  const bumps = linear(p, `${member}.head.2`, silu(linear(p, `${member}.head.0`, last))).softplus();
  const [sites, shares] = config.total ? tf.split(bumps, 2, -1) : [bumps];
  const siteDos = project(sites, spectrumBasis(config));
  return config.total ? { siteDos, totalPerAtom: project(shares.mean(1), spectrumBasis(config)) } : { siteDos };
}

/** All parameters of the predictor. */
export function radialPredictorSpecs(config: RadialPredictorConfig, descriptorCount: number): ParameterSpec[] {
  const members = Array.from({ length: config.members }, (_, m) => memberSpecs(config, `member_${m}`, descriptorCount));
  return members.flat();
}

function memberSpecs(config: RadialPredictorConfig, member: string, descriptorCount: number): ParameterSpec[] {
  const { hiddenDim: H, radialCount: K } = config;
  const layers = Array.from({ length: config.layerCount }, (_, l) => layerSpecs(`${member}.layer_${l}`, H, K));
  return [
    ...linearSpecs(`${member}.embedding`, config.classCount + descriptorCount, H),
    ...layers.flat(),
    ...layerNormSpecs(`${member}.final_layer_norm`, H),
    ...linearSpecs(`${member}.head.0`, 2 * H, H),
    ...linearSpecs(`${member}.head.2`, H, (config.total ? 2 : 1) * config.spectrumBasis),
  ];
}

function layerSpecs(name: string, H: number, K: number): ParameterSpec[] {
  return [
    ...layerNormSpecs(`${name}.norm`, H),
    ...linearSpecs(`${name}.filter`, K, H, { bias: false }),
    ...linearSpecs(`${name}.sender`, H, H, { bias: false }),
    ...linearSpecs(`${name}.receiver`, H, H),
    ...linearSpecs(`${name}.update.0`, 3 * H, H),
    ...linearSpecs(`${name}.update.2`, H, H),
  ];
}

/** All of it is linear in the radial basis before the sum over senders, so a supercell gives its cell's DOS. */
function radialLayer(p: ParameterTensors, name: string, h: tf.Tensor, radial: tf.Tensor): tf.Tensor {
  const [B, N, H] = h.shape;
  const normed = layerNorm(p, `${name}.norm`, h);
  const sender = linear(p, `${name}.sender`, normed).reshape([B, 1, N, H]);
  const convolved = linear(p, `${name}.filter`, radial).mul(sender).sum(2);
  const gated = convolved.mul(linear(p, `${name}.receiver`, normed).sigmoid());
  const update = silu(linear(p, `${name}.update.0`, tf.concat([normed, convolved, gated], -1)));
  return h.add(linear(p, `${name}.update.2`, update));
}

/** [E, M]: Gaussians of the stored broadening (0.2 eV on a 20 eV grid), so that no prediction is sharper than the data. */
function spectrumBasis({ dosPoints: E, spectrumBasis: M }: RadialPredictorConfig): tf.Tensor {
  const width = (0.2 / 20) * (E - 1);
  const values = new Float32Array(E * M);
  for (let e = 0; e < E; e++) {
    for (let m = 0; m < M; m++) {
      const z = (e - (m * (E - 1)) / (M - 1)) / width;
      values[e * M + m] = Math.exp(-0.5 * z * z);
    }
  }
  return tf.tensor2d(values, [E, M]);
}
