import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { key, philox4x32 } from "../../src/runtime/index.js";

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

describe("a key", () => {
  const parts = fc.oneof(fc.integer({ min: 0, max: 2 ** 31 - 1 }), fc.string());
  const paths = fc.array(parts, { maxLength: 6 });

  test("gives the same numbers again, and others on every other path", () => {
    fc.assert(
      fc.property(fc.nat(), paths, paths, (seed, a, b) => {
        const [one, other] = [key(seed).fold(...a), key(seed).fold(...b)];
        expect(one.normals(4)).toEqual(
          key(seed)
            .fold(...a)
            .normals(4),
        );
        fc.pre(JSON.stringify(a) !== JSON.stringify(b));
        expect(other.normals(4)).not.toEqual(one.normals(4));
        expect(other.uniforms(4)).not.toEqual(one.uniforms(4));
      }),
    );
  });

  test("folds a path at once or part by part", () => {
    fc.assert(
      fc.property(fc.nat(), paths, fc.nat(6), (seed, path, at) => {
        const halves = key(seed)
          .fold(...path.slice(0, at))
          .fold(...path.slice(at));
        expect(halves.uniforms(3)).toEqual(
          key(seed)
            .fold(...path)
            .uniforms(3),
        );
      }),
    );
  });

  test("differs from its children, names from numbers, and large seeds from small ones", () => {
    const draws = [
      ...[key(5), key(5).fold(0), key(5).fold(0, 0), key(5).fold(0, 0, 0), key(5).fold(0, 0, 0, 0)],
      ...[key(5).fold("0"), key(5).fold(""), key(5).fold("ab"), key(5).fold("a", "b"), key(2 ** 32 + 5)],
    ].map((k) => k.normals(2)[0]);
    expect(new Set(draws).size).toBe(draws.length);
  });

  test("of three numbers keeps the numbers that seeds have always had", () => {
    expect([...key(1).fold(2, 3, 4).normals(3)]).toEqual([-1.65712308883667, 0.2499912977218628, 0.010464448481798172]);
    expect([...key(1).fold(2, 3, 4).uniforms(3)]).toEqual([
      0.2455446720123291, 0.47616976499557495, 0.45466041564941406,
    ]);
    expect([...key(1).fold(2, 3).permutation(6)]).toEqual([2, 3, 1, 5, 4, 0]);
  });

  test("refuses what is not an integer in range, by name", () => {
    expect(() => key(-1)).toThrow("random seed: expected an integer from 0 to 9007199254740991, found -1");
    expect(() => key(0).fold(0.5)).toThrow("random fold: expected an integer from 0 to 2147483647, found 0.5");
    expect(() => key(0).fold(2 ** 31)).toThrow("random fold: expected an integer");
    expect(() => key(0).normals(NaN)).toThrow("random count: expected an integer");
  });
});

describe("normals", () => {
  const z = key(1).fold(2, 3, 4).normals(n);
  test("have the moments of the standard normal distribution", () => {
    expect(Math.abs(mean(z))).toBeLessThan(within(1));
    expect(Math.abs(mean(z.map((v) => v ** 2)) - 1)).toBeLessThan(within(Math.sqrt(2)));
    expect(Math.abs(mean(z.map((v) => v ** 3)))).toBeLessThan(within(Math.sqrt(15)));
    expect(Math.abs(mean(z.map((v) => v ** 4)) - 3)).toBeLessThan(within(Math.sqrt(96)));
  });
  test("are uncorrelated with neighbours and with every neighbouring key", () => {
    const others = [
      z.slice(1),
      ...[key(2).fold(2, 3, 4), key(1).fold(3, 3, 4), key(1).fold(2, 4, 4), key(1).fold(2, 3, 5)],
      ...[key(1).fold(2, 3, 4, 0), key(1).fold(2, 3), key(1).fold("strain"), key(1).fold("a", "b", "c", "d")],
    ];
    for (const other of others.map((o) => (o instanceof Float32Array ? o : o.normals(n))))
      expect(Math.abs(mean(other.map((v, i) => v * z[i])))).toBeLessThan(within(1));
  });
  test("a shorter draw is a prefix of a longer one", () => {
    fc.assert(
      fc.property(fc.nat(40), fc.nat(), (count, seed) => {
        expect(key(seed).normals(count)).toEqual(key(seed).normals(41).slice(0, count));
      }),
      { numRuns: 50 },
    );
  });
});

describe("uniforms", () => {
  const u = key(1).fold(2, 3, 4).uniforms(n);
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
  test("holds every number once and depends on the whole path", () => {
    const order = key(3).permutation(100);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    for (const other of [key(4), key(3).fold(1), key(3).fold(0, 0, 1), key(3).fold(0, 0, 0, "x")])
      expect(other.permutation(100)).not.toEqual(order);
  });
  test("sends each item everywhere equally often", () => {
    const counts = new Float64Array(16);
    for (let k = 0; k < 4000; k++)
      key(k)
        .permutation(4)
        .forEach((value, at) => counts[4 * value + at]++);
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(750));
  });
  test("shuffles a copy", () => {
    const items = ["a", "b", "c", "d", "e", "f"];
    expect([...key(1).shuffled(items)].sort()).toEqual(items);
    expect(items[0]).toBe("a");
    expect(key(0).permutation(0)).toHaveLength(0);
  });
});
