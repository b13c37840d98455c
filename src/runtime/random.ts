import { philox4x32, type Words } from "./philox.js";

/**
 * Where random numbers come from: a seed and a path of names and numbers, as in `key(seed).fold("crystal", 3).fold("strain")`.
 * A key's numbers are a pure function of its seed and path, so a crystal gets the same ones whatever the batch, the backend or
 * the point of resumption. Asked twice, a key gives the same numbers twice: fold a key for each use.
 */
export interface Key {
  /**
   * The key one or more steps further down the path. `fold(a, b)` is `fold(a).fold(b)`.
   * @throws Error unless numbers are integers from 0 to 2^31 - 1
   */
  fold(...path: readonly (string | number)[]): Key;
  /** Standard normal numbers (Box-Muller); a shorter draw is the beginning of a longer one. */
  normals(count: number): Float32Array;
  /** Numbers uniform in [0, 1); a shorter draw is the beginning of a longer one. */
  uniforms(count: number): Float32Array;
  /** The numbers 0 ... count - 1 in random order (Fisher-Yates). */
  permutation(count: number): Int32Array;
  /** The items in random order, as a new array. */
  shuffled<T>(items: readonly T[]): T[];
}

/**
 * The key of a seed.
 * @param seed an integer from 0 to 2^53 - 1
 * @throws Error when it is not such an integer
 *
 * @example
 *     const noise = key(7).fold("crystal", 3, "strain").normals(6);
 */
export function key(seed: number): Key {
  requireInteger("seed", seed, Number.MAX_SAFE_INTEGER);
  return keyAt([seed % 2 ** 32, Math.floor(seed / 2 ** 32)], []);
}

/** A path of up to three words is Philox's own address; a longer one starts anew from the words found at its beginning. */
const longest = 3;
/** Stands for the words that a short path lacks: a name's word, so no number meets it. */
const absent = 0xfffffffe;
const ordering = 0xffffffff;

function keyAt(seed: readonly [low: number, high: number], path: readonly number[]): Key {
  const [stream = absent, step = absent, last = absent] = path;
  const blockOf = (block: number, field = last): Words => philox4x32([block, field, step, seed[1]], [seed[0], stream]);
  const words = (count: number, field?: number): Uint32Array => {
    requireInteger("count", count, 2 ** 32 - 1);
    const drawn = new Uint32Array(Math.ceil(count / 4) * 4);
    for (let block = 0; 4 * block < count; block++) drawn.set(blockOf(block, field), 4 * block);
    return drawn.subarray(0, count);
  };
  const further = (part: string | number): Key => {
    const word = wordOf(part);
    if (path.length < longest) return keyAt(seed, [...path, word]);
    // A block that no draw reaches.
    const [low, high] = blockOf(0xffffffff);
    return keyAt([low, high], [word]);
  };
  const own: Key = {
    fold: (...parts) => parts.reduce((found: Key, part, i) => (i === 0 ? further(part) : found.fold(part)), own),
    normals: (count) => normal(words(count + (count % 2))).subarray(0, count),
    // 24 bits are what a float32 below one can hold; more would round up to one.
    uniforms: (count) => Float32Array.from(words(count), (word) => (word >>> 8) * 2 ** -24),
    permutation: (count) =>
      path.length < longest ? ordered(words(count, ordering)) : further("permutation").permutation(count),
    shuffled: (items) => Array.from(own.permutation(items.length), (i) => items[i]),
  };
  return own;
}

/** Names lie in the upper half of the 32-bit words (FNV-1a), numbers in the lower one. */
function wordOf(part: string | number): number {
  if (typeof part === "number") {
    requireInteger("fold", part, 2 ** 31 - 1);
    return part;
  }
  let hash = 0x811c9dc5;
  for (let i = 0; i < part.length; i++) hash = Math.imul(hash ^ part.charCodeAt(i), 0x01000193);
  return (hash | 0x80000000) >>> 0;
}

function normal(words: Uint32Array): Float32Array {
  const result = new Float32Array(words.length);
  for (let i = 0; i < words.length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(unitInterval(words[i])));
    const angle = 2 * Math.PI * unitInterval(words[i + 1]);
    result[i] = radius * Math.cos(angle);
    result[i + 1] = radius * Math.sin(angle);
  }
  return result;
}

function ordered(words: Uint32Array): Int32Array {
  const order = Int32Array.from(words, (_, i) => i);
  for (let i = words.length - 1; i > 0; i--) {
    const j = Math.floor((words[i] / 2 ** 32) * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** A word as a number in (0, 1). */
const unitInterval = (word: number): number => (word + 0.5) * 2 ** -32;

function requireInteger(name: string, value: number, largest: number): void {
  if (!Number.isInteger(value) || value < 0 || value > largest)
    throw new Error(`random ${name}: expected an integer from 0 to ${largest}, found ${value}`);
}
