import munkres from "munkres-js";

/**
 * The cheapest assignment (Munkres, J. SIAM 5 (1957) 32): for each row a column of its own, so that the sum of the costs is
 * least.
 *
 * @param costs [rows][columns], finite, at least as many columns as rows.
 * @returns [rows] the column of each row.
 * @throws Error when there are more rows than columns or a cost is not finite.
 */
export function cheapestAssignment(costs: readonly (readonly number[])[]): number[] {
  if (costs.length === 0) return [];
  if (costs.length > costs[0].length)
    throw new Error(`an assignment needs as many columns as rows: ${costs.length} rows, ${costs[0].length} columns`);
  const all = costs.flat();
  const bad = all.find((cost) => !Number.isFinite(cost));
  if (bad !== undefined) throw new Error(`an assignment needs finite costs, found ${bad}`);
  const least = all.reduce((a, b) => Math.min(a, b));
  const range = all.reduce((a, b) => Math.max(a, b)) - least;
  // Whole numbers keep the algorithm's search for exact zeros exact.
  const whole = costs.map((row) => row.map((cost) => Math.round(((cost - least) / (range || 1)) * 1e12)));
  const columns = new Map(munkres(whole));
  return costs.map((_, row) => columns.get(row)!);
}
