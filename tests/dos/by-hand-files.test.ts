// Small cases of file readers worked out by hand.
import { describe, expect, it } from "vitest";
import { broadenDos, dosFile, energies, resampleDos, targetFromDos, targetNotes } from "../../src/dos/index.js";
import { BandExtrema } from "../../src/dos/readers/bands.js";
import { addSpectra, assertDosFile, knownFromValues } from "../../src/dos/readers/dos-file.js";

const near = (found: ArrayLike<number>, expected: readonly number[], digits = 6) => {
  expect(found).toHaveLength(expected.length);
  expected.forEach((value, i) => expect(found[i], `entry ${i}`).toBeCloseTo(value, digits));
};

describe("files on a grid", () => {
  // One state per eV in the middle of three points.
  const file = (binning: "centred" | "below") => ({
    ...dosFile({ source: "f", format: "f", energies: [0, 1, 2], totalDos: [0, 1, 0] }),
    binning,
  });
  /** Cumulative normal distribution by Simpson's rule. */
  const cdf = (x: number) => {
    const n = 2000;
    const h = (x + 10) / n;
    let sum = 0;
    for (let i = 0; i <= n; i++)
      sum += (i === 0 || i === n ? 1 : i % 2 === 1 ? 4 : 2) * Math.exp(-0.5 * (-10 + i * h) ** 2);
    return (sum * h) / 3 / Math.sqrt(2 * Math.PI);
  };

  it.each([
    ["centred", 0.5, 1.5, 0],
    ["below", 0, 1, 0],
    ["centred", 0.5, 1.5, 0.75],
    ["below", 0, 1, -1.5],
  ] as const)(
    "broadened: a value is a density over its step (%s, %d to %d eV, shift %d)",
    (binning, from, to, shift) => {
      const grid = { start: -4, stop: 6, count: 41 };
      const { totalDos } = broadenDos(file(binning), grid, 0.3, shift);
      const expected = Array.from(energies(grid), (e) => cdf((to + shift - e) / 0.3) - cdf((from + shift - e) / 0.3));
      near(totalDos!.values, expected, 6);
    },
  );

  it("resampled: zero beyond the file", () => {
    near(
      resampleDos(file("centred"), { start: -1, stop: 3, count: 9 }).totalDos!.values,
      [0, 0, 0, 0.5, 1, 0.5, 0, 0, 0],
    );
    const flat = dosFile({ source: "f", format: "f", energies: [0, 1, 2], siteDos: [[2, 2, 2], [3, 3, 3]] }); // prettier-ignore
    const { siteDos, totalDos } = resampleDos(flat, { start: -1, stop: 3, count: 9 });
    near(siteDos!.values.subarray(0, 9), [0, 0, 2, 2, 2, 2, 2, 0, 0]);
    near(siteDos!.values.subarray(9), [0, 0, 3, 3, 3, 3, 3, 0, 0]);
    expect(siteDos!.siteCount).toBe(2);
    expect(totalDos).toBeUndefined();
  });

  it("what is known ends with the last states", () => {
    const from = Float64Array.of(0, 1, 2, 3);
    expect(knownFromValues(from, [1, 1, 0, 0])).toEqual([0, 1]);
    expect(knownFromValues(from, [1, 1, 1, 2e-4])).toEqual([0, 3]);
    expect(knownFromValues(from, [1, 1, -1, 5e-5])).toEqual([0, 2]);
    expect(knownFromValues(from, [0, 0, 0, 0])).toEqual([0, 3]);
    expect([...addSpectra([[1, 2], [3, 5]], 2)]).toEqual([4, 7]); // prettier-ignore
  });

  it("plausible numbers end at 1e5 eV and 1e6 states/eV", () => {
    const with_ = (energies: number[], totalDos: number[], fermiEnergy = 0) =>
      assertDosFile({ ...file("centred"), energies: Float64Array.from(energies), totalDos: Float64Array.from(totalDos), fermiEnergy }); // prettier-ignore
    with_([-1e5, 1e5], [1e6, -1e6], -1e5);
    expect(() => with_([-1.01e5, 0], [1, 1])).toThrow("f: an energy of -101000 eV");
    expect(() => with_([0, 1], [1, 1], 1.01e5)).toThrow("f: an energy of 101000 eV");
    expect(() => with_([0, 1], [0, 1.01e6])).toThrow("f: a density of 1010000 states/eV at 1.000 eV");
    expect(() => with_([0, 1], [0, -1.01e6])).toThrow("a density of -1010000");
  });
});

describe("bands", () => {
  /** Bands of one spin: [energy, occupation] at each of two k-points. */
  const extrema = (...bands: [[number, number], [number, number]][]) => {
    const found = new BandExtrema();
    for (const k of [0, 1]) {
      bands.forEach((band, b) => found.add(0, b, ...band[k]));
      found.endOfKPoint();
    }
    return found;
  };

  it("valence-band maximum and completeness", () => {
    const gapped = extrema([[-3, 1], [-1, 1]], [[2, 0], [1, 0]]); // prettier-ignore
    expect(gapped.valenceBandMaximum()).toBe(-1);
    expect(gapped.completeTo).toBe(1);
    expect(gapped.empty).toBe(false);
    expect(new BandExtrema().empty).toBe(true);
    gapped.endOfKPoint(); // a k-point without states says nothing
    expect(gapped.completeTo).toBe(1);
    expect(new BandExtrema().completeTo).toBe(Infinity);
  });

  it("a band in between, a narrow gap or no empty band make a metal", () => {
    expect(extrema([[-3, 1], [-1, 1]], [[0, 0.5], [1, 0]]).valenceBandMaximum()).toBeNull(); // prettier-ignore
    expect(extrema([[-3, 1], [-1, 0.85]], [[2, 0], [1, 0]]).valenceBandMaximum()).toBeNull(); // prettier-ignore
    expect(extrema([[-3, 1], [-1, 0.95]], [[2, 0.05], [1, 0]]).valenceBandMaximum()).toBe(-1); // prettier-ignore
    expect(extrema([[-3, 1], [-1, 1]], [[2, 0.15], [1, 0]]).valenceBandMaximum()).toBeNull(); // prettier-ignore
    expect(extrema([[-3, 1], [-1, 1]], [[2, 0], [-0.9375, 0]]).valenceBandMaximum()).toBe(-1); // prettier-ignore
    expect(extrema([[-3, 1], [-1, 1]], [[2, 0], [-0.96875, 0]]).valenceBandMaximum()).toBeNull(); // prettier-ignore
    expect(extrema([[-3, 1], [-1, 1]]).valenceBandMaximum()).toBeNull(); // prettier-ignore
    expect(extrema([[-3, 0], [-1, 0]]).valenceBandMaximum()).toBeNull(); // prettier-ignore
  });

  it("occupations of 2 without spin; the edges of both spins", () => {
    expect(extrema([[-3, 2], [-1, 1.9]], [[2, 0.1], [1, 0]]).valenceBandMaximum()).toBe(-1); // prettier-ignore
    expect(extrema([[-3, 2], [-1, 1]], [[2, 0], [1, 0]]).valenceBandMaximum()).toBeNull(); // prettier-ignore
    const spins = new BandExtrema();
    for (const [spin, band, energy, occupation] of [
      [0, 0, -2, 1],
      [0, 1, 3, 0],
      [1, 0, -1.5, 1],
      [1, 1, 1, 0],
    ] as const)
      // prettier-ignore
      spins.add(spin, band, energy, occupation);
    spins.endOfKPoint();
    expect(spins.valenceBandMaximum()).toBe(-1.5);
  });
});

describe("the zero and the window of a target", () => {
  const wide = energies({ start: -12, stop: 12, count: 241 });
  const total = (f: (e: number) => number, sigma = 0) =>
    dosFile({ source: "f", format: "f", energies: wide, totalDos: Array.from(wide, f), sigma, known: [-12, 12] });
  const shift = (f: (e: number) => number, sigma = 0) => targetFromDos(total(f, sigma)).energyShift;
  const at = (e: number) => Math.round(e * 10);

  it("of a sharp spectrum: the last energy with states below the Fermi level", () => {
    expect(shift((e) => (at(e) <= -7 || at(e) >= 20 ? 1 : 0))).toBeCloseTo(0.7, 9);
    // States up to the Fermi level: nothing to move.
    expect(shift((e) => (at(e) <= 0 || at(e) >= 20 ? 1 : 0))).toBeCloseTo(0, 9);
    expect(shift((e) => (at(e) === -3 ? 0 : 1))).toBeCloseTo(0, 9);
    // Less than a thousandth of the mean does not count as states, more does.
    const faint = (share: number) => shift((e) => (at(e) <= -7 || at(e) >= 20 ? 1 : share));
    expect(faint(5e-4)).toBeCloseTo(0.7, 9);
    expect(faint(5e-3)).toBe(0);
    // No states below: not a valence band.
    expect(shift((e) => (at(e) >= 20 ? 1 : 0))).toBe(0);
  });

  it("of a broadened one only when zero lies well inside the gap", () => {
    const edge = (e: number, top: number, bottom: number) =>
      0.5 * (1 - Math.tanh((e - top) / 0.15)) + 0.5 * (1 + Math.tanh((e - bottom) / 0.15));
    const moved = shift((e) => edge(e, -1.5, 1.5), 0.2);
    expect(moved).toBeGreaterThan(1.3);
    expect(moved).toBeLessThan(1.6);
    expect(shift((e) => edge(e, -0.3, 2.5), 0.2)).toBe(0);
    expect(shift((e) => edge(e, -0.05, 0.05), 0.2)).toBe(0);
  });

  it("the window: what is asked for, less what is missing; 0.8 eV at least", () => {
    const window = (known: [number, number], energyWindow?: [number, number]) =>
      targetFromDos({ ...total(() => 1, 0.2), known }, { energyWindow }).energyWindow;
    expect(window([-12, 12])).toBeUndefined();
    expect(window([-9, 12])).toEqual([-9, 10]);
    expect(window([-12, 4])).toEqual([-10, 4]);
    expect(window([-9, 4], [-3, 2])).toEqual([-3, 2]);
    expect(window([-9, 4], [-3, 6])).toEqual([-3, 4]);
    // A step of the grid (0.05 eV) less is no loss.
    expect(window([-9.96, 9.96])).toBeUndefined();
    expect(window([-9.9, 10])).toEqual([-9.9, 10]);
    expect(window([-1, -0.15])).toEqual([-1, -0.15]);
    expect(() => window([-1, -0.25])).toThrow("the file has those from -1.00 to -0.25 eV");
    // Before broadening by 0.2 eV, two standard deviations at either end are unsure.
    const sharp = targetFromDos({ ...total(() => 1), known: [-8, 6] }, { zero: "keep" }).energyWindow!;
    near(sharp, [-7.6, 5.6], 9);
  });

  it("the notes say what was done, with numbers", () => {
    const file = { ...total((e) => (at(e) <= -7 || at(e) >= 20 ? 1 : 0)), known: [-8, 6] as const, notes: ["old"] };
    const target = targetFromDos(file);
    expect(targetNotes(file, target)).toEqual([
      "f: old",
      "f: a gapped spectrum: shifted by 0.700 eV, its valence-band maximum is the zero",
      "f: states are known from -6.90 to 6.30 eV only; the rest is masked (in VASP: NBANDS, EMIN, EMAX, NEDOS)",
    ]);
    const plain = total(() => 1, 0.2);
    expect(targetNotes(plain, targetFromDos(plain))).toEqual([]);
    const asked = targetFromDos(plain, { energyWindow: [-3, 2] });
    expect(targetNotes(plain, asked, [-3, 2])).toEqual([]);
    const broad = total(() => 1, 0.3);
    expect(targetNotes(broad, targetFromDos(broad))).toEqual([
      "f: broadened by 0.30 eV, the models' data by 0.2 eV: details are lost",
    ]);
  });
});
