import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { targetFromRecord } from "../../src/dos/index.js";
import { matchTarget, rankingValue, retrievalIndex, retrieve } from "../../src/evaluate/index.js";
import { fixtureRecords, siteDos } from "./support.js";

const records = fixtureRecords();
const index = retrievalIndex(records);
const anyRecord = fc.constantFrom(...records);

describe("match with a target", () => {
  it("is zero in every metric for the target's own spectrum, its sites in any order", () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        const { siteCount, values, grid } = record.siteDos;
        const rows = Array.from({ length: siteCount }, (_, i) => [
          ...values.subarray(i * grid.count, (i + 1) * grid.count),
        ]);
        const match = matchTarget(targetFromRecord(record), { siteDos: siteDos(rows.reverse()) });
        const known = Object.values(match).filter((value) => value !== null);
        expect(known.length).toBeGreaterThanOrEqual(6);
        known.forEach((value) => expect(value).toBeCloseTo(0, 6));
      }),
    );
  });
});

describe("retrieval", () => {
  it("finds a record that is in the set at distance zero", () => {
    for (const record of records) {
      const [first] = retrieve(index, targetFromRecord(record), 3);
      expect(first.record.id).toBe(record.id);
      expect(first.distance).toBeCloseTo(0, 9);
    }
  });

  it("is exact: the same as trying every record, masks and windows included", () => {
    const options = fc.record({
      record: anyRecord,
      from: fc.double({ min: -9, max: 0, noNaN: true }),
      width: fc.double({ min: 1, max: 9, noNaN: true }),
      masked: fc.boolean(),
      count: fc.integer({ min: 1, max: records.length + 2 }),
    });
    fc.assert(
      fc.property(options, ({ record, from, width, masked, count }) => {
        const siteMask = masked ? Array.from({ length: record.siteDos.siteCount }, (_, i) => i === 0) : undefined;
        const others = records.filter(({ id }) => id !== record.id);
        const target = targetFromRecord(record, { siteMask, energyWindow: [from, from + width] });
        const found = retrieve(retrievalIndex(others), target, count).map(({ distance }) => distance);
        const all = others
          .map((other) => rankingValue(matchTarget(target, { siteDos: other.siteDos })))
          .sort((a, b) => a - b);
        expect(found).toHaveLength(Math.min(count, others.length));
        found.forEach((distance, i) => expect(distance).toBeCloseTo(all[i], 9));
      }),
      { numRuns: 40 },
    );
  });

  it("finds by the total where only that is asked for", () => {
    const withTotals = records.map((record) => ({ ...record, voronoiDos: record.siteDos }));
    const target = targetFromRecord(withTotals[4], { use: "total" });
    const [first] = retrieve(retrievalIndex(withTotals), target, 1);
    expect(first.record.id).toBe(records[4].id);
    expect(retrieve(index, target, 1)).toEqual([]);
  });
});
