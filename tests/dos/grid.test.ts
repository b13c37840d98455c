import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { energies, integrate, resample, resampleFrom, standardGrid, type EnergyGrid } from "../../src/dos/index.js";

const gaussian = (grid: EnergyGrid, centre: number, sigma: number) =>
  Float32Array.from(
    energies(grid),
    (e) => Math.exp(-0.5 * ((e - centre) / sigma) ** 2) / (sigma * Math.sqrt(2 * Math.PI)),
  );

describe("energies", () => {
  it("is numpy.linspace", () => {
    const e = energies(standardGrid);
    expect(e).toHaveLength(400);
    expect([e[0], e[399]]).toEqual([-10, 10]);
    expect(e[1] - e[0]).toBeCloseTo(20 / 399, 12);
  });
});

describe("resample", () => {
  it("gives the same values back on the same grid", () => {
    const values = gaussian(standardGrid, 1, 0.3);
    expect(resample(values, standardGrid, standardGrid)).toEqual(values);
  });

  it("is exact for straight lines, whatever the two grids", () => {
    const line = (e: number) => 3 - 0.2 * e;
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 900 }), fc.integer({ min: 2, max: 900 }), (n, m) => {
        const from = { start: -12, stop: 11, count: n };
        const to = { start: -10, stop: 10, count: m };
        const out = resample(Float32Array.from(energies(from), line), from, to);
        energies(to).forEach((e, i) => {
          expect(out[i]).toBeCloseTo(line(e), 3);
        });
      }),
      { numRuns: 40 },
    );
  });

  it("keeps the states of a peak far narrower than the new grid", () => {
    fc.assert(
      fc.property(fc.double({ min: -8, max: 8, noNaN: true }), (centre) => {
        const fine = { start: -20, stop: 20, count: 8001 };
        const values = resample(gaussian(fine, centre, 0.01), fine, standardGrid);
        expect(integrate({ grid: standardGrid, values }, -10, 10)).toBeCloseTo(1, 2);
      }),
      { numRuns: 30 },
    );
  });

  it("resamples several spectra at once", () => {
    const wide = { start: -15, stop: 15, count: 301 };
    const both = new Float32Array(602);
    both.set(gaussian(wide, -3, 0.5));
    both.set(gaussian(wide, 4, 0.5), 301);
    const out = resample(both, wide, standardGrid);
    expect(out.subarray(400)).toEqual(resample(gaussian(wide, 4, 0.5), wide, standardGrid));
  });

  it("refuses a range that does not cover, with numbers", () => {
    const short = { start: -9.5, stop: 12, count: 100 };
    expect(() => resample(new Float32Array(100), short, standardGrid)).toThrow(
      /-9\.5 to 12 eV do not cover -10 to 10 eV/,
    );
  });

  it("refuses energies that do not rise and values that do not fit", () => {
    expect(() => resampleFrom([-20, 0, 0, 20], new Float32Array(4), standardGrid)).toThrow(
      /energy 2 is 0 eV after 0 eV/,
    );
    expect(() => resampleFrom([-20, NaN, 20], new Float32Array(3), standardGrid)).toThrow(/energy 1 is NaN/);
    expect(() => resampleFrom([-20, 20], new Float32Array(3), standardGrid)).toThrow(
      /3 values do not make whole spectra of 2/,
    );
  });
});
