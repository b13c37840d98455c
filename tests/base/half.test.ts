import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeHalf, encodeHalf } from "../../src/base/half.js";

describe("half precision", () => {
  it("all 63,488 finite patterns survive a round trip", () => {
    const finite = Uint16Array.from({ length: 65536 }, (_, h) => h).filter((h) => (h & 0x7c00) !== 0x7c00);
    expect(encodeHalf(decodeHalf(finite))).toEqual(finite);
  });

  it("known values", () => {
    expect([...encodeHalf([0, -0, 1, -2, 65504, 2 ** -24, 1 / 3])]).toEqual([
      0, 0x8000, 0x3c00, 0xc000, 0x7bff, 1, 0x3555,
    ]);
  });

  it("rounds to the nearest, ties to even", () => {
    expect([...encodeHalf([1 + 2 ** -11, 1 + 3 * 2 ** -11, 2047.5, 2 ** -25, 1.5 * 2 ** -24])]).toEqual([
      0x3c00, 0x3c02, 0x6800, 0, 2,
    ]);
    fc.assert(
      fc.property(fc.double({ min: -65504, max: 65504, noNaN: true }), (x) => {
        const error = Math.abs(decodeHalf(encodeHalf([x]))[0] - x);
        expect(error).toBeLessThanOrEqual(Math.max(Math.abs(x) * 2 ** -11, 2 ** -25));
      }),
    );
  });

  it("refuses what it cannot hold", () => {
    for (const x of [NaN, Infinity, -70000])
      expect(() => encodeHalf([x])).toThrow(/cannot be stored in half precision/);
  });
});
