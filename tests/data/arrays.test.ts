import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalFrame } from "../../src/crystal/index.js";
import { fitScaler, standardise, toBlocks, unstandardise } from "../../src/data/index.js";
import { standardGrid } from "../../src/dos/index.js";
import { fixtureRecords } from "./helpers.js";

describe("scaler", () => {
  it("standardised training spectra have mean 0 and deviation 1 at every energy", async () => {
    const records = await fixtureRecords();
    const scaler = fitScaler(records);
    const rows = records.map(({ siteDos }) => standardise(siteDos.values, scaler));
    const atoms = rows.reduce((sum, row) => sum + row.length / 400, 0);
    for (let e = 0; e < 400; e++) {
      const column = rows.flatMap((row) => Array.from({ length: row.length / 400 }, (_, site) => row[site * 400 + e]));
      const mean = column.reduce((a, b) => a + b, 0) / atoms;
      expect(mean).toBeCloseTo(0, 4);
      if (scaler.std[e] !== 1) expect(column.reduce((a, b) => a + (b - mean) ** 2, 0) / atoms).toBeCloseTo(1, 3);
    }
  });

  it("unstandardise undoes standardise", () => {
    const row = fc.float32Array({ minLength: 3, maxLength: 3, min: -50, max: 50, noNaN: true });
    fc.assert(
      fc.property(row, row, (values, mean) => {
        const scaler = { mean, std: Float32Array.of(0.5, 1, 3) };
        unstandardise(standardise(values, scaler), scaler).forEach((v, i) => {
          expect(v).toBeCloseTo(values[i], 3);
        });
      }),
    );
  });

  it("does not divide by zero where nothing varies, and refuses nothing at all", () => {
    const siteDos = { kind: "site", grid: standardGrid, siteCount: 2, values: new Float32Array(800).fill(3) } as const;
    expect(fitScaler([{ id: "a", siteDos }]).std.every((s) => s === 1)).toBe(true);
    expect(() => fitScaler([])).toThrow(/at least one record/);
    expect(() => standardise(new Float32Array(5), fitScaler([{ id: "a", siteDos }]))).toThrow(
      /5 values do not make whole/,
    );
  });
});

describe("blocks", () => {
  it("hold each record once, by number of atoms, in the canonical frame", async () => {
    const records = await fixtureRecords();
    const blocks = toBlocks(records, 2);
    expect(blocks.map(({ atomsPerCrystal, size }) => [atomsPerCrystal, size])).toEqual([
      [1, 1],
      [2, 2],
      [2, 2],
      [3, 1],
    ]);
    expect(blocks.flatMap(({ ids }) => ids).sort()).toEqual(records.map(({ id }) => id).sort());
    for (const block of blocks) {
      const n = block.atomsPerCrystal;
      block.ids.forEach((id, b) => {
        const record = records.find((r) => r.id === id)!;
        expect([...block.atomicNumbers.subarray(b * n, b * n + n)]).toEqual(record.crystal.atomicNumbers);
        expect(block.siteDos.subarray(b * n * 400, (b + 1) * n * 400)).toEqual(record.siteDos.values);
        const lattice = canonicalFrame(record.crystal).latticeMatrix.flat();
        block.latticeMatrix.subarray(9 * b, 9 * b + 9).forEach((x, k) => {
          expect(x).toBeCloseTo(lattice[k], 5);
        });
        const total = block.totalDos[b * 400 + 100];
        const sites = Array.from({ length: n }, (_, site) => record.voronoiDos!.values[site * 400 + 100]);
        expect(total).toBeCloseTo(
          sites.reduce((x, y) => x + y, 0),
          5,
        );
      });
      expect(block.fracCoords.every((x) => x >= 0 && x < 1)).toBe(true);
    }
  });

  it("mark an unknown total instead of inventing one", async () => {
    const [{ voronoiDos: _, ...record }] = await fixtureRecords();
    const [block] = toBlocks([record]);
    expect([block.totalKnown[0], block.totalDos.every((x) => x === 0)]).toEqual([0, true]);
  });
});
