/** The last steps of a minimisation, from which the next direction is made. */
export interface StepMemory {
  /** Changes of the coordinates and of the gradient, oldest first. */
  readonly pairs: readonly { readonly step: Float64Array; readonly change: Float64Array }[];
}

export const emptyMemory: StepMemory = { pairs: [] };

/** Pairs that are kept: all of a usual relaxation, so that few coordinates get a whole Hessian. */
const kept = 20;

/** The memory after one more step. Where the energy curves downwards along it, nothing is learned. */
export function remember({ pairs }: StepMemory, step: Float64Array, change: Float64Array): StepMemory {
  const curvature = dot(step, change);
  if (!(curvature > 1e-9 * Math.sqrt(dot(step, step) * dot(change, change)))) return { pairs };
  return { pairs: [...pairs, { step, change }].slice(-kept) };
}

/**
 * The quasi-Newton step -H g by L-BFGS's two loops (Nocedal, Math. Comp. 35 (1980) 773).
 * @param curvature of a coordinate about which nothing is known
 */
export function quasiNewtonStep({ pairs }: StepMemory, gradient: Float64Array, curvature: number): Float64Array {
  const q = gradient.slice();
  const shares = new Array<number>(pairs.length);
  for (let k = pairs.length - 1; k >= 0; k--) {
    const { step, change } = pairs[k];
    shares[k] = dot(step, q) / dot(step, change);
    addTimes(q, -shares[k], change);
  }
  for (let i = 0; i < q.length; i++) q[i] /= curvature;
  pairs.forEach(({ step, change }, k) => addTimes(q, shares[k] - dot(change, q) / dot(step, change), step));
  return q.map((x) => -x);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function addTimes(to: Float64Array, factor: number, of: Float64Array): void {
  for (let i = 0; i < to.length; i++) to[i] += factor * of[i];
}
