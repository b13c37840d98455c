import type { ConstantData, Value } from "../trace/graph.js";

/** Rows and columns from which on a weight's products take long enough to pay for rounding what meets it. */
const least = 128;

export function worthRounding({ shape, dtype }: Value): boolean {
  return dtype === "float32" && shape.length === 2 && shape.every((n) => n >= least);
}

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
