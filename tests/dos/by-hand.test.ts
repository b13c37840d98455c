// Small cases worked out by hand: every number here can be checked with a pencil.
import { describe, expect, it } from "vitest";
import {
  bandCentre,
  bandEdges,
  broaden,
  broadenTo,
  dosAtFermi,
  energies,
  extraSigma,
  integrate,
  matchDos,
  meanAbsoluteError,
  meanOfSites,
  occupiedElectrons,
  pairSites,
  relativeL1,
  resampleFrom,
  sameGrid,
  siteCurve,
  siteMatches,
  spacing,
  sumOfSites,
  totalFromPartition,
  wasserstein,
  type EnergyGrid,
  type SiteDos,
  type Target,
} from "../../src/dos/index.js";

const f32 = (...values: number[]) => Float32Array.from(values);
/** Energies 0, 1, ... count - 1. */
const steps = (count: number): EnergyGrid => ({ start: 0, stop: count - 1, count });
const squares = Array.from({ length: 9 }, (_, x) => x * x);
const near = (found: ArrayLike<number>, expected: readonly number[], digits = 6) => {
  expect(found).toHaveLength(expected.length);
  expected.forEach((value, i) => expect(found[i], `entry ${i}`).toBeCloseTo(value, digits));
};

describe("grids", () => {
  it("spacing, energies, equality", () => {
    expect(spacing({ start: -1, stop: 2, count: 7 })).toBe(0.5);
    expect([...energies({ start: -1, stop: 1, count: 5 })]).toEqual([-1, -0.5, 0, 0.5, 1]);
    expect(sameGrid(steps(5), { start: 5e-7, stop: 4 - 5e-7, count: 5 })).toBe(true);
    expect(sameGrid(steps(5), { start: 2e-6, stop: 4, count: 5 })).toBe(false);
    expect(sameGrid(steps(5), { start: 0, stop: 4 + 2e-6, count: 5 })).toBe(false);
    expect(sameGrid(steps(5), { start: 0, stop: 4, count: 6 })).toBe(false);
  });

  it("finer: linear between points, also where these are unevenly spaced", () => {
    near(resampleFrom([0, 1, 3], [0, 2, 8], { start: 0, stop: 3, count: 7 }), [0, 1, 2, 3.5, 5, 6.5, 8]);
    // Equal spacing is not coarser: the value at 1.25 is 1 + 3/4.
    near(resampleFrom(energies(steps(9)), squares, { start: 0.25, stop: 7.25, count: 8 }).subarray(0, 3), [0.25, 1.75, 5.25]); // prettier-ignore
  });

  it("coarser: means over cells, narrower ones near the ends, points at the ends", () => {
    const from = energies(steps(9));
    // Piecewise linear x^2: the integral from 1 to 3 is (1 + 4)/2 + (4 + 9)/2 = 9, over a cell of 2.
    near(resampleFrom(from, squares, { start: 0, stop: 8, count: 5 }), [0, 4.5, 16.5, 36.5, 64]);
    // Cells from 0 to 1, 1.5 to 3.5, 3.5 to 5.5, 5.5 to 7.5.
    near(resampleFrom(from, squares, { start: 0.5, stop: 6.5, count: 4 }), [0.5, 6.75, 20.75, 42.75]);
    // The last cell is cut by the file's end: 7 to 8.
    near(resampleFrom(from, squares, { start: 1.5, stop: 7.5, count: 4 }).subarray(3), [56.5]);
    // A second row is its own.
    const rows = resampleFrom(from, [...squares, ...squares.map((x) => -x)], { start: 0, stop: 8, count: 5 });
    near(rows, [0, 4.5, 16.5, 36.5, 64, -0, -4.5, -16.5, -36.5, -64]);
  });

  it("a hundredth of a step beyond the file is allowed, more is not", () => {
    const onto = (start: number, stop: number) => resampleFrom([0, 10], [0, 10], { start, stop, count: 11 });
    near(onto(0, 10.009).subarray(10), [10]);
    near(onto(-0.009, 10).subarray(0, 1), [0]);
    expect(() => onto(-0.02, 10)).toThrow("energies from 0 to 10 eV do not cover -0.02 to 10 eV");
    expect(() => onto(0, 10.02)).toThrow("do not cover 0 to 10.02 eV");
    expect(() => resampleFrom([1], [1], steps(2))).toThrow("at least 2 energies are needed, got 1");
  });
});

describe("broadening", () => {
  const gaussSum = (sigma: number, radius: number) => {
    let sum = 0;
    for (let k = -radius; k <= radius; k++) sum += Math.exp(-0.5 * (k / sigma) ** 2);
    return sum;
  };

  it("spreads one state as a Gaussian of that many steps, normalised", () => {
    const norm = gaussSum(1, 6);
    const out = broaden(f32(0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0), steps(11), 1);
    near(
      out,
      Array.from({ length: 11 }, (_, i) => Math.exp(-0.5 * (i - 5) ** 2) / norm),
      7,
    );
    // In eV: on a grid of half the spacing the same sigma is two steps.
    const fine = broaden(f32(0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0), { start: 0, stop: 5, count: 11 }, 1);
    near(
      fine,
      Array.from({ length: 11 }, (_, i) => Math.exp(-0.5 * ((i - 5) / 2) ** 2) / gaussSum(2, 11)),
      7,
    );
  });

  it("ends after six standard deviations and loses what goes over the end", () => {
    const out = broaden(f32(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), steps(11), 0.5);
    expect(out[3]).toBeGreaterThan(0);
    expect([...out.subarray(4)]).toEqual([0, 0, 0, 0, 0, 0, 0]);
    const norm = gaussSum(0.5, 3);
    near(out.subarray(0, 2), [1 / norm, Math.exp(-2) / norm], 7);
    const last = broaden(f32(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), steps(11), 0.5);
    expect([...last].reverse()).toEqual([...out]);
  });

  it("sigma 0 copies", () => {
    const values = f32(1, 2, 3);
    const out = broaden(values, steps(3), 0);
    expect(out).toEqual(values);
    expect(out).not.toBe(values);
    expect(() => broaden(values, steps(3), -0.1)).toThrow("at least 0 eV, got -0.1");
    expect(() => broaden(values, steps(3), Infinity)).toThrow("got Infinity");
  });

  it("Gaussians add in squares: 3, 4, 5", () => {
    expect(extraSigma(0.5, 0.3)).toBeCloseTo(0.4, 12);
    expect(extraSigma(0.25, 0.2)).toBeCloseTo(0.15, 12);
    expect(extraSigma(0.2)).toBe(0);
    const dos = { kind: "site", grid: steps(11), siteCount: 1, values: f32(0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0) } as const;
    expect(broadenTo(dos, 0.5, 0.3).values).toEqual(broaden(dos.values, dos.grid, extraSigma(0.5, 0.3)));
    expect(broadenTo(dos, 0.5)).not.toHaveProperty("total");
    const total = { kind: "total", grid: steps(11), values: f32(0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0) } as const;
    const both = broadenTo({ ...dos, total }, 1.5);
    expect(both.total!.values).toEqual(broaden(total.values, total.grid, extraSigma(1.5)));
    expect(both.total!.kind).toBe("total");
  });
});

describe("distances between curves", () => {
  const p = [f32(1, 2, 3)];
  const t = [f32(2, 2, 1)];

  it("mean absolute error, relative L1, Wasserstein", () => {
    expect(meanAbsoluteError.compute(p, t, 2)).toBe(1);
    expect(relativeL1.compute(p, t, 2)).toBeCloseTo(3 / 5, 12);
    // Cumulative: 1/6, 3/6 against 2/5, 4/5: differences 7/30 and 9/30, times the step.
    expect(wasserstein.compute(p, t, 2)).toBeCloseTo((2 * 16) / 30, 6);
    expect(wasserstein.compute([f32(0, 3, 0, 0)], [f32(0, 0, 0, 1)], 0.5)).toBeCloseTo(1, 12);
  });

  it("several rows: absolute differences over all entries, transport as the rows' mean", () => {
    expect(meanAbsoluteError.compute([...p, f32(0, 0, 6)], [...t, f32(0, 0, 0)], 1)).toBeCloseTo(9 / 6, 12);
    expect(relativeL1.compute([...p, f32(0, 0, 5)], [...t, f32(0, 0, 5)], 1)).toBeCloseTo(3 / 10, 12);
    expect(wasserstein.compute([...p, f32(1, 0, 0)], [...p, f32(0, 0, 1)], 1)).toBeCloseTo(1, 12);
  });

  it("signs and empty curves", () => {
    expect(relativeL1.compute([f32(-2, 2)], [f32(-1, 1)], 1)).toBe(1);
    expect(relativeL1.compute([f32(0, 0)], [f32(0, 0)], 1)).toBe(0);
    expect(relativeL1.compute([f32(0, 1)], [f32(0, 0)], 1)).toBeCloseTo(1e12, -6);
    expect(wasserstein.compute([f32(0, 0, 0)], [f32(0, 0, 0)], 0.5)).toBe(0);
    expect(wasserstein.compute([f32(0, 1, 0)], [f32(0, 0, 0)], 0.5)).toBe(1);
    expect(wasserstein.compute([f32(0, 0, 0)], [f32(0, 1, 0)], 0.5)).toBe(1);
  });
});

describe("features", () => {
  const ramp = { grid: steps(5), values: f32(0, 1, 2, 3, 4) };

  it("integrals of a straight line, within, at and beyond the ends", () => {
    expect(integrate(ramp, 0.5, 2.5)).toBeCloseTo(3, 12);
    expect(integrate(ramp, 1, 3)).toBeCloseTo(4, 12);
    expect(integrate(ramp, -7, 99)).toBeCloseTo(8, 12);
    expect(integrate(ramp, 2, 2)).toBe(0);
    expect(integrate(ramp, 3, 1)).toBe(0);
    expect(integrate(ramp, 5, 9)).toBe(0);
    // E times the curve at 0.5, 1, 2, 2.5 is 0.25, 1, 4, 6.25.
    expect(integrate(ramp, 0.5, 2.5, (e) => e)).toBeCloseTo(0.3125 + 2.5 + 2.5625, 12);
  });

  it("centre, electrons, Fermi level", () => {
    expect(bandCentre(ramp, [0.5, 2.5])).toBeCloseTo(5.375 / 3, 12);
    expect(bandCentre({ grid: steps(3), values: f32(0, 1, 0) })).toBeCloseTo(1, 12);
    expect(bandCentre(ramp, [7, 9])).toBeNull();
    const around = { grid: { start: -2, stop: 2, count: 5 }, values: f32(1, 3, 5, 7, 9) };
    expect(occupiedElectrons(around)).toBeCloseTo(6, 12);
    expect(dosAtFermi(around)).toBe(5);
    expect(dosAtFermi({ grid: { start: -1, stop: 2, count: 2 }, values: f32(3, 9) })).toBeCloseTo(5, 12);
    expect(dosAtFermi({ grid: { start: -4, stop: 0, count: 5 }, values: f32(0, 0, 0, 0, 7) })).toBe(7);
    expect(dosAtFermi({ grid: steps(2), values: f32(7, 1) })).toBe(7);
    expect(() => dosAtFermi({ grid: { start: 1, stop: 2, count: 2 }, values: f32(1, 1) })).toThrow(
      "0 eV is outside the grid, 1 to 2 eV",
    );
    expect(() => dosAtFermi({ grid: { start: -2, stop: -1, count: 2 }, values: f32(1, 1) })).toThrow(
      "outside the grid",
    );
  });

  it("band edges, point by point", () => {
    // Energies -2 to 3; threshold one half; 1.9 sigma is 0.19.
    const grid = { start: -2, stop: 3, count: 6 };
    const edges = (values: number[], sigma = 0.1) =>
      bandEdges({ grid, values: Float32Array.from(values) }, { threshold: 0.5, sigma });
    const found = edges([1, 1, 0.25, 0.25, 1, 1])!;
    expect(found.valenceBandMaximum).toBeCloseTo(0 - 0.19, 12);
    expect(found.conductionBandMinimum).toBe(1);
    expect(found.gap).toBeCloseTo(1.19, 12);
    // The stretch reaches below zero.
    expect(edges([1, 0, 0, 0, 1, 1])!.valenceBandMaximum).toBeCloseTo(-1.19, 12);
    // To the end of the grid.
    expect(edges([1, 1, 0, 0, 0, 0])!.conductionBandMinimum).toBe(3);
    // The threshold itself is not below it.
    expect(edges([1, 1, 0.5, 0.5, 1, 1])).toBeNull();
    expect(edges([1, 0.5, 0, 0.5, 1, 1])).toMatchObject({ conductionBandMinimum: 0 });
    // At most four sigma above zero.
    expect(edges([1, 1, 1, 0, 1, 1], 0.25)!.valenceBandMaximum).toBeCloseTo(1 - 0.475, 12);
    expect(edges([1, 1, 1, 0, 1, 1], 0.24)).toBeNull();
    // States below are needed, and an end to them.
    expect(edges([0, 0, 0, 1, 1, 1])).toBeNull();
    expect(edges([1, 1, 1, 1, 1, 1])).toBeNull();
    expect(bandEdges({ grid: { start: 1, stop: 3, count: 3 }, values: f32(1, 0, 1) }, { threshold: 0.5 })).toBeNull();
  });
});

describe("sites", () => {
  const dos: SiteDos = { kind: "site", grid: steps(2), siteCount: 3, values: f32(1, 2, 3, 4, 8, 16) };

  it("one, sum, mean, mask", () => {
    expect([...siteCurve(dos, 1).values]).toEqual([3, 4]);
    expect([...siteCurve(dos, 2).values]).toEqual([8, 16]);
    for (const site of [-1, 3, 0.5]) expect(() => siteCurve(dos, site)).toThrow(`site ${site} does not exist`);
    expect([...sumOfSites(dos).values]).toEqual([12, 22]);
    expect(totalFromPartition(dos)).toMatchObject({ kind: "total", values: f32(12, 22) });
    expect([...meanOfSites(dos).values]).toEqual([4, f32(22 / 3)[0]]);
    expect([...meanOfSites(dos, [true, false, true]).values]).toEqual([4.5, 9]);
    expect(() => meanOfSites(dos, [false, false, false])).toThrow("keeps no site");
  });

  it("pairs: least sum of relative differences; an almost empty curve weighs no more than one of 0.1", () => {
    expect(pairSites([f32(1, 0), f32(0, 1)], [f32(0, 1), f32(1, 0)])).toEqual([1, 0]);
    expect(pairSites([f32(1, 0)], [f32(0, 1), f32(0.9, 0), f32(0, 5)])).toEqual([1]);
    expect(() => pairSites([f32(1), f32(2)], [f32(1)])).toThrow("2 sites cannot be paired with only 1");
    // Costs by candidate: wanted A (2): |c - 2| / 2; wanted B (0.01): |c - 0.01| / 0.1.
    // c = (1, 0.2): A takes 1 (0.5), B 0.2 (1.9): 2.4. Exchanged: 0.9 + 9.9. With |t| instead of 0.1: the same pairs.
    expect(pairSites([f32(2), f32(0.01)], [f32(1), f32(0.2)])).toEqual([0, 1]);
    // Without the floor B, not A, would decide: c = (0.03, 0): A: 0.985 and 1; B: 0.2 and 0.1 with the floor, 2 and 1 without.
    expect(pairSites([f32(2), f32(0.01)], [f32(0.03), f32(0)])).toEqual([0, 1]);
    // c = (0.5, 0.1) for A = 0.2 (costs 1.5, 0.5) and B = 0.01 (4.9, 0.9): A 0.5 + B 4.9 > A 1.5 + B 0.9.
    expect(pairSites([f32(0.2), f32(0.01)], [f32(0.5), f32(0.1)])).toEqual([0, 1]);
    expect(() => pairSites([f32(NaN)], [f32(1)])).toThrow("not a finite number");
  });
});

describe("matches", () => {
  const grid = steps(4);
  const site = (...values: number[]): SiteDos => ({
    kind: "site",
    grid,
    siteCount: values.length / 4,
    values: Float32Array.from(values),
  });
  const total = (...values: number[]) => ({ kind: "total", grid, values: Float32Array.from(values) }) as const;
  const target = (parts: Partial<Target>): Target => ({ label: "t", energyShift: 0, ...parts });

  it("site by site, the sites paired; the mean; the window's ends count", () => {
    const wanted = target({ siteDos: site(1, 1, 1, 1, 0, 2, 0, 2) });
    // The candidate's sites are exchanged, and one value is off by one.
    const candidate = { siteDos: site(0, 2, 0, 3, 1, 1, 1, 1) };
    const { values, pairing } = matchDos(candidate, wanted);
    expect(pairing).toEqual([1, 0]);
    expect(values.site_mae).toBeCloseTo(1 / 8, 12);
    expect(values.site_relative_l1).toBeCloseTo(1 / 8, 12);
    expect(values.site_mean_mae).toBeCloseTo(0.5 / 4, 12);
    expect(values.site_mean_relative_l1).toBeCloseTo(0.5 / 4, 12);
    expect(values.total_mae).toBeNull();
    expect(siteMatches(candidate.siteDos, wanted)).toEqual([0.25, 0]);
    const window = (from: number, to: number) => matchDos(candidate, { ...wanted, energyWindow: [from, to] }).values;
    expect(window(0, 2).site_mae).toBe(0);
    expect(window(0, 3).site_mae).toBeCloseTo(1 / 8, 12);
    expect(window(3, 3.5).site_mae).toBeCloseTo(1 / 2, 12);
    expect(window(2.5, 9).site_mae).toBeCloseTo(1 / 2, 12);
    expect(window(1, 3).site_mae).toBeCloseTo(1 / 6, 12);
    expect(() => window(1.2, 1.8)).toThrow("holds no point");
  });

  it("the total per atom, where both cells' atoms are known; else as it is", () => {
    const wanted = target({ totalDos: total(1, 2, 3, 4), atomCount: 1 });
    const double = total(2, 4, 6, 8);
    expect(matchDos({ totalDos: double, atomCount: 2 }, wanted).values.total_mae).toBe(0);
    expect(matchDos({ totalDos: double }, wanted).values.total_mae).toBe(2.5);
    expect(matchDos({ totalDos: double, atomCount: 2 }, target({ totalDos: total(1, 2, 3, 4) })).values.total_mae).toBe(2.5); // prettier-ignore
    const bySites = { totalDos: double, siteDos: site(1, 1, 1, 1, 1, 1, 1, 1) };
    expect(matchDos(bySites, wanted).values.total_mae).toBe(0);
    expect(matchDos({ totalDos: double, atomCount: 1 }, wanted).values.total_relative_l1).toBe(1);
  });

  it("masks: the sites that count are paired with any of the candidate's, if it has enough", () => {
    const wanted = target({ siteDos: site(9, 9, 9, 9, 0, 2, 0, 2), siteMask: [false, true] });
    expect(matchDos({ siteDos: site(0, 2, 0, 2) }, wanted)).toMatchObject({ pairing: [0], values: { site_mae: 0 } });
    expect(matchDos({ siteDos: site(5, 5, 5, 5, 6, 6, 6, 6, 0, 2, 0, 2) }, wanted).pairing).toEqual([2]);
    expect(siteMatches(site(5, 5, 5, 5, 0, 2, 0, 2), wanted)).toEqual([null, 0]);
    const both = { ...wanted, siteMask: [true, true] };
    // Without a mask that leaves any out, numbers of sites must agree: means are compared instead.
    const unpaired = matchDos({ siteDos: site(4.5, 5.5, 4.5, 5.5) }, both);
    expect(unpaired).toMatchObject({ pairing: null, values: { site_mae: 0, site_mean_mae: 0 } });
    const three = target({ siteDos: site(1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3), siteMask: [true, true, false] });
    expect(matchDos({ siteDos: site(1, 1, 1, 1) }, three).pairing).toBeNull();
    expect(matchDos({ siteDos: site(2, 2, 2, 2, 1, 1, 1, 1) }, three).pairing).toEqual([1, 0]);
  });
});
