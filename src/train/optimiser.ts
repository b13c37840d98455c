import type { Parameters } from "../model/index.js";

/** Arrays by parameter name: gradients or an optimiser's moments. */
export type Arrays = ReadonlyMap<string, Float32Array>;

/** What an optimiser remembers, flat so that it can be saved: one set of arrays per name. */
export type OptimiserState = Readonly<Record<string, Arrays>>;

/** Changes parameters by their gradients. */
export interface Optimiser {
  init(parameters: Parameters): OptimiserState;
  /**
   * Updates `parameters` and `state` in place: at full size they are hundreds of megabytes, and a copy a step would
   * cost more than the arithmetic.
   * @param step counts from 1
   */
  update(parameters: Parameters, gradients: Arrays, state: OptimiserState, step: number, learningRate: number): void;
}

export interface AdamOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** Decoupled weight decay (AdamW) of weight matrices; biases and gains are left alone. */
  readonly weightDecay?: number;
}

/** Adam (Kingma & Ba 2015), with decoupled weight decay (Loshchilov & Hutter 2019) when asked. */
export function adam(options: AdamOptions = {}): Optimiser {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options;
  return {
    init: (parameters) => ({ first: zerosLike(parameters), second: zerosLike(parameters) }),
    update(parameters, gradients, { first, second }, step, learningRate) {
      const correct1 = 1 / (1 - beta1 ** step);
      const correct2 = 1 / (1 - beta2 ** step);
      for (const [name, g] of gradients) {
        const [{ data, shape }, m, v] = [parameters.get(name)!, first.get(name)!, second.get(name)!];
        const decay = shape.length > 1 ? weightDecay : 0;
        for (let i = 0; i < data.length; i++) {
          m[i] += (1 - beta1) * (g[i] - m[i]);
          v[i] += (1 - beta2) * (g[i] * g[i] - v[i]);
          data[i] -= learningRate * ((m[i] * correct1) / (Math.sqrt(v[i] * correct2) + epsilon) + decay * data[i]);
        }
      }
    },
  };
}

/** Clips every gradient entry to [-limit, limit] in place, as the reference's training does. */
export function clipByValue(gradients: Arrays, limit: number): void {
  for (const g of gradients.values()) {
    for (let i = 0; i < g.length; i++) g[i] = Math.min(limit, Math.max(-limit, g[i]));
  }
}

/** Scales all gradients together, in place, so that their Euclidean norm is at most `limit`. */
export function clipByNorm(gradients: Arrays, limit: number): void {
  let squares = 0;
  for (const g of gradients.values()) for (let i = 0; i < g.length; i++) squares += g[i] * g[i];
  const scale = limit / Math.sqrt(squares);
  if (scale >= 1) return;
  for (const g of gradients.values()) for (let i = 0; i < g.length; i++) g[i] *= scale;
}

/** Moves the exponential moving average towards the weights, in place; `decay` warms up so that early steps are forgotten. */
export function averageWeights(average: Parameters, current: Parameters, decay: number, step: number): void {
  const change = 1 - Math.min(decay, (1 + step) / (10 + step));
  for (const [name, { data: mean }] of average) {
    const now = current.get(name)!.data;
    for (let i = 0; i < mean.length; i++) mean[i] += change * (now[i] - mean[i]);
  }
}

/** A copy that later updates do not touch. */
export function copyParameters(parameters: Parameters): Parameters {
  return new Map([...parameters].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));
}

function zerosLike(parameters: Parameters): Arrays {
  return new Map([...parameters].map(([name, { data }]) => [name, new Float32Array(data.length)]));
}
