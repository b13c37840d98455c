import { expect, it } from "vitest";
import { energies, standardGrid, type SiteDos, type Target } from "../../src/dos/index.js";
import { dosCandidate, dosChart } from "../../src/notebook/index.js";

const peak = (centre: number) => Array.from(energies(standardGrid), (e) => Math.exp(-2 * (e - centre) ** 2));
const spectrum = (...centres: number[]): SiteDos => ({
  kind: "site",
  grid: standardGrid,
  siteCount: centres.length,
  values: Float32Array.from(centres.flatMap(peak)),
});
const target = (siteDos: SiteDos, siteMask?: boolean[]): Target => ({
  label: "t",
  energyShift: 0,
  siteDos,
  ...(siteMask && { siteMask }),
});

it("puts each site of a candidate beside the target site that it answers", () => {
  const candidate = dosCandidate("turned", spectrum(4, -5, 0), target(spectrum(-5, 0, 4)));
  expect(candidate.pairing).toEqual([2, 0, 1]);
  expect(() => dosChart({ target: target(spectrum(-5, 0, 4)), candidates: [candidate] })).not.toThrow();
});

it("gives masked sites to what is left over", () => {
  const masked = target(spectrum(-5, 0, 4), [false, true, false]);
  expect(dosCandidate("masked", spectrum(0, 2, 3), masked).pairing).toEqual([1, 0, 2]);
});

it("refuses another number of sites, unless the target has none", () => {
  expect(() => dosCandidate("small", spectrum(0), target(spectrum(-5, 0)))).toThrow(
    'candidate "small": expected 2 sites as in the target, found 1',
  );
  const total = { label: "t", energyShift: 0, totalDos: { ...spectrum(0), kind: "total" as const } };
  expect(dosCandidate("any", spectrum(0, 1), total).pairing).toBeUndefined();
});
