/**
 * Counter-based random numbers: each is a pure function of (seed, stream, step, field, position), so a crystal gets the
 * same numbers whatever the batch, the backend or the point of resumption.
 * Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11 (2011).
 */

/** Standard normal numbers (Box-Muller). All arguments are non-negative integers; seed below 2^53, others below 2^32. */
export function normals(seed: number, stream: number, step: number, field: number, count: number): Float32Array {
  const words = randomWords(seed, stream, step, field, count + (count % 2));
  const result = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(unitInterval(words[i])));
    const angle = 2 * Math.PI * unitInterval(words[i + 1]);
    result[i] = radius * Math.cos(angle);
    if (i + 1 < count) result[i + 1] = radius * Math.sin(angle);
  }
  return result;
}

/** Numbers uniform in [0, 1). Arguments as for {@link normals}. */
export function uniforms(seed: number, stream: number, step: number, field: number, count: number): Float32Array {
  // 24 bits are what a float32 below one can hold; more would round up to one.
  return Float32Array.from(randomWords(seed, stream, step, field, count), (word) => (word >>> 8) * 2 ** -24);
}

/** The numbers 0 ... count-1 in random order (Fisher-Yates). Arguments as for {@link normals}. */
export function permutation(seed: number, stream: number, step: number, count: number): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  const words = randomWords(seed, stream, step, PERMUTATION_FIELD, count);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor((words[i] / 2 ** 32) * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** The items in random order, as a new array. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  return Array.from(permutation(seed, 0, 0, items.length), (i) => items[i]);
}

/** Keeps shuffles apart from other uses of the same seed. */
const PERMUTATION_FIELD = 0xffffffff;

/** One block of four 32-bit words from a counter of four and a key of two. */
export function philox4x32(counter: readonly number[], key: readonly number[]): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0);
    const high1 = multiplyHigh(0xcd9e8d57, c2);
    const low0 = Math.imul(0xd2511f53, c0);
    const low1 = Math.imul(0xcd9e8d57, c2);
    [c0, c1, c2, c3] = [high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0];
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  return [c0 >>> 0, c1 >>> 0, c2 >>> 0, c3 >>> 0];
}

function randomWords(seed: number, stream: number, step: number, field: number, count: number): Uint32Array {
  requireIntegers({ seed }, Number.MAX_SAFE_INTEGER);
  requireIntegers({ stream, step, field, count }, 2 ** 32 - 1);
  const words = new Uint32Array(Math.ceil(count / 4) * 4);
  const [low, high] = [seed % 2 ** 32, Math.floor(seed / 2 ** 32)];
  for (let block = 0; 4 * block < count; block++)
    words.set(philox4x32([block, field, step, high], [low, stream]), 4 * block);
  return words.subarray(0, count);
}

function requireIntegers(named: Record<string, number>, largest: number): void {
  for (const [name, value] of Object.entries(named))
    if (!Number.isInteger(value) || value < 0 || value > largest)
      throw new Error(`random ${name}: expected an integer from 0 to ${largest}, found ${value}`);
}

/** The upper half of the 64-bit product of two 32-bit words, from products of 16-bit halves. */
function multiplyHigh(a: number, b: number): number {
  const [aHigh, aLow, bHigh, bLow] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff];
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(carry / 65536)) | 0;
}

/** A word as a number in (0, 1). */
const unitInterval = (word: number): number => (word + 0.5) * 2 ** -32;
