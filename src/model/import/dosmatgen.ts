import { printable } from "../../base/printable.js";
import type { HostTensor } from "../../runtime/index.js";
import type { DenoiserModel } from "../checkpoint.js";
import type { DenoiserConfig } from "../config.js";
import { referenceConfig } from "../config.js";
import { denoiserSpecs } from "../denoiser.js";
import type { Parameters, ParameterSpec } from "../parameters.js";
import { assertParameters } from "../parameters.js";
import { type LightningCheckpoint, readLightningCheckpoint } from "./lightning.js";
import type { Plain } from "./plain.js";

/** A reference checkpoint as one of our models, and the rest of its content. */
export interface DosmatgenImport {
  readonly model: DenoiserModel;
  /** What the parameters' names began with in the checkpoint, for example "decoder.". */
  readonly prefix: string;
  /** Everything in the state dictionary that is not a parameter of the denoiser: schedules and other buffers. */
  readonly extra: ReadonlyMap<string, HostTensor>;
}

/**
 * Reads a DOSMatGen checkpoint (PyTorch-Lightning). Sizes come from the parameters' shapes; hyper-parameters that
 * contradict them, or ask for a variant of the network that is not built here, are refused.
 *
 * @param bytes the file's content
 * @param fileName what errors call it
 * @throws Error naming the file: everything `readLightningCheckpoint` refuses, parameters that are missing or have other
 *   shapes (by their names), unsupported hyper-parameters, an unknown number of time steps
 */
export function readDosmatgenCheckpoint(bytes: Uint8Array, fileName: string): DosmatgenImport {
  const checkpoint = readLightningCheckpoint(bytes, fileName);
  const prefix = findPrefix([...checkpoint.stateDict.keys()], fileName);
  const { own, extra } = splitByPrefix(checkpoint.stateDict, prefix);
  const config = configOf(own, timesteps(checkpoint, fileName), fileName);
  checkHyperParameters(checkpoint, config, fileName);
  const specs = denoiserSpecs(config);
  const parameters = pick(own, specs, fileName);
  for (const [name, tensor] of own) if (!parameters.has(name)) extra.set(prefix + name, tensor);
  const scoreNorms = extra.get("sigma_scheduler.sigmas_norm")?.data;
  const { epoch, globalStep } = checkpoint;
  const info = {
    source: "imported from a DOSMatGen checkpoint",
    epoch: String(epoch ?? "unknown"),
    step: String(globalStep ?? "unknown"),
  };
  const base = { kind: "denoiser", config, parameters, elements: [], info } as const;
  return { model: scoreNorms instanceof Float32Array ? { ...base, scoreNorms } : base, prefix, extra };
}

const ANCHOR = "node_embedding.weight";

/**
 * What the denoiser's parameters begin with in a state dictionary ("decoder." in the reference).
 * @throws Error naming the file when there is no denoiser, or more than one
 */
export function findPrefix(names: readonly string[], fileName: string): string {
  const prefixes = names.filter((name) => name.endsWith(ANCHOR)).map((name) => name.slice(0, -ANCHOR.length));
  if (prefixes.length === 1) return prefixes[0];
  if (prefixes.includes("decoder.")) return "decoder.";
  const found =
    prefixes.length === 0
      ? `${names.slice(0, 5).join(", ")}, ...`
      : prefixes.map((prefix) => prefix + ANCHOR).join(", ");
  throw new Error(
    `${fileName}: entry state_dict: expected one parameter named PREFIX${ANCHOR}, found ${printable(found)}`,
  );
}

function splitByPrefix(
  state: ReadonlyMap<string, HostTensor>,
  prefix: string,
): { own: Map<string, HostTensor>; extra: Map<string, HostTensor> } {
  const entries = [...state];
  const own = entries
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, tensor]) => [name.slice(prefix.length), tensor] as const);
  return { own: new Map(own), extra: new Map(entries.filter(([name]) => !name.startsWith(prefix))) };
}

/** All sizes stand in the parameters' shapes. */
function configOf(own: ReadonlyMap<string, HostTensor>, steps: number, fileName: string): DenoiserConfig {
  const shape = (name: string): readonly number[] => {
    const found = own.get(name);
    if (!found) throw new Error(`${fileName}: entry state_dict: parameter ${name} is missing`);
    if (found.shape.length !== 2)
      throw new Error(
        `${fileName}: entry state_dict: ${name} has shape [${found.shape.join(", ")}], expected a matrix`,
      );
    return found.shape;
  };
  const [hiddenDim, classCount] = shape(ANCHOR);
  const layers = [...own.keys()]
    .map((name) => /^csp_layer_(\d+)\./.exec(name))
    .flatMap((match) => (match ? [Number(match[1])] : []));
  const frequencyCount = (shape("csp_layer_0.edge_mlp.0.weight")[1] - 2 * hiddenDim - 9) / 6;
  const timeDim = shape("atom_latent_emb.weight")[1] - hiddenDim;
  const dosPoints = shape("y_projection.weight")[1];
  const sizes = {
    hiddenDim,
    classCount,
    layerCount: new Set(layers).size,
    frequencyCount,
    timeDim,
    dosPoints,
    timesteps: steps,
  };
  for (const [name, size] of Object.entries(sizes))
    if (!Number.isSafeInteger(size) || size < 1)
      throw new Error(`${fileName}: entry state_dict: the parameters' shapes give ${name} = ${size}`);
  return { ...referenceConfig, ...sizes };
}

function timesteps({ stateDict, hyperParameters }: LightningCheckpoint, fileName: string): number {
  const given = options(hyperParameters, "timesteps")?.["timesteps"];
  if (typeof given === "number" && Number.isSafeInteger(given) && given > 0) return given;
  const betas = stateDict.get("beta_scheduler.betas");
  if (betas) return betas.data.length - 1;
  throw new Error(
    `${fileName}: expected hyper_parameters with timesteps or a buffer beta_scheduler.betas, found neither`,
  );
}

function checkHyperParameters(
  { hyperParameters }: LightningCheckpoint,
  config: DenoiserConfig,
  fileName: string,
): void {
  const network: Dictionary = options(hyperParameters, "hidden_dim") ?? {};
  const expected: Record<string, Plain> = {
    hidden_dim: config.hiddenDim,
    num_layers: config.layerCount,
    num_freqs: config.frequencyCount,
    pred_dim: config.dosPoints,
    max_atoms: config.classCount,
    act_fn: "silu",
    dis_emb: "sin",
    edge_style: "fc",
    ln: true,
    ip: true,
    smooth: true,
    pred_type: true,
  };
  for (const [name, value] of Object.entries(expected)) {
    const found = network[name];
    if (found === undefined || found === value) continue;
    throw new Error(`${fileName}: hyper-parameter ${name}: expected ${shown(value)}, found ${shown(found)}`);
  }
}

type Dictionary = { readonly [key: string]: Plain };

/**
 * The first dictionary that has `key`, wherever the configuration nests it. Dictionaries may share parts: each is looked at
 * once; otherwise a small file could take exponential time.
 */
function options(plain: Plain, key: string, seen = new Set<Dictionary>()): Dictionary | undefined {
  if (plain === null || typeof plain !== "object" || Array.isArray(plain)) return undefined;
  const dictionary = plain as Dictionary;
  if (seen.has(dictionary)) return undefined;
  seen.add(dictionary);
  if (Object.hasOwn(dictionary, key)) return dictionary;
  for (const value of Object.values(dictionary)) {
    const found = options(value, key, seen);
    if (found) return found;
  }
  return undefined;
}

/** A value in a message; of a container, which may share parts of itself without end, only its kind. */
function shown(value: Plain): string {
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "a dictionary";
  return printable(JSON.stringify(value).slice(0, 200));
}

function pick(own: ReadonlyMap<string, HostTensor>, specs: readonly ParameterSpec[], fileName: string): Parameters {
  const missing = specs.filter(({ name }) => !own.has(name)).map(({ name }) => name);
  if (missing.length > 0)
    throw new Error(`${fileName}: entry state_dict: parameters are missing: ${missing.join(", ")}`);
  const parameters = new Map(specs.map(({ name }) => [name, float(own.get(name) as HostTensor, name, fileName)]));
  assertParameters(parameters, specs, fileName);
  return parameters;
}

function float(
  { shape, data }: HostTensor,
  name: string,
  fileName: string,
): { shape: readonly number[]; data: Float32Array } {
  if (data instanceof Float32Array) return { shape, data };
  throw new Error(`${fileName}: entry state_dict: parameter ${name} has integers, expected floating point numbers`);
}
