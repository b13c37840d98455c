/** Numbers in a pair tensor [R, B, S, N, H] up to which all offsets S = N go at once: 16 MB, which fit into a cache. */
const defaultPairLimit = 1 << 22;

/**
 * The offsets 0..N-1 in groups whose pair tensors stay below the limit; s and N - s are together, as they share features.
 * @param shape [R, B, N, H]
 */
export function offsetGroups(shape: readonly number[], limit = defaultPairLimit): number[][] {
  const N = shape[2];
  const perOffset = shape.reduce((a, b) => a * b, 1);
  if (perOffset * N <= limit) return [Array.from({ length: N }, (_, s) => s)];
  const pairs = Array.from({ length: Math.floor(N / 2) }, (_, k) => [...new Set([k + 1, N - k - 1])]);
  const inGroup = Math.max(1, Math.floor(limit / perOffset / 2));
  const groups: number[][] = [[0]];
  for (let at = 0; at < pairs.length; at += inGroup) groups.push(pairs.slice(at, at + inGroup).flat());
  return groups;
}
