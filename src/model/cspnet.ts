import * as tf from "@tensorflow/tfjs";
import { addBias, layerNorm, linear, parameter, pieces, project, roll, silu } from "./layers.js";
import { offsetGroups } from "./offset-groups.js";
import type { ParameterSpec, ParameterTensors, WeightPiece, WeightPieces } from "./parameters.js";
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
 * Time grows with the number of pairs, B N^2; memory does not beyond `pairLimit`: larger blocks go through each layer in
 * groups of offsets, whose messages are summed.
 *
 * @returns [R, B, N, H] after the final layer normalisation
 */
export function messagePassing(
  p: ParameterTensors,
  size: CspSize,
  { nodes, fracCoords, latticeFeatures }: CspTensors,
): tf.Tensor {
  const edges = Array.from({ length: size.layerCount }, (_, layer) => edgeWeights(p, size, layer));
  const groups = offsetGroups(nodes.shape, size.pairLimit);
  const fourier =
    groups.length === 1 ? fourierProducts(edges, size, fracCoords) : fourierInGroups(edges, size, fracCoords, groups);
  const last = edges.reduce(
    (h, weights, layer) =>
      cspLayer(p, `csp_layer_${layer}`, h, { weights, latticeFeatures, groups, fourier: fourier[layer] }),
    nodes,
  );
  return layerNorm(p, "final_layer_norm", last);
}

/** What the message passing sees of a block. */
export interface CspTensors {
  /** [R, B, N, H] node states of R guidance branches */
  readonly nodes: tf.Tensor;
  /** [B, N, 3] */
  readonly fracCoords: tf.Tensor;
  /** [B, 9]; vec(L L^T) in the reference */
  readonly latticeFeatures: tf.Tensor;
}

export interface CspSize {
  readonly hiddenDim: number;
  readonly layerCount: number;
  readonly frequencyCount: number;
  /** Largest pair tensor, in numbers. Default 2^22. */
  readonly pairLimit?: number;
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
  /** [2 H, H]: the receivers' above the senders', which meet the same atoms in one product. */
  readonly atoms: tf.Tensor;
  readonly lattice: tf.Tensor;
  readonly sines: tf.Tensor;
  readonly cosines: tf.Tensor;
}

/**
 * How the first edge weights are best stored while they are trained: what one product meets is one array, and the Fourier
 * columns of all layers are one, as `fourierProducts` takes them.
 */
export function edgeWeightPieces({ hiddenDim: H, layerCount, frequencyCount: K }: CspSize): WeightPieces {
  const pieces = (layer: number): WeightPiece[] => [
    { columns: H, stack: `csp_layer_${layer} atoms` },
    { columns: H, stack: `csp_layer_${layer} atoms` },
    { columns: 9, stack: `csp_layer_${layer} lattice` },
    { columns: 3 * K, stack: "sines" },
    { columns: 3 * K, stack: "cosines" },
  ];
  return new Map(Array.from({ length: layerCount }, (_, l) => [`csp_layer_${l}.edge_mlp.0.weight`, pieces(l)]));
}

/** One split instead of slices: its gradient is one concatenation, theirs a sum of padded copies of the weight. */
function edgeWeights(p: ParameterTensors, { hiddenDim: H, frequencyCount: K }: CspSize, layer: number): EdgeWeights {
  const weight = parameter(p, `csp_layer_${layer}.edge_mlp.0.weight`);
  const [receiver, sender, lattice, sines, cosines] = tf.split(weight, [H, H, 9, 3 * K, 3 * K], 1);
  return { atoms: tf.concat([receiver, sender], 0), lattice, sines, cosines };
}

/** What one layer needs beside the node states. */
interface LayerInputs {
  readonly weights: EdgeWeights;
  readonly latticeFeatures: tf.Tensor;
  readonly groups: readonly (readonly number[])[];
  /** Its Fourier products, [B, S, N, H] for each group of S offsets. */
  readonly fourier: readonly tf.Tensor[];
}

function cspLayer(
  p: ParameterTensors,
  name: string,
  h: tf.Tensor,
  { weights, latticeFeatures, groups, fourier }: LayerInputs,
): tf.Tensor {
  const [R, B, N, H] = h.shape;
  const normed = layerNorm(p, `${name}.layer_norm`, h);
  const perCrystal = project(latticeFeatures, weights.lattice).reshape([1, B, 1, H]);
  const [fromReceiver, sender] = tf.split(project(normed, weights.atoms), 2, -1);
  const receiver = addBias(p, `${name}.edge_mlp.0`, fromReceiver.add(perCrystal));
  const messages = groups.map((offsets, g) => {
    const edge = silu(
      atOffsets(sender, offsets)
        .add(receiver.reshape([R, B, 1, N, H]))
        .add(fourier[g]),
    );
    return silu(linear(p, `${name}.edge_mlp.2`, edge));
  });
  const message =
    messages.length === 1
      ? messages[0].mean(2)
      : messages
          .map((m) => m.sum(2))
          .reduce((sum, part) => sum.add(part))
          .div(N);
  const update = silu(linear(p, `${name}.node_mlp.0`, tf.concat([normed, message], -1)));
  return h.add(silu(linear(p, `${name}.node_mlp.2`, update)));
}

/**
 * The senders of all receivers: x [R, B, N, H] -> [R, B, S, N, H] with x[(i + s) mod N] at receiver i. One gather, and one
 * for the gradient, which the receivers' inverse places make; a gather's own gradient would be a scatter.
 */
function atOffsets(x: tf.Tensor, offsets: readonly number[]): tf.Tensor {
  const [R, B, N, H] = x.shape;
  const S = offsets.length;
  const places = offsets.flatMap((s) => Array.from({ length: N }, (_, receiver) => (receiver + s) % N));
  const back = offsets.flatMap((s, k) => Array.from({ length: N }, (_, sent) => k * N + ((sent - s + N) % N)));
  const gathered = gather(x, places, 2, (gradient) => rows(gradient, back, 2).reshape([R, B, S, N, H]).sum(2));
  return gathered.reshape([R, B, S, N, H]);
}

/** Rows of x along an axis, with a gradient of our own. */
function gather(
  x: tf.Tensor,
  places: readonly number[],
  axis: number,
  gradFunc: (gradient: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  return tf.customGrad((...[given]) => ({ value: rows(given as tf.Tensor, places, axis), gradFunc }))(x);
}

function rows(x: tf.Tensor, places: readonly number[], axis: number): tf.Tensor {
  return tf.gather(x, tf.tensor1d([...places], "int32"), axis);
}

/** The product of every layer's Fourier columns with F_ij, all offsets at once: one [B, S = N, N, H] a layer. */
function fourierProducts(edges: readonly EdgeWeights[], size: CspSize, fracCoords: tf.Tensor): tf.Tensor[][] {
  const { hiddenDim: H, layerCount } = size;
  const [B, N] = fracCoords.shape;
  const allLayers = (weights: tf.Tensor[]): tf.Tensor => tf.concat(weights, 0);
  const sineWeights = allLayers(edges.map(({ sines }) => sines));
  const cosineWeights = allLayers(edges.map(({ cosines }) => cosines));
  // d = 0 for an atom with itself: every sine is 0, every cosine 1.
  const self = tf.tile(cosineWeights.sum(1).reshape([1, 1, 1, layerCount * H]), [B, 1, N, 1]);
  const half = Math.floor(N / 2);
  if (half === 0) return pieces(self, layerCount, -1).map((product) => [product]);
  const [sines, cosines] = fourierFeatures(
    size,
    fracCoords,
    Array.from({ length: half }, (_, k) => k + 1),
  );
  const odd = project(sines, sineWeights);
  const even = project(cosines, cosineWeights);
  // Offset N - s is another one than s for so many of them.
  const mirrored = N - 1 - half;
  const lower = (x: tf.Tensor): tf.Tensor => (mirrored === half ? x : x.slice([0, 0, 0, 0], [B, mirrored, N, -1]));
  const known = tf.concat([self, even.add(odd), ...(mirrored > 0 ? [lower(even).sub(lower(odd))] : [])], 1);
  const places = Array.from({ length: N * N }, (_, k) => {
    const [s, receiver] = [Math.floor(k / N), k % N];
    return s <= half ? k : (half + N - s) * N + ((receiver + s) % N);
  });
  const ordered = permute(known.reshape([B, N * N, layerCount * H]), places).reshape([B, N, N, layerCount * H]);
  return pieces(ordered, layerCount, -1).map((product) => [product]);
}

/** x [B, M, F] with its rows in another order: out[b, k] = x[b, places[k]]. The gradient is the inverse order. */
function permute(x: tf.Tensor, places: readonly number[]): tf.Tensor {
  const inverse = places.map(() => 0);
  places.forEach((place, k) => (inverse[place] = k));
  if (inverse.every((k, i) => k === i)) return x;
  return gather(x, places, 1, (gradient) => rows(gradient, inverse, 1));
}

/** The same by layer and group of offsets, each product by itself, so that few of them are in memory at a time. */
function fourierInGroups(
  edges: readonly EdgeWeights[],
  size: CspSize,
  fracCoords: tf.Tensor,
  groups: readonly (readonly number[])[],
): tf.Tensor[][] {
  const [B, N] = fracCoords.shape;
  const features = new Map(
    groups.slice(1).map((offsets) => {
      const lower = offsets.filter((s) => s <= N - s);
      return [offsets, { lower, waves: fourierFeatures(size, fracCoords, lower) }] as const;
    }),
  );
  return edges.map(({ sines, cosines }) =>
    groups.map((offsets) => {
      const found = features.get(offsets);
      if (!found) return tf.tile(cosines.sum(1).reshape([1, 1, 1, size.hiddenDim]), [B, 1, N, 1]);
      const odd = pieces(project(found.waves[0], sines), found.lower.length, 1);
      const even = pieces(project(found.waves[1], cosines), found.lower.length, 1);
      return tf.concat(
        offsets.map((s) => {
          const k = found.lower.indexOf(Math.min(s, N - s));
          return s <= N - s ? even[k].add(odd[k]) : roll(even[k].sub(odd[k]), s, 2);
        }),
        1,
      );
    }),
  );
}

/** Sines and cosines of 2 pi k d for S offsets: two [B, S, N, 3 K], axis-major. */
function fourierFeatures(
  { frequencyCount: K }: CspSize,
  fracCoords: tf.Tensor,
  offsets: readonly number[],
): [tf.Tensor, tf.Tensor] {
  const [B, N] = fracCoords.shape;
  const senders = tf.stack(
    offsets.map((s) => roll(fracCoords, s, 1)),
    1,
  );
  const difference = senders.sub(fracCoords.reshape([B, 1, N, 3]));
  const turns = difference.sub(difference.floor()).reshape([B, offsets.length, N, 3, 1]);
  const angle = turns.mul(tf.range(0, K).mul(2 * Math.PI)).reshape([B, offsets.length, N, 3 * K]);
  return [angle.sin(), angle.cos()];
}
