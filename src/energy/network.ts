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
  const network: Network = {
    p,
    graph,
    atomWeights: project(graph.atomBasis, parameter(p, "bond_weights_ag.weight")),
    bondWeights: project(graph.bondBasis, parameter(p, "bond_weights_bg.weight")),
  };
  const embedding = parameter(p, "atom_embedding.embedding.weight");
  let state: State = {
    atoms: tf.gather(embedding, graph.elements.flatten()).reshape([R, N, F]),
    bonds: project(graph.atomBasis, parameter(p, "bond_embedding.weight")),
    angles: project(graph.angleBasis, parameter(p, "angle_embedding.weight")),
  };
  for (let layer = 0; layer < layerCount - 1; layer++) {
    state = { ...state, atoms: atomConvolution(network, `atom_conv_layers.${layer}`, state) };
    state = { ...state, bonds: bondConvolution(network, `bond_conv_layers.${layer}`, state) };
    // After the last block no bond is changed any more.
    if (layer < layerCount - 2) state = { ...state, angles: angleUpdate(network, `angle_layers.${layer}`, state) };
  }
  const last = atomConvolution(network, `atom_conv_layers.${layerCount - 1}`, state);
  return {
    energies: readOut(p, config, layerNorm(p, "readout_norm", last)).reshape([R, N]),
    magneticMoments: linear(p, "site_wise", state.atoms).abs().reshape([R, N]),
    features: state.atoms,
  };
}

/** What stays the same from layer to layer. */
interface Network {
  readonly p: ParameterTensors;
  readonly graph: GraphTensors;
  /** [R, U, F] and [R, S, F]: how much a bond passes on, none at the cutoff. */
  readonly atomWeights: tf.Tensor;
  readonly bondWeights: tf.Tensor;
}

/** Features of atoms [R, N, F], bonds [R, U, F] and angles [R, G, F]. */
interface State {
  readonly atoms: tf.Tensor;
  readonly bonds: tf.Tensor;
  readonly angles: tf.Tensor;
}

/** Messages over every bond in both directions, summed at the atom that receives them. */
function atomConvolution({ p, graph, atomWeights }: Network, name: string, { atoms, bonds }: State): tf.Tensor {
  const gated: Gated = { name: `${name}.twoBody_atom`, first: 0, second: 3 };
  const [receiver, bond, sender] = firstLayer(p, gated, 3);
  const [received, sent] = [project(atoms, receiver), project(atoms, sender)];
  const along = project(bonds, bond);
  const direction = (to: tf.Tensor, from: tf.Tensor): tf.Tensor => {
    const sum = at(to, received).add(along).add(at(from, sent));
    const messages = gatedMessage(p, gated, sum).mul(atomWeights);
    return tf.matMul(to, messages.mul(perClass(graph.bondCounts)), true, false);
  };
  const sums = direction(graph.from, graph.to).add(direction(graph.to, graph.from));
  return atoms.add(linear(p, `${name}.mlp_out.layers.1`, sums.div(perClass(graph.atomCounts))));
}

/** Messages over every angle to the first of its bonds; longer bonds are in no angle and stay as they are. */
function bondConvolution(network: Network, name: string, state: State): tf.Tensor {
  const { p, graph, bondWeights } = network;
  const gated: Gated = { name: `${name}.twoBody_bond`, first: 0, second: 3 };
  const [R, U, F] = state.bonds.shape as Shape3;
  const short = shortBonds(graph, state);
  const [, S] = short.shape as Shape3;
  const both = at(graph.first, bondWeights).mul(at(graph.second, bondWeights));
  const messages = gatedMessage(p, gated, angleInput(network, gated, state)).mul(both);
  const counts = perClass(graph.bondCounts.slice([0, 0], [R, S]));
  const sums = tf.matMul(graph.first, messages.mul(perClass(graph.angleCounts)), true, false).div(counts);
  const changed = short.add(linear(p, `${name}.mlp_out.layers.1`, sums));
  return U === S ? changed : tf.concat([changed, state.bonds.slice([0, S, 0], [R, U - S, F])], 1);
}

function angleUpdate(network: Network, name: string, state: State): tf.Tensor {
  const gated: Gated = { name: `${name}.twoBody_bond`, first: 1 };
  return state.angles.add(gatedMessage(network.p, gated, angleInput(network, gated, state)));
}

/** The first layer of [first bond, second bond, angle, atom], each multiplied before it is spread over the angles. */
function angleInput({ p, graph }: Network, gated: Gated, state: State): tf.Tensor {
  const [ofFirst, ofSecond, ofAngle, ofAtom] = firstLayer(p, gated, 4);
  const bonds = shortBonds(graph, state);
  return at(graph.first, project(bonds, ofFirst))
    .add(at(graph.second, project(bonds, ofSecond)))
    .add(project(state.angles, ofAngle))
    .add(at(graph.centre, project(state.atoms, ofAtom)));
}

/** [R, S, F] */
function shortBonds({ first }: GraphTensors, { bonds }: State): tf.Tensor {
  const [R, , F] = bonds.shape as Shape3;
  const [, , S] = first.shape as Shape3;
  return bonds.slice([0, 0, 0], [R, S, F]);
}

/** A gated perceptron: its name and the indices of its layers. */
interface Gated {
  readonly name: string;
  readonly first: number;
  readonly second?: number;
}

/** The columns of the first layers of core and gate, one above the other, by the `count` things that they meet: [2 F, F] each. */
function firstLayer(p: ParameterTensors, { name, first }: Gated, count: number): tf.Tensor[] {
  const weight = (branch: string) => parameter(p, `${name}.${branch}.layers.${first}.weight`);
  return tf.split(tf.concat([weight("mlp_core"), weight("mlp_gate")], 0), count, 1);
}

/**
 * silu(norm(core)) sigmoid(norm(gate)) of a first layer's result without its bias.
 * @param sum [..., 2 F]: core and gate
 */
function gatedMessage(p: ParameterTensors, { name, first, second }: Gated, sum: tf.Tensor): tf.Tensor {
  const [core, gate] = tf.split(sum, 2, -1).map((half, k) => {
    const branch = `${name}.${k === 0 ? "mlp_core" : "mlp_gate"}`;
    const x = half.add(parameter(p, `${branch}.layers.${first}.bias`));
    const y = second === undefined ? x : linear(p, `${branch}.layers.${second}`, silu(x));
    return layerNorm(p, `${name}.bn${k + 1}`, y);
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
