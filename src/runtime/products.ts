import * as tf from "@tensorflow/tfjs";
import type { Engine, ProgramSource } from "./engine.js";
import type { Precision } from "./onnx/rounded-weights.js";

/** Largest errors of products, relative to the largest entry, that count as rounding. */
export const roundingErrors: Readonly<Record<Precision, number>> = { float32: 1e-4, float16: 0.003, int8: 0.03 };

/**
 * Multiplies two matrices and compares some rows with double precision.
 * @param limit of the errors, relative to the largest entry
 * @throws Error when the errors are larger
 */
export async function checkProducts(engine: Engine, limit: number): Promise<void> {
  const n = 128;
  const program = await engine.compile(matrixProduct(n));
  const [product] = await program.run([waves(n)]);
  program.dispose();
  const error = productError(product, n);
  if (!(error <= limit))
    throw new Error(`${engine.name} gives wrong results: products are off by ${(100 * error).toPrecision(2)} %`);
}

function productError(product: ArrayLike<number>, n: number): number {
  const matrix = waves(n);
  let [worst, largest] = [0, 0];
  for (let i = 0; i < n; i += 16)
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += matrix[i * n + k] * matrix[k * n + j];
      // Math.max keeps what is not a number.
      worst = Math.max(worst, Math.abs(sum - product[i * n + j]));
      largest = Math.max(largest, Math.abs(sum));
    }
  return worst / largest;
}

/** The input times a constant matrix of `waves`; may be rounded. */
export function matrixProduct(n: number): ProgramSource {
  const shape = [n, n];
  const constants = [{ shape, data: waves(n) }];
  const name = `product with a ${n} x ${n} matrix`;
  return { name, fn: (a, b) => [tf.matMul(a, b)], inputs: [{ shape }], constants, roundable: true };
}

/** An n x n matrix without a simple pattern. */
export function waves(n: number): Float32Array {
  return Float32Array.from({ length: n * n }, (_, i) => Math.sin(i * i * 0.37));
}
