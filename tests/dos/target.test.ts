import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openDataset, recordToJson } from "../../src/data/index.js";
import {
  energies,
  standardGrid,
  targetFromJson,
  targetFromRecord,
  type SiteDos,
  type Target,
} from "../../src/dos/index.js";

const wide = energies({ start: -14, stop: 14, count: 1401 });
const insulator = (valenceTop: number, conductionBottom: number) =>
  Array.from(wide, (e) => (e <= valenceTop || e >= conductionBottom ? 1 : 0));
const file = (value: unknown) => targetFromJson(JSON.stringify(value), "my.json");

describe("targetFromJson", () => {
  it("moves the zero of an insulator from mid-gap to the valence-band maximum and says so", () => {
    const target = file({ energies: [...wide], siteDos: [insulator(-1.5, 1.5)], sigma: 0 });
    expect(Math.abs(target.energyShift - 1.5)).toBeLessThan(0.06);
    const top = energies(standardGrid).findLastIndex((e, i) => e < 1.4 && target.siteDos!.values[i] > 0.5);
    expect(Math.abs(energies(standardGrid)[top])).toBeLessThan(0.1);
  });

  it("leaves metals alone, and whatever it is told to keep", () => {
    expect(file({ energies: [...wide], siteDos: [insulator(14, 15)] }).energyShift).toBe(0);
    const text = JSON.stringify({ energies: [...wide], siteDos: [insulator(-1.5, 1.5)], sigma: 0 });
    expect(targetFromJson(text, "my.json", { zero: "keep" }).energyShift).toBe(0);
  });

  it("does not move the spectra of the bundled data set", async () => {
    const data = await openDataset("datasets/pbe-prototypes");
    const gapped = data.filter(({ properties }) => Number(properties.gap_eV) > 0);
    for (const record of gapped) {
      const { energyShift, siteDos } = file(recordToJson(record));
      expect([record.id, energyShift]).toEqual([record.id, 0]);
      expect(siteDos!.values).toEqual(record.siteDos.values);
    }
  });

  it("broadens sharper spectra to 0.2 eV, keeping the states", () => {
    const peak = Array.from(wide, (e) => (Math.abs(e + 3) < 0.005 ? 50 : 0));
    const { siteDos } = file({ energies: [...wide], siteDos: [peak], sigma: 0 });
    const highest = Math.max(...siteDos!.values);
    expect(highest).toBeCloseTo(1 / (0.2 * Math.sqrt(2 * Math.PI)), 1);
  });

  it("masks the energies that the file does not have", () => {
    const target = file({ energies: [...wide].slice(300), totalDos: insulator(14, 15).slice(300) });
    expect(target.energyWindow).toEqual([wide[300], 10]);
    const asked = targetFromJson(
      JSON.stringify({ energies: [...wide].slice(300), totalDos: insulator(14, 15).slice(300) }),
      "my.json",
      { energyWindow: [-9, 2] },
    );
    expect(asked.energyWindow).toEqual([wide[300], 2]);
  });

  it.each([
    [
      { energies: [...wide].slice(300, 303), totalDos: insulator(14, 15).slice(300, 303) },
      /my\.json: the states from -10 to 10 eV are asked for, the file has those from -8.00 to -7.96 eV/,
    ],
    [{ energies: [...wide], siteDos: [insulator(0, 1).slice(1)] }, /siteDos, site 0 has 1400 points, expected 1401/],
    [
      { energies: [...wide], siteDos: [insulator(0, 1).map((v, i) => (i === 7 ? NaN : v))] },
      /siteDos, site 0, point 7 is null, expected a finite number/,
    ],
    [{ y: [[1, 2, 3]] }, /y, site 0 has 3 points, expected 400/],
    [{ y: [] }, /y must be a list of sites/],
    [{ x: 1 }, /found the keys x/],
    [[1], /my\.json: entry 0: expected an object, found 1/],
  ])("refuses with numbers (%#)", (value, message) => {
    expect(() => file(value)).toThrow(message);
    expect(() => file(value)).toThrow(/my\.json/);
  });

  it("never gives anything but a whole target or an Error that names the file", () => {
    const good = JSON.stringify({ energies: [-11, 0, 11], siteDos: [[1, 2, 3]], totalDos: [1, 2, 3], sigma: 0.1 });
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.string({ maxLength: 3 }), fc.nat(4), (at, insert, cut) => {
        const text = good.slice(0, at) + insert + good.slice(at + cut);
        try {
          const { siteDos, totalDos } = targetFromJson(text, "my.json");
          for (const values of [siteDos?.values, totalDos?.values])
            expect(values?.every(Number.isFinite) ?? true).toBe(true);
        } catch (error) {
          expect((error as Error).message).toContain("my.json");
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("the total of a target", () => {
  const sites = (first: number, second: number): SiteDos => ({
    kind: "site",
    grid: standardGrid,
    siteCount: 2,
    values: Float32Array.from({ length: 800 }, (_, i) => (i < 400 ? first : second)),
  });
  // Spheres hold a part of the states, cells all of them.
  const record = { id: "a", siteDos: sites(0.5, 0.25), voronoiDos: sites(2, 4) };
  const cell = {
    ...{ structure_id: "a", cell: [[3, 0, 0], [0, 3, 0], [0, 0, 3]] }, // prettier-ignore
    ...{ positions: [[0, 0, 0], [1.5, 1.5, 1.5]], atomic_numbers: [55, 17] }, // prettier-ignore
  };
  const rows = (first: number, second: number) => [new Array(400).fill(first), new Array(400).fill(second)];

  it("is the sum over Voronoi cells, never over spheres", () => {
    const { totalDos, siteDos } = targetFromRecord(record);
    expect(totalDos!.values).toEqual(new Float32Array(400).fill(6));
    expect(siteDos!.values).toEqual(record.siteDos.values);
    expect(targetFromRecord({ id: "a", siteDos: record.siteDos }).totalDos).toBeUndefined();
    const total = targetFromRecord(record, { use: "total" });
    expect(total).toMatchObject({ atomCount: 2, totalDos: { kind: "total" } });
    expect(total.totalDos!.values[399]).toBe(6);
    expect(total.siteDos).toBeUndefined();
    expect(targetFromRecord(record, { use: "sites" }).totalDos).toBeUndefined();
  });

  it("of a record's JSON too", () => {
    const target = file({ ...cell, y: rows(0.5, 0.25), y_voronoi: rows(2, 4) });
    expect(target.totalDos!.values).toEqual(new Float32Array(400).fill(6));
    expect(target.siteDos!.values).toEqual(record.siteDos.values);
    expect(file({ ...cell, y: rows(0.5, 0.25) }).totalDos).toBeUndefined();
  });
});

describe("the shift of a target's energies", () => {
  const e = energies(standardGrid);
  /** A peak one step wide at each energy, eV. */
  const peaks = (...at: number[]) => Array.from(wide, (x) => (at.some((y) => Math.abs(x - y) < 0.011) ? 10 : 0));
  const centre = ({ siteDos, totalDos }: Target) => {
    const values = (siteDos ?? totalDos)!.values;
    const states = values.reduce((sum, v) => sum + v, 0);
    return values.reduce((sum, v, i) => sum + v * e[i], 0) / states;
  };

  it.each([
    ["already broadened", 0.2],
    ["broadened on the way", 0],
  ])("moves states by minus the valence-band maximum: %s", (_, sigma) => {
    for (const valenceBandMaximum of [1.25, -0.75]) {
      const spectrum = { energies: [...wide], siteDos: [peaks(-3)], sigma, valenceBandMaximum };
      const target = file(spectrum);
      expect(target.energyShift).toBe(-valenceBandMaximum);
      expect(centre(target)).toBeCloseTo(-3 - valenceBandMaximum, 1);
      expect(centre(targetFromJson(JSON.stringify(spectrum), "my.json", { zero: "keep" }))).toBeCloseTo(-3, 1);
      // The total moves with the sites.
      const total = file({ energies: [...wide], totalDos: peaks(-3), sigma, valenceBandMaximum });
      expect(centre(total)).toBeCloseTo(-3 - valenceBandMaximum, 1);
    }
  });

  it.each([0.2, 0])("moves the known energies the same way (sigma %d)", (sigma) => {
    const spectrum = { energies: [...wide], siteDos: [peaks(-3)], sigma, valenceBandMaximum: 2, known: [-14, 6] };
    const margin = sigma === 0 ? 0.4 : 0;
    expect(file(spectrum).energyWindow![1]).toBeCloseTo(4 - margin, 9);
    expect(file(spectrum).energyWindow![0]).toBe(-10);
    const low = { ...spectrum, valenceBandMaximum: 1, known: [-8, 14] };
    expect(file(low).energyWindow![0]).toBeCloseTo(-9 + margin, 9);
    expect(file(low).energyWindow![1]).toBe(10);
  });
});

describe("targetFromRecord", () => {
  const row = new Float32Array(800).fill(0.5);
  const dos = { kind: "site", grid: standardGrid, siteCount: 2, values: row } as const;

  it("has no more parts than are known or asked for", () => {
    const parts = (record: Parameters<typeof targetFromRecord>[0], options = {}) =>
      Object.keys(targetFromRecord(record, options)).sort();
    const always = ["atomCount", "energyShift", "label"];
    expect(parts({ id: "a", siteDos: dos })).toEqual([...always, "siteDos"]);
    expect(parts({ id: "a", siteDos: dos, voronoiDos: dos })).toEqual([...always, "siteDos", "totalDos"]);
    expect(parts({ id: "a", siteDos: dos, voronoiDos: dos }, { use: "total" })).toEqual([...always, "totalDos"]);
    expect(parts({ id: "a", siteDos: dos }, { siteMask: [true, false], energyWindow: [-1, 1] })).toEqual([
      ...["atomCount", "energyShift", "energyWindow", "label", "siteDos", "siteMask"],
    ]);
    expect(targetFromRecord({ id: "a", siteDos: dos }, { label: "mine" }).label).toBe("mine");
    // Windows that touch the grid count, those beside it do not.
    expect(parts({ id: "a", siteDos: dos }, { energyWindow: [10, 12] })).toContain("energyWindow");
    expect(parts({ id: "a", siteDos: dos }, { energyWindow: [-12, -10] })).toContain("energyWindow");
    expect(() => parts({ id: "a", siteDos: dos }, { energyWindow: [10.1, 12] })).toThrow("outside -10 to 10 eV");
    expect(() => parts({ id: "a", siteDos: dos }, { energyWindow: [-12, -10.1] })).toThrow("outside -10 to 10 eV");
    expect(() => parts({ id: "a", siteDos: dos }, { energyWindow: [1, 1] })).toThrow("1 to 1 eV is empty");
  });

  it("checks masks and windows", () => {
    const record = { id: "a", siteDos: dos };
    expect(() => targetFromRecord(record, { siteMask: [true] })).toThrow(
      /"a": the site mask has 1 entries, expected one for each of 2/,
    );
    expect(() => targetFromRecord(record, { siteMask: [false, false] })).toThrow(/keeps no site/);
    expect(() => targetFromRecord(record, { energyWindow: [3, 1] })).toThrow(/3 to 1 eV is empty/);
    expect(() => targetFromRecord(record, { use: "total" })).toThrow(/a: it has no total DOS/);
  });
});
