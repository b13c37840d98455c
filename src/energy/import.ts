import type { Parameters } from "../model/index.js";
import { assertParameters } from "../model/index.js";
import { describe, readPickle, type PickleValue } from "../model/import/pickle.js";
import { type Plain, toPlain } from "../model/import/plain.js";
import { loadTensor, TensorReference, torchGlobals, torchStorage } from "../model/import/torch.js";
import { openZip } from "../model/import/zip.js";
import type { EnergyModel } from "./checkpoint.js";
import type { EnergyConfig } from "./config.js";
import { energySpecs } from "./config.js";

const checkpointEntry = /^chgnet\/pretrained\/0\.3\.0\/[^/]+\.pth\.tar$/;

/**
 * Reads CHGNet 0.3.0 from the Python package's wheel (chgnet 0.4.2 on PyPI). Runs no code: the pickle inside may only name
 * tensors and plain containers.
 * @param fileName what errors call the wheel
 * @throws Error naming the file and the entry: no such checkpoint, damaged entries, weights that are missing or have other
 *   shapes, options that ask for a variant of the network that is not built here
 */
export function readChgnetWheel(bytes: Uint8Array, fileName: string): EnergyModel {
  const wheel = openZip(bytes, fileName);
  const entries = wheel.names.filter((name) => checkpointEntry.test(name));
  if (entries.length !== 1)
    throw new Error(`${fileName}: expected one entry chgnet/pretrained/0.3.0/*.pth.tar, found ${entries.length}`);
  const source = `${fileName}: ${entries[0]}`;
  const { state, options } = readCheckpoint(wheel.read(entries[0]), source);
  const config = configOf(options, source);
  const specs = energySpecs(config);
  const parameters: Parameters = new Map([...state].filter(([name]) => !name.endsWith(".num_batches_tracked")));
  assertParameters(parameters, specs, source);
  return {
    config,
    parameters: new Map(specs.map(({ name }) => [name, parameters.get(name)!])),
    info: {
      source: "CHGNet 0.3.0, pretrained on MPtrj (PBE and PBE+U with Materials Project 2020 corrections)",
      citation: "B. Deng et al., Nature Machine Intelligence 5, 1031 (2023), doi:10.1038/s42256-023-00716-3",
      file: `${entries[0]} of the wheel chgnet 0.4.2`,
      licence: wheel.names.filter((name) => name.endsWith("/LICENSE")).map(text(wheel.read))[0] ?? "unknown",
    },
  };
}

const text =
  (read: (name: string) => Uint8Array) =>
  (name: string): string =>
    new TextDecoder().decode(read(name));

function readCheckpoint(bytes: Uint8Array, source: string) {
  const fail = (what: string): never => {
    throw new Error(`${source}: ${what}`);
  };
  const { names, read } = openZip(bytes, source);
  const pickles = names.filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1) fail(`expected one entry NAME/data.pkl, found ${pickles.length}`);
  const folder = pickles[0].slice(0, -"data.pkl".length);
  const root = readPickle(read(pickles[0]), {
    label: source,
    globals: torchGlobals(fail),
    persistent: (id) => torchStorage(id, fail),
  });
  const model = entry(root, "model", fail);
  const state = [...entry(model, "state_dict", fail)].map(([name, tensor]) => {
    if (typeof name !== "string" || !(tensor instanceof TensorReference))
      return fail(`state_dict: expected tensors by name, found ${describe(tensor)}`);
    const failHere = (what: string): never => fail(`state_dict["${name}"]: ${what}`);
    const { shape, data } = loadTensor(tensor, (key) => read(`${folder}data/${key}`), failHere);
    return data instanceof Float32Array ? ([name, { shape, data }] as const) : failHere("expected floating point");
  });
  return { state: new Map(state), options: toPlain(entry(model, "model_args", fail), fail) };
}

function entry(of: PickleValue, key: string, fail: (what: string) => never): Map<PickleValue, PickleValue> {
  const found = of instanceof Map ? of.get(key) : undefined;
  return found instanceof Map ? found : fail(`expected a dictionary with the dictionary "${key}"`);
}

/** Sizes from the checkpoint's own options; whatever else they ask for must be what is built here. */
function configOf(options: Plain, source: string): EnergyConfig {
  const given = options as { readonly [key: string]: Plain };
  const fixed: Record<string, Plain> = {
    update_bond: true,
    update_angle: true,
    mlp_first: true,
    is_intensive: true,
    non_linearity: "silu",
    gMLP_norm: "layer",
    readout_norm: "layer",
    angle_layer_hidden_dim: 0,
    atom_conv_hidden_dim: given["atom_fea_dim"],
    bond_conv_hidden_dim: given["atom_fea_dim"],
    bond_fea_dim: given["atom_fea_dim"],
    angle_fea_dim: given["atom_fea_dim"],
  };
  for (const [name, expected] of Object.entries(fixed))
    if (given[name] !== expected)
      throw new Error(
        `${source}: model_args: ${name}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(given[name])}`,
      );
  const count = (name: string): number => {
    const value = given[name];
    if (typeof value === "number" && value > 0) return value;
    throw new Error(`${source}: model_args: ${name}: expected a positive number, found ${JSON.stringify(value)}`);
  };
  return {
    kind: "chgnet",
    featureDim: count("atom_fea_dim"),
    radialCount: count("num_radial"),
    angularCount: count("num_angular"),
    layerCount: count("n_conv"),
    readoutDims: given["mlp_hidden_dims"] as number[],
    atomCutoff: count("atom_graph_cutoff"),
    bondCutoff: count("bond_graph_cutoff"),
    cutoffExponent: count("cutoff_coeff"),
    elementCount: 94,
  };
}
