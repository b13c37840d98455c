import type { Parameters } from "../model/index.js";

/** Arrays by parameter name: gradients, updates or an optimiser's moments. */
export type Arrays = ReadonlyMap<string, Float32Array>;

/** What an optimiser remembers, flat so that it can be saved: one set of arrays per name. */
export type OptimiserState = Readonly<Record<string, Arrays>>;

/** Turns gradients into updates that are added to the parameters. The state's arrays may be reused for the next state. */
export interface Optimiser {
  init(parameters: Parameters): OptimiserState;
  /** @param step counts from 1 */
  update(gradients: Arrays, state: OptimiserState, parameters: Parameters, step: number, learningRate: number): { updates: Arrays; state: OptimiserState };
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
    update(gradients, state, parameters, step, learningRate) {
      const correct1 = 1 / (1 - beta1 ** step);
      const correct2 = 1 / (1 - beta2 ** step);
      const updates = new Map<string, Float32Array>();
      for (const [name, gradient] of gradients) {
        const [m, v, { data: value, shape }] = [state["first"].get(name)!, state["second"].get(name)!, parameters.get(name)!];
        const decay = shape.length > 1 ? weightDecay : 0;
        const update = new Float32Array(gradient.length);
        for (let i = 0; i < update.length; i++) {
          m[i] += (1 - beta1) * (gradient[i] - m[i]);
          v[i] += (1 - beta2) * (gradient[i] * gradient[i] - v[i]);
          update[i] = -learningRate * ((m[i] * correct1) / (Math.sqrt(v[i] * correct2) + epsilon) + decay * value[i]);
        }
        updates.set(name, update);
      }
      return { updates, state };
    },
  };
}

/** Clips every gradient entry to [-limit, limit], as the reference's training does. */
export function clipByValue(gradients: Arrays, limit: number): Arrays {
  return mapArrays(gradients, (g) => Math.min(limit, Math.max(-limit, g)));
}

/** Scales all gradients together so that their Euclidean norm is at most `limit`. */
export function clipByNorm(gradients: Arrays, limit: number): Arrays {
  let squares = 0;
  for (const gradient of gradients.values()) for (const g of gradient) squares += g * g;
  const scale = Math.min(1, limit / Math.sqrt(squares));
  return scale === 1 ? gradients : mapArrays(gradients, (g) => g * scale);
}

/** parameters + updates, as new parameters. */
export function applyUpdates(parameters: Parameters, updates: Arrays): Parameters {
  return new Map(
    [...parameters].map(([name, { shape, data }]) => {
      const update = updates.get(name);
      return [name, { shape, data: update ? data.map((value, i) => value + update[i]) : data }];
    }),
  );
}

/** Exponential moving average of the weights; `decay` warms up so that early steps are forgotten. */
export function averageWeights(average: Parameters, current: Parameters, decay: number, step: number): Parameters {
  const keep = Math.min(decay, (1 + step) / (10 + step));
  return new Map(
    [...average].map(([name, { shape, data }]) => {
      const now = current.get(name)!.data;
      return [name, { shape, data: data.map((value, i) => keep * value + (1 - keep) * now[i]) }];
    }),
  );
}

function zerosLike(parameters: Parameters): Arrays {
  return new Map([...parameters].map(([name, { data }]) => [name, new Float32Array(data.length)]));
}

function mapArrays(arrays: Arrays, f: (value: number) => number): Arrays {
  return new Map([...arrays].map(([name, array]) => [name, array.map(f)]));
}
