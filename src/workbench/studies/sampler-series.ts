import type { GenerateOptions } from "../../generate/index.js";
import type { BackendName } from "../../runtime/index.js";

/** Settings of the fast sampler, with the numbers of guided evaluations at which they are tried. */
export interface SamplerSettings extends Pick<
  GenerateOptions,
  "order" | "eta" | "coordEta" | "spacing" | "guidanceInterval" | "guidanceWeight"
> {
  readonly steps: readonly number[];
  /** Default: the workbench's. */
  readonly backend?: BackendName;
}

/** Settings by the name of their series. */
export type SamplerSeries = Readonly<Record<string, SamplerSettings>>;

/** The library's defaults, written out. */
const fast = { order: 2, eta: 1, coordEta: "all", spacing: 1 } as const;

/** What the test split compares. */
export const samplerSeries: SamplerSeries = {
  fast: { steps: [8, 12, 25, 50, 100], ...fast },
  "fast, coordinates ancestral": { steps: [12, 25, 50, 100], ...fast, coordEta: 1 },
  "fast, 8-bit products": { steps: [25, 100], ...fast, backend: "compiled-cpu-int8" },
  "ancestral (first order)": { steps: [12, 25, 50, 100], ...fast, coordEta: 1, order: 1 },
};

/** What the defaults were chosen among, on the validation split. */
export const samplerVariants: SamplerSeries = {
  "fast, first order": { steps: [25], ...fast, order: 1 },
  "fast, deterministic": { steps: [25, 100], ...fast, eta: 0, coordEta: 0 },
  "fast, times denser at low noise": { steps: [25], ...fast, spacing: 1.3 },
  "fast, times denser at high noise": { steps: [25], ...fast, spacing: 0.75 },
  "fast, half of the types' and lattice's noise": { steps: [25], ...fast, eta: 0.5 },
  "fast, guided above 0.3 of the noise": { steps: [25], ...fast, guidanceInterval: [0.3, 1] },
  "fast, guided below 0.7 of the noise": { steps: [25], ...fast, guidanceInterval: [0, 0.7] },
  "fast, w = 0": { steps: [25], ...fast, guidanceWeight: 0 },
  "fast, w = 2": { steps: [25], ...fast, guidanceWeight: 2 },
};
