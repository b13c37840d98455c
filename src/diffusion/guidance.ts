import type { Denoise } from "./denoise.js";
import type { BlockNetwork, ConditionBlock, Guide } from "./network.js";
import type { DiffusionState, Fields } from "./state.js";

/** Strength of classifier-free guidance, and when it acts. */
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
  return denoiseBy(network, (t) => {
    const guided = options.guidanceWeight !== 0 && inInterval(t, options);
    return { branches: guided ? "guided" : "conditional", encoded, weights };
  });
}

/** The unconditional branch alone. */
export function unconditionalDenoise(network: BlockNetwork, hiddenDim: number): Denoise {
  const { batchSize, atomsPerCrystal } = network.shape;
  const encoded = new Float32Array(batchSize * atomsPerCrystal * hiddenDim);
  const weights = new Float32Array(batchSize);
  return denoiseBy(network, () => ({ branches: "unconditional", encoded, weights }));
}

/** Evaluations by themselves, and with a sampler's step around them. */
function denoiseBy(network: BlockNetwork, guideAt: (t: number) => Guide): Denoise {
  const evaluate = (state: DiffusionState, t: number): Promise<Fields> => network.evaluate(state, t, guideAt(t));
  return Object.assign(evaluate, { fused: network.fusedSteps(guideAt) });
}

function inInterval(t: number, { guidanceInterval: [from, to] = [0, 1], timesteps }: GuidanceOptions): boolean {
  return t >= from * timesteps && t <= to * timesteps;
}
