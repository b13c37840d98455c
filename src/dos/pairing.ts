import { cheapestAssignment } from "../base/assignment.js";

/**
 * For each wanted curve the candidate curve that goes with it, so that the sum of the relative L1 distances is
 * smallest (Munkres). There must be at least as many candidates as wanted curves.
 */
export function pairSites(wanted: readonly Float32Array[], candidates: readonly Float32Array[]): number[] {
  if (wanted.length > candidates.length)
    throw new Error(`${wanted.length} sites cannot be paired with only ${candidates.length}`);
  return cheapestAssignment(wanted.map((truth) => candidates.map((curve) => relativeDifference(curve, truth))));
}

function relativeDifference(curve: Float32Array, truth: Float32Array): number {
  let difference = 0;
  let norm = 0;
  for (let e = 0; e < truth.length; e++) {
    difference += Math.abs(curve[e] - truth[e]);
    norm += Math.abs(truth[e]);
  }
  // An almost empty spectrum must not drown the other costs.
  const cost = difference / Math.max(norm, 0.1);
  if (!Number.isFinite(cost)) throw new Error("a spectrum to be paired holds a value that is not a finite number");
  return cost;
}
