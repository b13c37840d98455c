import type { SiteDos } from "../dos/index.js";

/** Sites whose curves differ by less than this share of their states count as equal. */
const tolerance = 0.02;

/**
 * Sites with the same curve, in groups in the order of their first: symmetry makes them so, and they share their element.
 * @param known which sites count; one that is not stands alone
 */
export function equalSites({ siteCount, grid, values }: SiteDos, known?: readonly boolean[]): number[][] {
  const groups: number[][] = [];
  const curve = (site: number): Float32Array => values.subarray(site * grid.count, (site + 1) * grid.count);
  for (let site = 0; site < siteCount; site++) {
    const counts = (k: number): boolean => known?.[k] ?? true;
    const group = counts(site)
      ? groups.find(([first]) => counts(first) && difference(curve(site), curve(first)) < tolerance)
      : undefined;
    if (group) group.push(site);
    else groups.push([site]);
  }
  return groups;
}

/** Relative L1 distance; 0 of two empty curves. */
function difference(a: Float32Array, b: Float32Array): number {
  let apart = 0;
  let states = 0;
  for (let e = 0; e < a.length; e++) {
    apart += Math.abs(a[e] - b[e]);
    states += Math.abs(b[e]);
  }
  return apart === 0 ? 0 : apart / Math.max(states, 1e-12);
}
