import * as tf from "@tensorflow/tfjs";
import type { DenoiserConfig } from "./config.js";
import { edgeWeightPieces, messagePassing, messagePassingSpecs } from "./cspnet.js";
import { descriptorSize, descriptorTable } from "./descriptors.js";
import { encoderSpecs } from "./encoder.js";
import { linear, parameter, project } from "./layers.js";
import type { ParameterSpec, ParameterTensors, WeightPieces } from "./parameters.js";
import { linearSpecs } from "./parameters.js";

/** A block of noisy crystals inside a tensor function. */
export interface NoisyTensors {
  /** [B, N, C] */
  readonly types: tf.Tensor;
  /** [B, N, 3] */
  readonly fracCoords: tf.Tensor;
  /** [B, 3, 3], see `latticeSpace` */
  readonly lattice: tf.Tensor;
  /** [B, timeDim], see `timeEmbedding` */
  readonly timeEmbedding: tf.Tensor;
  /** [B, 2], sqrt(alpha_bar) and sqrt(1 - alpha_bar) of each crystal's time */
  readonly signal: tf.Tensor;
}

/** The denoiser's predictions for R guidance branches. */
export interface DenoiserTensors {
  /** [R, B, N, C] noise in the types */
  readonly types: tf.Tensor;
  /** [R, B, N, 3] coordinate score divided by sqrt(lambda); sign as in the reference (+x/sigma^2) */
  readonly fracCoords: tf.Tensor;
  /** [R, B, 3, 3] noise in the lattice */
  readonly lattice: tf.Tensor;
  /** [R, B, 3, 3] sqrt(ab) eps - sqrt(1 - ab) x_0 of a metric: its head's own prediction, before that is turned into noise */
  readonly latticeVelocity?: tf.Tensor;
  /** [R, B, N, C] logits of the clean elements, when the configuration predicts them */
  readonly logits?: tf.Tensor;
  /** [R, B, N, H] final node states */
  readonly nodes: tf.Tensor;
}

/**
 * The denoiser of DOSMatGen on a dense block.
 * @param conditions one per guidance branch: the encoder's output [B, N, H], or null for the unconditional branch
 */
export function denoiser(
  p: ParameterTensors,
  config: DenoiserConfig,
  noisy: NoisyTensors,
  conditions: readonly (tf.Tensor | null)[],
): DenoiserTensors {
  const [B, N] = noisy.types.shape;
  const embedded = embedTypes(p, config, noisy.types);
  const branches = tf.stack(conditions.map((condition) => (condition ? embedded.add(condition) : embedded)));
  const start = mixTime(p, config, branches, noisy.timeEmbedding);
  const nodes = messagePassing(p, config, {
    nodes: start,
    fracCoords: noisy.fracCoords,
    latticeFeatures: latticeFeatures(config, noisy.lattice),
  });
  const { types, logits } = typeHead(p, config, nodes, noisy);
  return {
    types,
    fracCoords: linear(p, "coord_out", nodes).reshape([conditions.length, B, N, 3]),
    ...latticeHead(p, config, nodes, noisy),
    logits,
    nodes,
  };
}

/** All parameters of a denoiser with its encoder. The unused DOS head of the reference is kept, so that files match. */
export function denoiserSpecs(config: DenoiserConfig): ParameterSpec[] {
  const { hiddenDim: H, classCount, dosPoints, timeDim } = config;
  return [
    ...linearSpecs("node_embedding", classCount, H),
    ...linearSpecs("atom_latent_emb", H + timeDim, H),
    ...messagePassingSpecs(config),
    ...linearSpecs("coord_out", H, 3, { bias: false }),
    ...linearSpecs("lattice_out", H, 9, { bias: false }),
    ...linearSpecs("type_out", H, classCount),
    ...linearSpecs("node_out", H, dosPoints, { bias: false }),
    ...encoderSpecs(config),
    ...(config.elementDescriptors ? descriptorSpecs(H) : []),
  ];
}

function descriptorSpecs(hiddenDim: number): ParameterSpec[] {
  return [
    ...linearSpecs("type_descriptor_in", descriptorSize, hiddenDim, { bias: false }),
    ...linearSpecs("type_descriptor_out", hiddenDim, descriptorSize, { bias: false }),
  ];
}

/** How the weights are best stored while they are trained: what one product meets is one array. */
export function denoiserPieces(config: DenoiserConfig): WeightPieces {
  const { hiddenDim, timeDim } = config;
  const mixed = [
    { columns: hiddenDim, stack: "atom_latent_emb node" },
    { columns: timeDim, stack: "atom_latent_emb time" },
  ];
  return new Map([...edgeWeightPieces(config), ["atom_latent_emb.weight", mixed]]);
}

/** h = Linear([h, time]): split, so that the time's part is computed once per crystal. */
export function mixTime(
  p: ParameterTensors,
  { hiddenDim: H, timeDim }: DenoiserConfig,
  h: tf.Tensor,
  time: tf.Tensor,
): tf.Tensor {
  const [ofNode, ofTime] = tf.split(parameter(p, "atom_latent_emb.weight"), [H, timeDim], 1);
  const perCrystal = project(time, ofTime).add(parameter(p, "atom_latent_emb.bias"));
  return project(h, ofNode).add(perCrystal.reshape([1, time.shape[0], 1, H]));
}

/** Node states of (noisy) type vectors [B, N, C]; with descriptors, also of the descriptor that they mix. */
export function embedTypes(p: ParameterTensors, config: DenoiserConfig, types: tf.Tensor): tf.Tensor {
  const embedded = linear(p, "node_embedding", types);
  if (!config.elementDescriptors) return embedded;
  const mixed = project(types, table(config).transpose());
  return embedded.add(project(mixed, parameter(p, "type_descriptor_in.weight")));
}

/** [C, D] descriptors of the classes. */
function table({ classCount }: DenoiserConfig): tf.Tensor {
  return tf.tensor2d(descriptorTable(classCount), [classCount, descriptorSize]);
}

function typeHead(
  p: ParameterTensors,
  config: DenoiserConfig,
  nodes: tf.Tensor,
  noisy: NoisyTensors,
): { types: tf.Tensor; logits?: tf.Tensor } {
  const direct = linear(p, "type_out", nodes);
  const out = config.elementDescriptors
    ? direct.add(project(project(nodes, parameter(p, "type_descriptor_out.weight")), table(config)))
    : direct;
  if (config.typeOutput === "noise") return { types: out };
  const [signal, noise] = signalLevels(noisy, 4);
  // x_t = sqrt(ab) x_0 + sqrt(1 - ab) eps, solved for eps with the expected clean one-hot vector.
  return { types: noisy.types.sub(out.softmax().mul(signal)).div(noise), logits: out };
}

/** What the message passing sees of the lattice, [B, 9]: its Gram matrix, or the metric's own numbers. */
export function latticeFeatures({ latticeSpace }: DenoiserConfig, lattice: tf.Tensor): tf.Tensor {
  const rows = lattice as tf.Tensor3D;
  const features = latticeSpace === "matrix" ? tf.matMul(rows, rows, false, true) : symmetric(rows);
  return features.reshape([-1, 9]);
}

/** Noise of the lattice [R, B, 3, 3], and what the head itself predicts where that is something else. */
function latticeHead(
  p: ParameterTensors,
  config: DenoiserConfig,
  nodes: tf.Tensor,
  noisy: NoisyTensors,
): Pick<DenoiserTensors, "lattice" | "latticeVelocity"> {
  const [R, B] = nodes.shape;
  const head = linear(p, "lattice_out", nodes.mean(2)).reshape([R * B, 3, 3]);
  if (config.latticeSpace === "metric") {
    const latticeVelocity = symmetric(head).reshape([R, B, 3, 3]);
    return { lattice: metricNoise(latticeVelocity, noisy), latticeVelocity };
  }
  const rows = tf.tile(noisy.lattice, [R, 1, 1]);
  return { lattice: tf.matMul(head as tf.Tensor3D, rows as tf.Tensor3D).reshape([R, B, 3, 3]) };
}

/**
 * eps = sqrt(ab) v + sqrt(1 - ab) x_t for v = sqrt(ab) eps - sqrt(1 - ab) x_0, on the symmetric part; a metric has no
 * antisymmetric part, so that of x_t is noise alone.
 */
function metricNoise(velocity: tf.Tensor, noisy: NoisyTensors): tf.Tensor {
  const [signal, noise] = signalLevels(noisy, 4);
  const even = symmetric(noisy.lattice).expandDims(0);
  const odd = noisy.lattice.expandDims(0).sub(even);
  return velocity.mul(signal).add(even.mul(noise)).add(odd.div(noise));
}

/** (x + x^T) / 2 of matrices [B, 3, 3]. */
function symmetric(matrices: tf.Tensor): tf.Tensor {
  return matrices.add(matrices.transpose([0, 2, 1])).mul(0.5);
}

/** sqrt(ab) and sqrt(1 - ab), shaped to multiply [R, B, ., .]. */
function signalLevels({ signal }: NoisyTensors, rank: number): [tf.Tensor, tf.Tensor] {
  const shape = [1, signal.shape[0], ...Array<number>(rank - 2).fill(1)];
  const [s, n] = tf.split(signal, 2, 1);
  return [s.reshape(shape), n.reshape(shape)];
}
