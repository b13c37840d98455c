import { describe, expect, it } from "vitest";
import { openDataset } from "../../src/data/index.js";
import {
  bandCentre,
  bandEdges,
  dosAtFermi,
  energies,
  meanOfSites,
  occupiedElectrons,
  siteCurve,
  standardGrid,
} from "../../src/dos/index.js";

const curve = (f: (energy: number) => number) => ({
  grid: standardGrid,
  values: Float32Array.from(energies(standardGrid), f),
});

describe("features of known curves", () => {
  it("centre, electrons and Fermi-level DOS of a box from -4 to 2 eV", () => {
    const box = curve((e) => (e > -4 && e < 2 ? 1.5 : 0));
    expect(bandCentre(box)).toBeCloseTo(-1, 1);
    expect(bandCentre(box, [-4, 0])).toBeCloseTo(-2, 1);
    expect(occupiedElectrons(box)).toBeCloseTo(6, 1);
    expect(dosAtFermi(box)).toBeCloseTo(1.5, 6);
  });

  it("has no centre where there are no states", () => {
    expect(bandCentre(curve(() => 0))).toBeNull();
  });

  it("edges of a sharp gap, and none of a metal", () => {
    const edges = bandEdges(
      curve((e) => (e <= -0.5 || e >= 2.5 ? 1 : 0)),
      { sigma: 0.01 },
    );
    expect(edges?.valenceBandMaximum).toBeCloseTo(-0.5, 1);
    expect(edges?.conductionBandMinimum).toBeCloseTo(2.5, 1);
    expect(edges?.gap).toBeCloseTo(3, 1);
    expect(bandEdges(curve(() => 0.7))).toBeNull();
  });
});

describe("features of computed spectra", () => {
  it("copper's d band is centred near -2.8 eV (Cu holds nearly all its states within -6 to 0 eV)", async () => {
    const data = await openDataset("datasets/pbe-prototypes");
    const centre = bandCentre(siteCurve(data.get("fcc-Cu").siteDos, 0), [-6, 0]);
    expect(centre).toBeGreaterThan(-3.1);
    expect(centre).toBeLessThan(-2.4);
  });

  it("band edges agree with the eigenvalue gaps as documented", async () => {
    const data = await openDataset("datasets/pbe-prototypes");
    const wide = data.filter(({ properties, voronoiDos }) => Number(properties.gap_eV) > 1 && voronoiDos !== undefined);
    const edges = Array.from(wide, ({ voronoiDos, properties }) => ({
      found: bandEdges(meanOfSites(voronoiDos!)),
      gap: Number(properties.gap_eV),
    }));
    const seen = edges.filter(({ found }) => found !== null);
    expect(seen.length / edges.length).toBeGreaterThan(0.95);
    const maxima = seen.map(({ found }) => found!.valenceBandMaximum);
    expect(Math.abs(maxima.reduce((a, b) => a + b, 0) / maxima.length)).toBeLessThan(0.1);
    const errors = seen.map(({ found, gap }) => Math.abs(found!.gap - gap)).sort((a, b) => a - b);
    expect(errors[Math.floor(errors.length / 2)]).toBeLessThan(0.4);
  });
});
