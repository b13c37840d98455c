import type { ConstantData } from "../trace/graph.js";

/**
 * A weight [rows, columns] as 8-bit integers with one scale a column: weight = scale x integer, the largest entry of a column
 * being 127 or -127.
 */
export function roundColumns(
  weight: ConstantData,
  [rows, columns]: readonly number[],
): { readonly integers: Int8Array; readonly scales: Float32Array } {
  const largest = new Float32Array(columns);
  weight.forEach((w, i) => (largest[i % columns] = Math.max(largest[i % columns], Math.abs(w))));
  // What is next to nothing is rounded to zeros, which any scale gives.
  const scales = largest.map((size) => (size > 1e-30 ? size / 127 : 1));
  const integers = new Int8Array(rows * columns);
  weight.forEach((w, i) => (integers[i] = Math.round(w / scales[i % columns])));
  return { integers, scales };
}
