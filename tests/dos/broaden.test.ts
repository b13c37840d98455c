import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { broaden, broadenTo, energies, standardGrid } from "../../src/dos/index.js";

const gaussian = (centre: number, sigma: number) =>
  Float32Array.from(
    energies(standardGrid),
    (e) => Math.exp(-0.5 * ((e - centre) / sigma) ** 2) / (sigma * Math.sqrt(2 * Math.PI)),
  );
const sum = (values: Float32Array) => values.reduce((a, b) => a + b, 0);

describe("broaden", () => {
  it("conserves states away from the ends", () => {
    fc.assert(
      fc.property(fc.integer({ min: 130, max: 270 }), fc.double({ min: 0.001, max: 1, noNaN: true }), (i, sigma) => {
        const values = new Float32Array(400);
        values[i] = 7;
        expect(sum(broaden(values, standardGrid, sigma))).toBeCloseTo(7, 4);
      }),
    );
  });

  it("is linear and moves nothing sideways", () => {
    const out = broaden(gaussian(0, 0.2), standardGrid, 0.6);
    for (let i = 0; i < 200; i++) expect(out[i]).toBeCloseTo(out[399 - i], 6);
  });

  it("treats the rows of a site DOS apart", () => {
    const values = new Float32Array(800);
    values[399] = 1;
    const out = broaden(values, standardGrid, 0.5);
    expect(sum(out.subarray(400))).toBe(0);
  });
});

describe("broadenTo", () => {
  it("turns a 0.2 eV Gaussian into a 0.5 eV one", () => {
    const siteDos = { kind: "site", grid: standardGrid, siteCount: 1, values: gaussian(-2, 0.2) } as const;
    const expected = gaussian(-2, 0.5);
    broadenTo(siteDos, 0.5).values.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 5);
    });
  });

  it("cannot sharpen", () => {
    const siteDos = { kind: "site", grid: standardGrid, siteCount: 1, values: gaussian(0, 0.2) } as const;
    expect(() => broadenTo(siteDos, 0.1)).toThrow(/broadened by 0.2 eV cannot be sharpened to 0.1 eV/);
    expect(() => broaden(siteDos.values, standardGrid, NaN)).toThrow(/at least 0 eV, got NaN/);
  });
});
