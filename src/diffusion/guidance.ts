import type { Denoise } from "./denoise.js";
import type { BlockNetwork, ConditionBlock } from "./network.js";

export interface GuidanceOptions {
  /** w in (1 + w) eps_cond - w eps_uncond; 0 follows the condition alone. */
  readonly guidanceWeight: number;
  /**
   * Share of the time axis [from, to], 0 clean to 1 noise, where the weight acts; elsewhere it is 0 (Kynkaanniemi et
   * al., arXiv:2404.07724: guidance at high noise costs diversity, at low noise it costs validity).
   */
  readonly guidanceInterval?: readonly [number, number];
  /** T of the schedule, needed by the interval. */
  readonly timesteps: number;
}

/** Classifier-free guidance as one doubled batch; where the weight is 0 only the conditional branch is computed. */
export async function guidedDenoise(
  network: BlockNetwork,
  condition: ConditionBlock,
  options: GuidanceOptions,
): Promise<Denoise> {
  const encoded = await network.encode(condition);
  const weights = new Float32Array(network.shape.batchSize).fill(options.guidanceWeight);
  return (state, t) => {
    const branches = options.guidanceWeight !== 0 && inInterval(t, options) ? "guided" : "conditional";
    return network.evaluate(branches, state, t, encoded, weights);
  };
}

/** The unconditional branch alone. */
export function unconditionalDenoise(network: BlockNetwork, hiddenDim: number): Denoise {
  const { batchSize, atomsPerCrystal } = network.shape;
  const nothing = new Float32Array(batchSize * atomsPerCrystal * hiddenDim);
  const weights = new Float32Array(batchSize);
  return (state, t) => network.evaluate("unconditional", state, t, nothing, weights);
}

function inInterval(t: number, { guidanceInterval: [from, to] = [0, 1], timesteps }: GuidanceOptions): boolean {
  return t >= from * timesteps && t <= to * timesteps;
}
