import type { Crystal } from "../crystal/index.js";
import { neighbours } from "../crystal/index.js";
import type { RadialPredictorConfig } from "./radial-predictor.js";

/**
 * Radial basis of every ordered pair, summed over all periodic images within the cutoff: [N, N, K] row-major. Gaussians
 * of the distance with a smooth cosine cutoff, as in SchNet; entry (i, i) counts the atom's own images.
 */
export function radialFeatures(
  crystal: Crystal,
  { radialCount: K, cutoff }: Pick<RadialPredictorConfig, "radialCount" | "cutoff">,
): Float32Array {
  const N = crystal.atomicNumbers.length;
  const features = new Float32Array(N * N * K);
  const { count, from, to, distances } = neighbours(crystal, cutoff);
  const spacing = cutoff / K;
  for (let pair = 0; pair < count; pair++) {
    const weight = 0.5 * (1 + Math.cos((Math.PI * distances[pair]) / cutoff));
    const row = (from[pair] * N + to[pair]) * K;
    for (let k = 0; k < K; k++) {
      const z = (distances[pair] - (k + 0.5) * spacing) / spacing;
      if (Math.abs(z) < 5) features[row + k] += weight * Math.exp(-0.5 * z * z);
    }
  }
  return features;
}
