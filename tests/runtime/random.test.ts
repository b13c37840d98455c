import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normals, permutation, philox4x32, shuffled, uniforms } from "../../src/runtime/index.js";

describe("philox4x32", () => {
  // Known answers published with the Random123 library (kat_vectors, philox4x32 10).
  test.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [Array<number>(4).fill(0xffffffff), [0xffffffff, 0xffffffff], [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ])("counter %j, key %j", (counter, key, expected) => {
    expect(philox4x32(counter, key)).toEqual(expected);
  });
});

const n = 40000;
/** The mean of n independent values of standard deviation s stays within 5 s / sqrt(n). */
const within = (s: number) => (5 * s) / Math.sqrt(n);
const mean = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0) / n;

describe("normals", () => {
  const z = normals(1, 2, 3, 4, n);
  test("have the moments of the standard normal distribution", () => {
    expect(Math.abs(mean(z))).toBeLessThan(within(1));
    expect(Math.abs(mean(z.map((v) => v ** 2)) - 1)).toBeLessThan(within(Math.sqrt(2)));
    expect(Math.abs(mean(z.map((v) => v ** 3)))).toBeLessThan(within(Math.sqrt(15)));
    expect(Math.abs(mean(z.map((v) => v ** 4)) - 3)).toBeLessThan(within(Math.sqrt(96)));
  });
  test("are uncorrelated with neighbours and with every neighbouring key", () => {
    const others = [
      z.slice(1),
      normals(2, 2, 3, 4, n),
      normals(1, 3, 3, 4, n),
      normals(1, 2, 4, 4, n),
      normals(1, 2, 3, 5, n),
    ];
    for (const other of others) expect(Math.abs(mean(other.map((v, i) => v * z[i])))).toBeLessThan(within(1));
  });
  test("a shorter draw is a prefix of a longer one", () => {
    fc.assert(
      fc.property(fc.nat(40), fc.nat(), (count, seed) => {
        expect(normals(seed, 0, 0, 0, count)).toEqual(normals(seed, 0, 0, 0, 41).slice(0, count));
      }),
      { numRuns: 50 },
    );
  });
  test("large seeds are told apart", () => {
    expect(normals(2 ** 32 + 5, 0, 0, 0, 4)).not.toEqual(normals(5, 0, 0, 0, 4));
  });
  test("refuse what is not an integer in range, by name", () => {
    expect(() => normals(-1, 0, 0, 0, 1)).toThrow("random seed: expected an integer");
    expect(() => normals(0, 0.5, 0, 0, 1)).toThrow("random stream: expected an integer");
    expect(() => normals(0, 0, 2 ** 32, 0, 1)).toThrow("random step: expected an integer");
  });
});

describe("uniforms", () => {
  const u = uniforms(1, 2, 3, 4, n);
  test("fill [0, 1) evenly", () => {
    expect(u.every((v) => v >= 0 && v < 1)).toBe(true);
    expect(Math.abs(mean(u) - 0.5)).toBeLessThan(within(Math.sqrt(1 / 12)));
    const bins = new Float64Array(20);
    for (const v of u) bins[Math.floor(v * 20)]++;
    const chiSquared = bins.reduce((sum, count) => sum + (count - n / 20) ** 2 / (n / 20), 0);
    // 19 degrees of freedom: 50 is the 0.9999 quantile.
    expect(chiSquared).toBeLessThan(50);
  });
});

describe("permutation", () => {
  test("holds every number once and depends on each argument", () => {
    const order = permutation(3, 0, 0, 100);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    for (const other of [permutation(4, 0, 0, 100), permutation(3, 1, 0, 100), permutation(3, 0, 1, 100)])
      expect(other).not.toEqual(order);
  });
  test("sends each item everywhere equally often", () => {
    const counts = new Float64Array(16);
    for (let k = 0; k < 4000; k++) permutation(k, 0, 0, 4).forEach((value, at) => counts[4 * value + at]++);
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(750));
  });
  test("shuffles a copy", () => {
    const items = ["a", "b", "c", "d", "e", "f"];
    expect([...shuffled(items, 1)].sort()).toEqual(items);
    expect(items[0]).toBe("a");
    expect(permutation(0, 0, 0, 0)).toHaveLength(0);
  });
});
