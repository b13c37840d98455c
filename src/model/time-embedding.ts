/**
 * Sinusoidal embedding of the time index: [sin(t w_k), cos(t w_k)], w_k = 10000^(-k / (dim/2 - 1)).
 * @param times [B]
 * @returns [B, dim] row-major
 */
export function timeEmbedding(times: ArrayLike<number>, dim: number): Float32Array {
  const half = dim / 2;
  const out = new Float32Array(times.length * dim);
  for (let b = 0; b < times.length; b++) {
    for (let k = 0; k < half; k++) {
      // Exponent, frequency and angle in float32, as every float32 implementation of the method has them.
      const frequency = Math.fround(Math.exp(Math.fround(-k * Math.fround(Math.log(10000) / (half - 1)))));
      const angle = Math.fround(times[b] * frequency);
      out[b * dim + k] = Math.sin(angle);
      out[b * dim + half + k] = Math.cos(angle);
    }
  }
  return out;
}
