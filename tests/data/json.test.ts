import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseReferenceJson, readReferenceJson, recordToJson, writeReferenceJson } from "../../src/data/index.js";
import { fixtureRecords, temporaryFolder } from "./helpers.js";

describe("the reference's JSON", () => {
  it("gives records back as they were", async () => {
    const path = join(await temporaryFolder(), "x.json");
    const records = await fixtureRecords();
    await writeReferenceJson(path, records);
    const back = await readReferenceJson(path);
    expect(back.map(({ id, properties, siteDos, voronoiDos }) => ({ id, properties, siteDos, voronoiDos }))).toEqual(
      records.map(({ id, properties, siteDos, voronoiDos }) => ({ id, properties, siteDos, voronoiDos })),
    );
    back.forEach(({ crystal }, i) => {
      crystal.fracCoords.flat().forEach((x, k) => {
        const d = x - records[i].crystal.fracCoords.flat()[k];
        expect(Math.abs(d - Math.round(d))).toBeLessThan(1e-9);
      });
    });
  });

  it("an empty list, and plain fields only", async () => {
    const path = join(await temporaryFolder(), "x.json");
    await writeReferenceJson(path, []);
    expect(JSON.parse(await readFile(path, "utf8"))).toEqual([]);
    const [{ id, crystal, siteDos, formula }] = await fixtureRecords();
    await writeReferenceJson(path, [{ id, crystal, siteDos, formula, properties: {} }]);
    expect((await readReferenceJson(path))[0].voronoiDos).toBeUndefined();
  });

  it("keeps an old file when an export breaks off", async () => {
    const path = join(await temporaryFolder(), "x.json");
    await writeFile(path, "old");
    const [record] = await fixtureRecords();
    const broken = (function* () {
      yield record;
      throw new Error("source failed");
    })();
    await expect(writeReferenceJson(path, broken)).rejects.toThrow(/x\.json: not written: source failed/);
    expect(await readFile(path, "utf8")).toBe("old");
  });

  const good = async () => recordToJson((await fixtureRecords())[3]);
  it.each([
    [{ structure_id: 7 }, /structure_id must be a name, found 7/],
    [{ formula: "NaCl" }, /formula is "NaCl", its atoms make Cu/],
    [{ atomic_numbers: [0] }, /f\.json: entry 0 \(fcc-Cu\)/],
    [{ atomic_numbers: [] }, /atomic_numbers must be a list of at least one number/],
    [
      {
        cell: [
          [1, 0, 0],
          [2, 0, 0],
          [0, 0, 1],
        ],
      },
      /three independent lattice vectors/,
    ],
    [
      {
        cell: [
          [1, 0],
          [2, 0, 0],
          [0, 0, 1],
        ],
      },
      /cell\[0\] must be 3 finite numbers, found \[1,0\]/,
    ],
    [{ positions: [] }, /positions must be 1 vectors, found 0/],
    [{ y: [[1, 2]] }, /y\[0\] must have 400 points, found 2/],
    [{ y: [new Array(400).fill(null)] }, /y\[0\]\[0\] must be a finite DOS below 65000, found null/],
    [{ y: [] }, /y must have one row for each of 1 atoms, found 0/],
  ])("refuses a bad entry by file, number and id (%#)", async (change, message) => {
    const text = JSON.stringify([{ ...(await good()), ...change }]);
    expect(() => parseReferenceJson(text, "f.json")).toThrow(message);
    expect(() => parseReferenceJson(text, "f.json")).toThrow(/^f\.json: entry 0/);
  });

  it("never gives anything but whole records or an Error that names the file", async () => {
    const { y: _y, y_voronoi: _v, ...small } = await good();
    const text = JSON.stringify([{ ...small, y: [new Array(400).fill(1)] }]);
    fc.assert(
      fc.property(fc.nat(500), fc.string({ maxLength: 3 }), fc.nat(4), (at, insert, cut) => {
        const mutated = text.slice(0, at) + insert + text.slice(at + cut);
        try {
          for (const { crystal, siteDos } of parseReferenceJson(mutated, "f.json")) {
            expect(crystal.fracCoords.flat().every(Number.isFinite)).toBe(true);
            expect(siteDos.values.every(Number.isFinite)).toBe(true);
          }
        } catch (error) {
          expect((error as Error).message).toMatch(/f\.json/);
        }
      }),
      { numRuns: 500 },
    );
  });
});
