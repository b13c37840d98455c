import type { Denoiser } from "./denoiser.js";
import type { BlockNetwork, ConditionBlock } from "./network.js";

/** Strength of classifier-free guidance, and when it acts. */
export interface GuidanceOptions {
  /** w in (1 + w) eps_cond - w eps_uncond; 0 follows the condition alone. */
  readonly guidanceWeight: number;
  /**
   * Share of the time axis [from, to], 0 clean to 1 noise, where the weight acts; elsewhere it is 0 (Kynkaanniemi et
   * al., arXiv:2404.07724: guidance at high noise costs diversity, at low noise it costs validity).
   */
  readonly guidanceInterval?: readonly [number, number];
}

/** Classifier-free guidance as one doubled batch; where the weight is 0 only the conditional branch is computed. */
export async function guidedDenoiser(
  network: BlockNetwork,
  condition: ConditionBlock,
  { guidanceWeight, guidanceInterval: [from, to] = [0, 1] }: GuidanceOptions,
): Promise<Denoiser> {
  const encoded = await network.encode(condition);
  const weights = new Float32Array(network.shape.batchSize).fill(guidanceWeight);
  const { timesteps } = network.schedule;
  return network.denoiser((t) => {
    const guided = guidanceWeight !== 0 && t >= from * timesteps && t <= to * timesteps;
    return { branches: guided ? "guided" : "conditional", encoded, weights };
  });
}

/** The unconditional branch alone. */
export function unconditionalDenoiser(network: BlockNetwork, hiddenDim: number): Denoiser {
  const { batchSize, atomsPerCrystal } = network.shape;
  const encoded = new Float32Array(batchSize * atomsPerCrystal * hiddenDim);
  const weights = new Float32Array(batchSize);
  return network.denoiser(() => ({ branches: "unconditional", encoded, weights }));
}
