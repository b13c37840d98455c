import type * as tf from "@tensorflow/tfjs";
import type { Parameters } from "../model/index.js";

/** Arrays by parameter name: gradients or an optimiser's moments. */
export type Arrays = ReadonlyMap<string, Float32Array>;

/** What an optimiser remembers: one set of arrays per name. */
export type OptimiserState = Readonly<Record<string, Arrays>>;

/**
 * Changes a parameter by its gradient. The rule is a tensor function, so that it runs inside the compiled training step: a
 * parameter's moments are updated while its gradient is still in the processor's cache.
 */
export interface Optimiser {
  /** Names of the arrays that it remembers for each parameter; they begin with zeros. */
  readonly slots: readonly string[];
  /** The numbers of a step (counted from 1) that `update` takes as scalars. */
  scalars(step: number, learningRate: number): readonly number[];
  /** A parameter's next value and its slots', all of the parameter's shape. */
  update(
    parameter: tf.Tensor,
    gradient: tf.Tensor,
    slots: readonly tf.Tensor[],
    scalars: readonly tf.Tensor[],
  ): { readonly parameter: tf.Tensor; readonly slots: readonly tf.Tensor[] };
}

/** Decay rates and other constants of Adam. */
export interface AdamOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** Decoupled weight decay (AdamW) of weight matrices; biases and gains are left alone. */
  readonly weightDecay?: number;
}

/**
 * Adam (Kingma & Ba 2015), with decoupled weight decay (Loshchilov & Hutter 2019) when asked. It remembers the weighted sums
 * G = sum beta1^k g and S = sum beta2^k g^2, the moments without their constant factors, and gathers all factors in two
 * scalars: each operation that is saved is one pass less over the weights.
 */
export function adam(options: AdamOptions = {}): Optimiser {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options;
  return {
    slots: ["gradientSum", "squareSum"],
    // m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon) = ratio G / (sqrt(S) + small)
    scalars(step, learningRate) {
      const root = Math.sqrt((1 - beta2 ** step) / (1 - beta2));
      const ratio = ((1 - beta1) / (1 - beta1 ** step)) * root;
      return [learningRate * ratio, epsilon * root, 1 - learningRate * weightDecay];
    },
    update(parameter, gradient, [gradientSum, squareSum], [rate, small, keep]) {
      const G = gradientSum.mul(beta1).add(gradient);
      const S = squareSum.mul(beta2).add(gradient.mul(gradient));
      const kept = weightDecay > 0 && parameter.rank > 1 ? parameter.mul(keep) : parameter;
      return { parameter: kept.sub(G.div(S.sqrt().add(small)).mul(rate)), slots: [G, S] };
    },
  };
}

/** How gradients are kept small: every entry (as in the reference's training), or all together by their Euclidean norm. */
export interface Clip {
  readonly by: "value" | "norm";
  readonly limit: number;
}

/** The clipped gradients. */
export function clipGradients(gradients: readonly tf.Tensor[], { by, limit }: Clip): tf.Tensor[] {
  if (by === "value") return gradients.map((g) => g.clipByValue(-limit, limit));
  const squares = gradients.map((g) => g.mul(g).sum()).reduce((sum, square) => sum.add(square));
  const scale = squares.sqrt().maximum(limit).reciprocal().mul(limit);
  return gradients.map((g) => g.mul(scale));
}

/** The share by which the exponential moving average of the weights moves; it warms up so that early steps are forgotten. */
export function averageChange(decay: number, step: number): number {
  return 1 - Math.min(decay, (1 + step) / (10 + step));
}

/** A copy that later updates do not touch. */
export function copyParameters(parameters: Parameters): Parameters {
  return new Map([...parameters].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));
}

/** The state before the first step. */
export function startOptimiser({ slots }: Optimiser, parameters: Parameters): OptimiserState {
  return Object.fromEntries(
    slots.map((slot) => [
      slot,
      new Map([...parameters].map(([name, { data }]) => [name, new Float32Array(data.length)])),
    ]),
  );
}
