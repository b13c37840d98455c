import type { ConditionBlock, Schedule } from "../../src/diffusion/index.js";
import { cosineSchedule } from "../../src/diffusion/index.js";
import type { DenoiserConfig, Parameters } from "../../src/model/index.js";
import { assertParameters, denoiserSpecs, referenceConfig } from "../../src/model/index.js";
import { findPrefix } from "../../src/model/import/index.js";
import type { ReferenceArray, ReferenceConfig, ReferenceFile } from "./file.js";
import { assertShape } from "./file.js";

/** The file's model. */
export interface ReferenceNetwork {
  readonly file: ReferenceFile;
  readonly reference: ReferenceConfig;
  readonly config: DenoiserConfig;
  readonly parameters: Parameters;
  /** What the parameters' names begin with in the file. */
  readonly prefix: string;
}

/**
 * The network of the file's config and state_dict.
 * @returns undefined when the file lacks one of them
 * @throws Error naming the file and the parameter when they do not fit each other
 */
export function referenceNetwork(file: ReferenceFile): ReferenceNetwork | undefined {
  const { config: reference, state_dict: state } = file.content;
  if (!reference || !state) return undefined;
  const config: DenoiserConfig = {
    ...referenceConfig,
    hiddenDim: reference.hidden_dim,
    layerCount: reference.num_layers,
    frequencyCount: reference.num_freqs,
    timeDim: reference.time_dim,
    classCount: reference.max_atoms,
    dosPoints: reference.pred_dim,
    timesteps: reference.timesteps,
  };
  const prefix = findPrefix(Object.keys(state), file.fileName);
  const specs = denoiserSpecs(config);
  const known = specs.flatMap(({ name }) =>
    prefix + name in state ? [[name, hostTensor(state[prefix + name])] as const] : [],
  );
  const parameters: Parameters = new Map(known);
  assertParameters(parameters, specs, file.fileName);
  return { file, reference, config, parameters, prefix };
}

/**
 * The schedule of an entry: the file's Monte-Carlo lambda where it has one (the entry's own, else the common one), since
 * the reference's numbers depend on it; else the quadrature.
 */
export function referenceSchedule(
  { file, reference }: ReferenceNetwork,
  entry: string,
  own: ReferenceArray | undefined,
): Schedule {
  const { timesteps, sigma_begin: sigmaBegin, sigma_end: sigmaEnd } = reference;
  const norms = own ?? file.content.sigma_x_norm_used;
  if (norms) assertShape(file, `${own ? `${entry}.` : ""}sigma_x_norm_used`, norms, [timesteps + 1]);
  return cosineSchedule(timesteps, { sigmaBegin, sigmaEnd, ...(norms && { scoreNorms: norms.data }) });
}

/** The condition of a block for the linear encoder: standardised site DOS and site mask; the rest is not used by it. */
export function linearCondition(
  siteDos: Float32Array,
  siteMask: Float32Array,
  crystals: number,
  dosPoints: number,
): ConditionBlock {
  const energyMask = new Float32Array(crystals * dosPoints).fill(1);
  return {
    siteDos,
    siteMask,
    energyMask,
    totalDos: new Float32Array(crystals * dosPoints),
    totalMask: new Float32Array(crystals),
  };
}

/** Throws unless every time index is one of the schedule's. */
export function assertTimes({ file, config }: ReferenceNetwork, entry: string, times: readonly number[]): void {
  const beyond = times.find((t) => t > config.timesteps);
  if (beyond !== undefined)
    throw new Error(`${file.fileName}: entry ${entry}: expected 1 to ${config.timesteps}, found ${beyond}`);
}

function hostTensor({ shape, data }: ReferenceArray): { shape: readonly number[]; data: Float32Array } {
  return { shape, data: Float32Array.from(data) };
}
