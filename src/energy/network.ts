import * as tf from "@tensorflow/tfjs";
import { layerNorm, linear, parameter, project } from "../model/layers.js";
import { sigmoid, silu } from "./activations.js";
import type { ParameterTensors } from "../model/index.js";
import type { EnergyConfig } from "./config.js";
import { lastReadoutLayer } from "./config.js";

/**
 * Crystals as the network sees them, in R rows of one size; a row holds the graphs of one or a few crystals side by side. An
 * entry stands for a class of atoms, bonds or angles that symmetry makes equal, and says how many they are (one each where no
 * symmetry is used): equal things have equal features, so that one of them is enough. Padding entries are in no class: all
 * zeros in the matrices below.
 */
export interface GraphTensors {
  /** [R, N] integers, atomic number - 1. */
  readonly elements: tf.Tensor;
  /** [R, U, K]: basis functions of the bonds' lengths; those that make angles come first, S of them. */
  readonly atomBasis: tf.Tensor;
  /** [R, S, K]: basis functions with the shorter cutoff. */
  readonly bondBasis: tf.Tensor;
  /** [R, G, K']: basis functions of the angles. */
  readonly angleBasis: tf.Tensor;
  /** [R, U, N], one-hot: the two ends of a bond. */
  readonly from: tf.Tensor;
  readonly to: tf.Tensor;
  /** [R, G, N], one-hot: the atom at which two bonds meet. */
  readonly centre: tf.Tensor;
  /** [R, G, S], one-hot: the bond whose feature an angle changes, and the other one. */
  readonly first: tf.Tensor;
  readonly second: tf.Tensor;
  /** [R, N], [R, U], [R, G]: members of each class in one cell; 1 for padding. */
  readonly atomCounts: tf.Tensor;
  readonly bondCounts: tf.Tensor;
  readonly angleCounts: tf.Tensor;
}

/** What the network says of each class of atoms. */
export interface SiteTensors {
  /** [R, N], eV: what an atom adds to the energy, its element's reference energy aside. */
  readonly energies: tf.Tensor;
  /** [R, N], Bohr magnetons, without sign. */
  readonly magneticMoments: tf.Tensor;
  /** [R, N, F]: an atom's features before the last convolution. */
  readonly features: tf.Tensor;
}

/**
 * CHGNet (Deng et al., Nat. Mach. Intell. 5 (2023) 1031), written from its paper: convolutions over the graph of atoms and over
 * that of bonds in turns, an energy for each atom at the end. Invariant: it sees lengths of bonds and angles between them only.
 */
export function energyNetwork(p: ParameterTensors, config: EnergyConfig, graph: GraphTensors): SiteTensors {
  const { layerCount, featureDim: F } = config;
  const [R, N] = graph.elements.shape;
  const embedding = parameter(p, "atom_embedding.embedding.weight");
  let atoms = tf.gather(embedding, graph.elements.flatten()).reshape([R, N, F]);
  let bonds = project(graph.atomBasis, parameter(p, "bond_embedding.weight"));
  let angles = project(graph.angleBasis, parameter(p, "angle_embedding.weight"));
  const atomWeights = project(graph.atomBasis, parameter(p, "bond_weights_ag.weight"));
  const bondWeights = project(graph.bondBasis, parameter(p, "bond_weights_bg.weight"));
  for (let layer = 0; layer < layerCount - 1; layer++) {
    atoms = atomConvolution(p, `atom_conv_layers.${layer}`, graph, atoms, bonds, atomWeights);
    bonds = bondConvolution(p, `bond_conv_layers.${layer}`, graph, atoms, bonds, angles, bondWeights);
    // After the last block no bond is changed any more.
    if (layer < layerCount - 2) angles = angleUpdate(p, `angle_layers.${layer}`, graph, atoms, bonds, angles);
  }
  const last = atomConvolution(p, `atom_conv_layers.${layerCount - 1}`, graph, atoms, bonds, atomWeights);
  return {
    energies: readOut(p, config, layerNorm(p, "readout_norm", last)).reshape([R, N]),
    magneticMoments: linear(p, "site_wise", atoms).abs().reshape([R, N]),
    features: atoms,
  };
}

/** Messages over every bond in both directions, summed at the atom that receives them. */
function atomConvolution(
  p: ParameterTensors,
  name: string,
  graph: GraphTensors,
  atoms: tf.Tensor,
  bonds: tf.Tensor,
  weights: tf.Tensor,
): tf.Tensor {
  const gated = `${name}.twoBody_atom`;
  const [receiver, bond, sender] = firstLayer(p, gated, 0, 3);
  const [received, sent] = [project(atoms, receiver), project(atoms, sender)];
  const along = project(bonds, bond);
  const direction = (to: tf.Tensor, from: tf.Tensor): tf.Tensor => {
    const sum = at(to, received).add(along).add(at(from, sent));
    const messages = gatedMessage(p, gated, 0, 3, sum).mul(weights);
    return tf.matMul(to, messages.mul(perClass(graph.bondCounts)), true, false);
  };
  const sums = direction(graph.from, graph.to).add(direction(graph.to, graph.from));
  return atoms.add(linear(p, `${name}.mlp_out.layers.1`, sums.div(perClass(graph.atomCounts))));
}

/** Messages over every angle to the first of its bonds; longer bonds are in no angle and stay as they are. */
function bondConvolution(
  p: ParameterTensors,
  name: string,
  graph: GraphTensors,
  atoms: tf.Tensor,
  bonds: tf.Tensor,
  angles: tf.Tensor,
  weights: tf.Tensor,
): tf.Tensor {
  const gated = `${name}.twoBody_bond`;
  const [R, U, F] = bonds.shape as Shape3;
  const [, , S] = graph.first.shape as Shape3;
  const short = bonds.slice([0, 0, 0], [R, S, F]);
  const sum = angleInput(p, gated, 0, graph, atoms, short, angles);
  const both = at(graph.first, weights).mul(at(graph.second, weights));
  const messages = gatedMessage(p, gated, 0, 3, sum).mul(both).mul(perClass(graph.angleCounts));
  const counts = perClass(graph.bondCounts.slice([0, 0], [R, S]));
  const sums = tf.matMul(graph.first, messages, true, false).div(counts);
  const changed = short.add(linear(p, `${name}.mlp_out.layers.1`, sums));
  return U === S ? changed : tf.concat([changed, bonds.slice([0, S, 0], [R, U - S, F])], 1);
}

function angleUpdate(
  p: ParameterTensors,
  name: string,
  graph: GraphTensors,
  atoms: tf.Tensor,
  bonds: tf.Tensor,
  angles: tf.Tensor,
): tf.Tensor {
  const gated = `${name}.twoBody_bond`;
  const [R, , F] = bonds.shape as Shape3;
  const [, , S] = graph.first.shape as Shape3;
  const short = bonds.slice([0, 0, 0], [R, S, F]);
  return angles.add(gatedMessage(p, gated, 1, undefined, angleInput(p, gated, 1, graph, atoms, short, angles)));
}

/** The first layer of [first bond, second bond, angle, atom], each multiplied before it is spread over the angles. */
function angleInput(
  p: ParameterTensors,
  gated: string,
  layer: number,
  { first, second, centre }: GraphTensors,
  atoms: tf.Tensor,
  bonds: tf.Tensor,
  angles: tf.Tensor,
): tf.Tensor {
  const [ofFirst, ofSecond, ofAngle, ofAtom] = firstLayer(p, gated, layer, 4);
  return at(first, project(bonds, ofFirst))
    .add(at(second, project(bonds, ofSecond)))
    .add(project(angles, ofAngle))
    .add(at(centre, project(atoms, ofAtom)));
}

/** The columns of the first layers of core and gate, one above the other, by the `count` things that they meet: [2 F, F] each. */
function firstLayer(p: ParameterTensors, gated: string, layer: number, count: number): tf.Tensor[] {
  const weight = (branch: string) => parameter(p, `${gated}.${branch}.layers.${layer}.weight`);
  return tf.split(tf.concat([weight("mlp_core"), weight("mlp_gate")], 0), count, 1);
}

/**
 * silu(norm(core)) sigmoid(norm(gate)) of a first layer's result without its bias.
 * @param last index of a second layer, if there is one
 * @param sum [..., 2 F]: core and gate
 */
function gatedMessage(
  p: ParameterTensors,
  gated: string,
  layer: number,
  last: number | undefined,
  sum: tf.Tensor,
): tf.Tensor {
  const [core, gate] = tf.split(sum, 2, -1).map((half, k) => {
    const branch = `${gated}.${k === 0 ? "mlp_core" : "mlp_gate"}`;
    const first = half.add(parameter(p, `${branch}.layers.${layer}.bias`));
    const x = last === undefined ? first : linear(p, `${branch}.layers.${last}`, silu(first));
    return layerNorm(p, `${gated}.bn${k + 1}`, x);
  });
  return silu(core).mul(sigmoid(gate));
}

function readOut(p: ParameterTensors, config: EnergyConfig, atoms: tf.Tensor): tf.Tensor {
  const hidden = config.readoutDims.reduce((x, _, k) => silu(linear(p, `mlp.layers.${2 * k}`, x)), atoms);
  return linear(p, `mlp.layers.${lastReadoutLayer(config)}`, hidden);
}

type Shape3 = [number, number, number];

/** Rows picked by one-hot matrices: a product, whose gradient is one too. */
const at = (oneHot: tf.Tensor, rows: tf.Tensor): tf.Tensor => tf.matMul(oneHot, rows);

/** [R, K] as factors of [R, K, F]. */
const perClass = (counts: tf.Tensor): tf.Tensor => counts.expandDims(-1);
