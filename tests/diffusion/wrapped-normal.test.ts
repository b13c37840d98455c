import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { scoreNorm, scoreNorms, wrappedNormalDensity, wrappedNormalScore } from "../../src/diffusion/index.js";
import { expectAllClose } from "../support/close.js";

const golden = (
  JSON.parse(readFileSync("tests/fixtures/reference/dosmatgen-reference.json", "utf8")) as {
    d_log_p_wrapped_normal_float64: { x: number[]; sigma: number[]; "value[sigma][x]": (number | null)[][] };
  }
).d_log_p_wrapped_normal_float64;

const xs = fc.double({ min: -3, max: 3, noNaN: true });
const sigmas = fc.double({ min: Math.log(1e-4), max: Math.log(2), noNaN: true }).map(Math.exp);

describe("score of the wrapped normal", () => {
  test.each(golden.sigma.map((sigma, k) => [sigma, k] as const))("golden values at sigma %d", (sigma, k) => {
    const values = golden["value[sigma][x]"][k];
    const known = golden.x.filter((_, i) => values[i] !== null);
    const expected = values.filter((value) => value !== null);
    expect(expected.length).toBeGreaterThan(0);
    expectAllClose(
      known.map((x) => wrappedNormalScore(x, sigma)),
      expected,
      { tolerance: 1e-9 },
    );
  });

  test("finite, odd and periodic for every sigma and x, also where the plain sums underflow", () => {
    fc.assert(
      fc.property(xs, sigmas, (x, sigma) => {
        const score = wrappedNormalScore(x, sigma);
        expect(Number.isFinite(score)).toBe(true);
        expect(Math.abs(score)).toBeLessThanOrEqual(0.5 / sigma ** 2);
        // At half a turn the score jumps for a small sigma; away from it the laws are exact up to rounding of x.
        const fromJump = Math.abs(Math.abs(x - Math.round(x)) - 0.5);
        fc.pre(fromJump > 1e-9 + 20 * sigma ** 2 * 1e-9);
        const tolerance = 1e-6 + 1e-12 / (sigma ** 2 * Math.min(1, fromJump));
        expect(Math.abs(wrappedNormalScore(-x, sigma) + score)).toBeLessThan(tolerance);
        expect(Math.abs(wrappedNormalScore(x + 2, sigma) - score)).toBeLessThan(tolerance);
      }),
      { numRuns: 500 },
    );
  });

  test("is minus the derivative of the log density", () => {
    fc.assert(
      fc.property(xs, fc.double({ min: 0.05, max: 0.6, noNaN: true }), (x, sigma) => {
        const h = 1e-5;
        const slope = Math.log(wrappedNormalDensity(x + h, sigma) / wrappedNormalDensity(x - h, sigma)) / (2 * h);
        expect(wrappedNormalScore(x, sigma)).toBeCloseTo(-slope, 3);
      }),
    );
  });

  test("near an image of the origin it is x / sigma^2", () => {
    for (const sigma of [1e-4, 1e-3, 0.005, 0.05]) {
      const x = 0.7 * sigma;
      expect(wrappedNormalScore(x, sigma) / (x / sigma ** 2)).toBeCloseTo(1, 9);
      expect(wrappedNormalScore(2 + x, sigma) / (x / sigma ** 2)).toBeCloseTo(1, 9);
    }
  });
});

test("the density integrates to one over a period", () => {
  for (const sigma of [1e-3, 0.005, 0.05, 0.2, 0.5, 2]) {
    expect(midpoint((x) => wrappedNormalDensity(x, sigma), 20_000)).toBeCloseTo(1, 5);
  }
});

describe("lambda, the score's mean square", () => {
  test.each([1e-4, 1e-3, 0.005, 0.02, 0.1, 0.2, 0.35, 0.5])("at sigma %d it equals a fine quadrature", (sigma) => {
    // Independent of the implementation: brute force over the cover, where x is a plain normal variable.
    const points = 40_000;
    const half = 9;
    let sum = 0;
    for (let i = 0; i < points; i++) {
      const z = -half + ((i + 0.5) * 2 * half) / points;
      sum += Math.exp(-0.5 * z * z) * plainScore(z * sigma, sigma) ** 2;
    }
    const expected = (sum * ((2 * half) / points)) / Math.sqrt(2 * Math.PI);
    expect(scoreNorm(sigma) / expected).toBeCloseTo(1, 6);
  });

  test("approaches 1 / sigma^2 for small sigma", () => {
    for (const sigma of [1e-4, 1e-3, 0.01]) expect(scoreNorm(sigma) * sigma ** 2).toBeCloseTo(1, 8);
  });

  test("the clean entry of a schedule is 1", () => {
    expect([...scoreNorms(Float64Array.of(0, 0.1))]).toEqual([1, scoreNorm(0.1)]);
  });
});

/** The textbook sums around the nearest images; none underflows, since the nearest image is always among them. */
function plainScore(x: number, sigma: number): number {
  const centre = Math.round(x);
  const nearest = Math.abs(x - centre);
  let [weights, moments] = [0, 0];
  for (let k = centre - 30; k <= centre + 30; k++) {
    const weight = Math.exp((nearest ** 2 - (x - k) ** 2) / (2 * sigma ** 2));
    weights += weight;
    moments += weight * (x - k);
  }
  return moments / weights / sigma ** 2;
}

function midpoint(f: (x: number) => number, points: number): number {
  let sum = 0;
  for (let i = 0; i < points; i++) sum += f((i + 0.5) / points - 0.5);
  return sum / points;
}
