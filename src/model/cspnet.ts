import * as tf from "@tensorflow/tfjs";
import { addBias, layerNorm, linear, parameter, pieces, project, roll, silu } from "./layers.js";
import type { ParameterSpec, ParameterTensors } from "./parameters.js";
import { layerNormSpecs, linearSpecs } from "./parameters.js";

/**
 * Message passing over all ordered pairs of a crystal's atoms (CSPNet, as in DOSMatGen), on dense blocks.
 *
 * The first edge layer is linear in [h_i, h_j, vec(L L^T), F_ij], so its product splits: the parts of h_i, h_j and
 * L L^T are computed per atom or per crystal, and the Fourier part, which depends neither on the layer's h nor on the
 * guidance branch, once for all layers and branches. Pairs are laid out by offset s: receiver i, sender (i + s) mod N.
 * Then F of offset N - s is that of s rolled by s with its sines negated (F_ij is even in its cosines, odd in its
 * sines), so half of the offsets suffice.
 *
 * @param h [R, B, N, H] node states of R guidance branches
 * @param fracCoords [B, N, 3]
 * @param latticeFeatures [B, 9]; vec(L L^T) in the reference
 * @returns [R, B, N, H] after the final layer normalisation
 */
export function messagePassing(
  p: ParameterTensors,
  size: CspSize,
  h: tf.Tensor,
  fracCoords: tf.Tensor,
  latticeFeatures: tf.Tensor,
): tf.Tensor {
  const edges = Array.from({ length: size.layerCount }, (_, layer) => edgeWeights(p, size, layer));
  const fourier = fourierProducts(edges, size, fracCoords);
  edges.forEach((edge, layer) => (h = cspLayer(p, `csp_layer_${layer}`, edge, h, latticeFeatures, fourier[layer])));
  return layerNorm(p, "final_layer_norm", h);
}

export interface CspSize {
  readonly hiddenDim: number;
  readonly layerCount: number;
  readonly frequencyCount: number;
}

/** Parameters of the layers and the final normalisation. */
export function messagePassingSpecs({ hiddenDim: H, layerCount, frequencyCount }: CspSize): ParameterSpec[] {
  const layers = Array.from({ length: layerCount }, (_, l) => [
    ...linearSpecs(`csp_layer_${l}.edge_mlp.0`, 2 * H + 9 + 6 * frequencyCount, H),
    ...linearSpecs(`csp_layer_${l}.edge_mlp.2`, H, H),
    ...linearSpecs(`csp_layer_${l}.node_mlp.0`, 2 * H, H),
    ...linearSpecs(`csp_layer_${l}.node_mlp.2`, H, H),
    ...layerNormSpecs(`csp_layer_${l}.layer_norm`, H),
  ]);
  return [...layers.flat(), ...layerNormSpecs("final_layer_norm", H)];
}

/** The columns of the first edge layer's weight, by what they meet. */
interface EdgeWeights {
  readonly receiver: tf.Tensor;
  readonly sender: tf.Tensor;
  readonly lattice: tf.Tensor;
  readonly sines: tf.Tensor;
  readonly cosines: tf.Tensor;
}

/** One split instead of slices: its gradient is one concatenation, theirs a sum of padded copies of the weight. */
function edgeWeights(p: ParameterTensors, { hiddenDim: H, frequencyCount: K }: CspSize, layer: number): EdgeWeights {
  const weight = parameter(p, `csp_layer_${layer}.edge_mlp.0.weight`);
  const [receiver, sender, lattice, sines, cosines] = tf.split(weight, [H, H, 9, 3 * K, 3 * K], 1);
  return { receiver, sender, lattice, sines, cosines };
}

/** One layer; `fourier` is its Fourier product [B, S, N, H]. */
function cspLayer(
  p: ParameterTensors,
  name: string,
  weights: EdgeWeights,
  h: tf.Tensor,
  latticeFeatures: tf.Tensor,
  fourier: tf.Tensor,
): tf.Tensor {
  const [R, B, N, H] = h.shape;
  const normed = layerNorm(p, `${name}.layer_norm`, h);
  const perCrystal = project(latticeFeatures, weights.lattice).reshape([1, B, 1, H]);
  const receiver = addBias(p, `${name}.edge_mlp.0`, project(normed, weights.receiver).add(perCrystal));
  const sender = project(normed, weights.sender);
  const senders = tf.stack(
    Array.from({ length: N }, (_, s) => roll(sender, s, 2)),
    2,
  );
  const edge = silu(senders.add(receiver.reshape([R, B, 1, N, H])).add(fourier));
  const message = silu(linear(p, `${name}.edge_mlp.2`, edge)).mean(2);
  const update = silu(linear(p, `${name}.node_mlp.0`, tf.concat([normed, message], -1)));
  return h.add(silu(linear(p, `${name}.node_mlp.2`, update)));
}

/** The product of every layer's Fourier columns with F_ij: one [B, S = N, N, H] a layer. */
function fourierProducts(edges: readonly EdgeWeights[], size: CspSize, fracCoords: tf.Tensor): tf.Tensor[] {
  const { hiddenDim: H, layerCount } = size;
  const [B, N] = fracCoords.shape;
  const allLayers = (weights: tf.Tensor[]): tf.Tensor => tf.concat(weights, 0);
  const sineWeights = allLayers(edges.map(({ sines }) => sines));
  const cosineWeights = allLayers(edges.map(({ cosines }) => cosines));
  // d = 0 for an atom with itself: every sine is 0, every cosine 1.
  const self = tf.tile(cosineWeights.sum(1).reshape([1, 1, 1, layerCount * H]), [B, 1, N, 1]);
  const offsets: tf.Tensor[] = [self];
  const half = Math.floor(N / 2);
  if (half > 0) {
    const [sines, cosines] = fourierFeatures(size, fracCoords, half);
    const odd = pieces(project(sines, sineWeights), half, 1);
    const even = pieces(project(cosines, cosineWeights), half, 1);
    for (let s = 1; s <= half; s++) {
      offsets[s] = even[s - 1].add(odd[s - 1]);
      if (s !== N - s) offsets[N - s] = roll(even[s - 1].sub(odd[s - 1]), N - s, 2);
    }
  }
  return pieces(tf.concat(offsets, 1), layerCount, -1);
}

/** Sines and cosines of 2 pi k d for offsets 1..half: two [B, half, N, 3 K], axis-major. */
function fourierFeatures({ frequencyCount: K }: CspSize, fracCoords: tf.Tensor, half: number): [tf.Tensor, tf.Tensor] {
  const [B, N] = fracCoords.shape;
  const senders = tf.stack(
    Array.from({ length: half }, (_, s) => roll(fracCoords, s + 1, 1)),
    1,
  );
  const difference = senders.sub(fracCoords.reshape([B, 1, N, 3]));
  const turns = difference.sub(difference.floor()).reshape([B, half, N, 3, 1]);
  const angle = turns.mul(tf.range(0, K).mul(2 * Math.PI)).reshape([B, half, N, 3 * K]);
  return [angle.sin(), angle.cos()];
}
