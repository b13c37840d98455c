/**
 * How far apart two curves are. All take the predicted and the true values on the same uniform grid, cut to the
 * energies that count, and the grid's spacing (eV).
 */
export interface CurveDistance<Name extends string = string> {
  readonly name: Name;
  readonly description: string;
  readonly unit: string;
  /** Several curves (sites) at once: [rows][E]. */
  compute(predicted: readonly Float32Array[], truth: readonly Float32Array[], step: number): number;
}

/** Mean absolute difference of two densities of states, states/eV/atom. */
export const meanAbsoluteError: CurveDistance<"mae"> = {
  name: "mae",
  description: "Mean absolute difference of the two densities of states.",
  unit: "states/eV/atom",
  compute: (predicted, truth) => {
    const count = truth.reduce((sum, row) => sum + row.length, 0);
    return absoluteDifference(predicted, truth) / count;
  },
};

/** Sum of absolute differences over the sum of the true DOS: 0 is equal, 2 is as many states but nowhere the same. */
export const relativeL1: CurveDistance<"relative_l1"> = {
  name: "relative_l1",
  description:
    "Sum of absolute differences over the sum of the true DOS: 0 is equal, 2 is as many states but nowhere the same.",
  unit: "1",
  compute: (predicted, truth) => {
    const norm = truth.reduce((sum, row) => sum + rowSum(row, Math.abs), 0);
    const difference = absoluteDifference(predicted, truth);
    return difference === 0 ? 0 : difference / Math.max(norm, 1e-12);
  },
};

/** How far states must be moved on average to turn one spectrum into the other, eV (Wasserstein-1 of the normalised curves). */
export const wasserstein: CurveDistance<"wasserstein"> = {
  name: "wasserstein",
  description:
    "How far states must be moved on average to turn one spectrum into the other (Wasserstein-1 of the normalised curves).",
  unit: "eV",
  compute: (predicted, truth, step) => {
    const total = truth.reduce((sum, row, i) => sum + transportDistance(predicted[i], row, step), 0);
    return total / truth.length;
  },
};

/** Sum over all rows of |p - t|. */
export function absoluteDifference(predicted: readonly Float32Array[], truth: readonly Float32Array[]): number {
  let sum = 0;
  truth.forEach((row, r) => row.forEach((value, e) => (sum += Math.abs(predicted[r][e] - value))));
  return sum;
}

/**
 * Integral of |F_p - F_t| with the cumulative normalised curves F. Two empty curves are equal; when just one is
 * empty there is no transport, and the width of the window (the largest possible distance) stands in.
 */
function transportDistance(p: Float32Array, t: Float32Array, step: number): number {
  const massP = rowSum(p);
  const massT = rowSum(t);
  if (massP <= 0 || massT <= 0) return massP <= 0 && massT <= 0 ? 0 : (t.length - 1) * step;
  let difference = 0;
  let sum = 0;
  for (let e = 0; e < t.length - 1; e++) {
    difference += p[e] / massP - t[e] / massT;
    sum += Math.abs(difference);
  }
  return sum * step;
}

function rowSum(row: Float32Array, f: (x: number) => number = (x) => x): number {
  let sum = 0;
  for (const value of row) sum += f(value);
  return sum;
}
