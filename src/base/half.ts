/** IEEE 754 half precision as 16-bit patterns: 11 significant bits, so a relative error of at most 2^-11 (0.05 %). */

let table: Float32Array | undefined;

/** Half-precision patterns to numbers. @param bits [n] @returns [n] */
export function decodeHalf(bits: Uint16Array): Float32Array {
  // A table of all patterns: a data set decodes millions.
  table ??= Float32Array.from({ length: 65536 }, (_, h) => halfToNumber(h));
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = table[bits[i]];
  return values;
}

/**
 * Numbers to half precision, to the nearest, ties to even.
 *
 * @throws Error on a value that is not finite or beyond 65504, the largest.
 */
export function encodeHalf(values: ArrayLike<number>): Uint16Array {
  return Uint16Array.from(values, halfBits);
}

/** Index of the first pattern that is infinite or not a number; -1 if there is none. A loop: findIndex takes ten times as long. */
export function findNonFinite(bits: Uint16Array): number {
  for (let i = 0; i < bits.length; i++) if ((bits[i] & 0x7c00) === 0x7c00) return i;
  return -1;
}

/** The number of one 16-bit pattern; infinities and NaN too. */
export function halfToNumber(h: number): number {
  const sign = h & 0x8000 ? -1 : 1;
  const exponent = (h >> 10) & 31;
  const fraction = h & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

function halfBits(value: number): number {
  const size = Math.abs(value);
  // 65520 is where rounding would reach the next power of two, infinity.
  if (!(size < 65520)) throw new Error(`${value} cannot be stored in half precision (largest: 65504)`);
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const exponent = Math.max(Math.floor(Math.log2(size)), -14);
  const steps = roundToEven(size / 2 ** (exponent - 10));
  // Rounding up to 2048 steps carries into the exponent by itself; below 1024 steps the number is subnormal.
  return sign + ((exponent + 14) << 10) + steps;
}

function roundToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return floor + (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? 1 : 0);
}
