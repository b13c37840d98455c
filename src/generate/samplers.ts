import { fastSampler, predictorCorrector, type Sampler } from "../diffusion/index.js";
import type { DenoiserModel } from "../model/index.js";
import type { GenerateOptions } from "./options.js";

/** Makes a sampler for a model from a run's options. */
export type SamplerMaker = (options: GenerateOptions, model: DenoiserModel) => Sampler;

/** Longest row of the lattice field that the fast sampler may predict, far beyond any cell of the training data. */
const longestRow = { matrix: 40, metric: 2 };

/** The samplers that `GenerateOptions.sampler` names; `samplers.set(name, make)` adds one. */
export const samplers = new Map<string, SamplerMaker>([
  [
    "fast",
    ({ steps, eta, coordEta, order, spacing }, { config }) => {
      const latticeBound = longestRow[config.latticeSpace] / config.latticeScale;
      return fastSampler({ steps, eta, coordEta, order, spacing, latticeBound });
    },
  ],
  ["predictor-corrector", ({ correctorStepSize }) => predictorCorrector({ correctorStepSize })],
]);

/** The sampler that the options ask for. @throws Error when no sampler has that name */
export function samplerOf(options: GenerateOptions, model: DenoiserModel): Sampler {
  const { sampler = "fast" } = options;
  if (typeof sampler !== "string") return sampler;
  const make = samplers.get(sampler);
  if (!make) throw new Error(`sampler: expected ${[...samplers.keys()].join(" or ")}, found ${sampler}`);
  return make(options, model);
}
