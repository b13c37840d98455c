import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  energies,
  matchDos,
  matchMetrics,
  siteMatches,
  standardGrid,
  type SiteDos,
  type Target,
} from "../../src/dos/index.js";

const gaussian = (centre: number, weight = 1) =>
  Array.from(energies(standardGrid), (e) => weight * Math.exp(-0.5 * ((e - centre) / 0.2) ** 2));
const site = (...rows: number[][]): SiteDos => ({
  kind: "site",
  grid: standardGrid,
  siteCount: rows.length,
  values: Float32Array.from(rows.flat()),
});
const target = (siteDos: SiteDos, more: Partial<Target> = {}): Target => ({
  label: "t",
  energyShift: 0,
  siteDos,
  totalDos: { kind: "total", grid: standardGrid, values: siteDos.values.slice(0, 400) },
  ...more,
});
const anySite = fc
  .array(fc.tuple(fc.double({ min: -6, max: 6, noNaN: true }), fc.double({ min: 0.1, max: 5, noNaN: true })), {
    minLength: 1,
    maxLength: 6,
  })
  .map((peaks) => site(...peaks.map(([centre, weight]) => gaussian(centre, weight))));

describe("matchDos", () => {
  it("finds no difference between a spectrum and itself with its sites in any order", () => {
    fc.assert(
      fc.property(anySite, fc.integer(), (dos, turn) => {
        const n = dos.siteCount;
        const order = Array.from({ length: n }, (_, i) => (((i + turn) % n) + n) % n);
        const turned = site(...order.map((i) => [...dos.values.subarray(400 * i, 400 * i + 400)]));
        const { values } = matchDos({ siteDos: turned }, target(dos));
        for (const { name, needs } of matchMetrics)
          if (needs === "siteDos") expect(Math.abs(values[name]!)).toBeLessThan(1e-4);
      }),
      { numRuns: 25 },
    );
  });

  it("a rigid shift is its own Wasserstein distance, at any broadening", () => {
    const { values } = matchDos({ siteDos: site(gaussian(1.5)) }, target(site(gaussian(-0.5))));
    expect(values["site_wasserstein"]).toBeCloseTo(2, 2);
    expect(values["site_wasserstein_0.5eV"]).toBeCloseTo(2, 2);
    expect(values["site_relative_l1"]).toBeCloseTo(2, 2);
  });

  it("mean absolute error and relative L1 of a doubled spectrum", () => {
    const dos = site(gaussian(0));
    const doubled = site(gaussian(0, 2));
    const { values } = matchDos({ siteDos: doubled }, target(dos));
    expect(values["site_relative_l1"]).toBeCloseTo(1, 5);
    expect(values["site_mae"]).toBeCloseTo(dos.values.reduce((a, b) => a + b, 0) / 400, 6);
    expect(values["site_wasserstein"]).toBeCloseTo(0, 5);
  });

  it("is never negative and never NaN", () => {
    fc.assert(
      fc.property(anySite, anySite, (a, b) => {
        for (const value of Object.values(matchDos({ siteDos: a }, target(b)).values))
          if (value !== null) expect(value).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 25 },
    );
  });

  it("counts only the masked sites and finds them anywhere", () => {
    const wanted = site(gaussian(-3), gaussian(4));
    const candidate = { siteDos: site(gaussian(0), gaussian(1), gaussian(4)) };
    const { values, pairing } = matchDos(candidate, target(wanted, { siteMask: [false, true] }));
    expect(pairing).toEqual([2]);
    expect(values["site_mae"]).toBeCloseTo(0, 6);
  });

  it("counts only the window", () => {
    const wanted = target(site(gaussian(-3)), { energyWindow: [-5, 0] });
    const both = site(gaussian(-3).map((v, i) => v + gaussian(5)[i]));
    expect(matchDos({ siteDos: both }, wanted).values["site_mae"]).toBeCloseTo(0, 6);
  });

  it("compares means at unequal numbers of atoms: a supercell equals its cell", () => {
    const cell = site(gaussian(-3), gaussian(2));
    const supercell = site(gaussian(-3), gaussian(-3), gaussian(2), gaussian(2));
    const { values, pairing } = matchDos({ siteDos: supercell }, target(cell));
    expect(pairing).toBeNull();
    expect(values["site_mae"]).toBeCloseTo(0, 6);
  });

  it("compares totals per atom, and says null where there is none", () => {
    const total = { kind: "total", grid: standardGrid, values: Float32Array.from(gaussian(0, 3)) } as const;
    const twice = { ...total, values: total.values.map((v) => 2 * v) };
    const wanted: Target = { label: "t", energyShift: 0, totalDos: total, atomCount: 2 };
    const { values } = matchDos({ totalDos: twice, atomCount: 4 }, wanted);
    expect(values["total_mae"]).toBeCloseTo(0, 6);
    expect(values["site_mae"]).toBeNull();
  });

  it("an empty spectrum gives numbers: the width of the window for transport", () => {
    const { values } = matchDos({ siteDos: site(new Array<number>(400).fill(0)) }, target(site(gaussian(0))));
    expect(values["site_wasserstein"]).toBeCloseTo(20, 6);
    expect(values["site_relative_l1"]).toBeCloseTo(1, 6);
  });

  it("refuses other grids and masks that do not fit", () => {
    const other: SiteDos = { ...site(gaussian(0)), grid: { start: -5, stop: 5, count: 400 } };
    expect(() => matchDos({ siteDos: other }, target(site(gaussian(0))))).toThrow(/400 points from -5 to 5 eV/);
    expect(() =>
      matchDos({ siteDos: site(gaussian(0)) }, target(site(gaussian(0)), { siteMask: [true, true] })),
    ).toThrow(/2 entries, expected one for each of 1 sites/);
  });

  it("every metric is declared once", () => {
    expect(new Set(matchMetrics.map(({ name }) => name)).size).toBe(18);
    for (const { description, unit } of matchMetrics) expect(description.length * unit.length).toBeGreaterThan(0);
  });
});

describe("siteMatches", () => {
  const wanted = site(gaussian(-2), gaussian(3));

  it("gives every site of the candidate the distance to its partner, whatever the order", () => {
    const [first, second] = siteMatches(site(gaussian(3, 2), gaussian(-2)), target(wanted));
    expect(first).toBeCloseTo(1, 5);
    expect(second).toBeCloseTo(0, 6);
  });

  it("counts only the target's sites and energies, and says which sites answer none", () => {
    expect(siteMatches(site(gaussian(0), gaussian(3)), target(wanted, { siteMask: [false, true] }))).toEqual([null, 0]);
    const windowed = siteMatches(site(gaussian(-2), gaussian(3, 2)), target(wanted, { energyWindow: [-4, 0] }));
    expect(windowed[0]).toBe(0);
    expect(() => siteMatches(site(gaussian(0)), target(wanted))).toThrow(/each of 1 sites, found 2 sites/);
  });
});
