// Small numbers of judging, worked out by hand from the definitions.
import { describe, expect, it } from "vitest";
import type { DosRecord } from "../../src/data/index.js";
import { targetFromRecord } from "../../src/dos/index.js";
import {
  bestMatchIndex,
  bootstrapStandardError,
  dosMatchMetrics,
  evaluateMetric,
  isSameStructure,
  isStrictlyValid,
  isStructurallyValid,
  metricRows,
  pddDistance,
  pointwiseDistances,
  rankingValue,
  retrievalIndex,
  retrieve,
  secondsPerCrystal,
  summarize,
  trainingSet,
  volumeRange,
  type DosMatch,
  type JudgedTarget,
} from "../../src/evaluate/index.js";
import { cubic, fixtureRecords, rockSalt, siteDos } from "./support.js";

describe("the bootstrap", () => {
  /** Tommy Ettinger's mulberry32, as published. */
  const mulberry32 = (a: number) => () => {
    let t = (a += 0x6d2b79f5);
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const byHand = (values: number[], resamples: number, seed: number) => {
    const random = mulberry32(seed);
    const means = Array.from({ length: resamples }, () => {
      let sum = 0;
      for (let i = 0; i < values.length; i++) sum += values[Math.floor(random() * values.length)];
      return sum / values.length;
    });
    const mean = means.reduce((a, b) => a + b) / resamples;
    return Math.sqrt(means.reduce((sum, m) => sum + (m - mean) ** 2, 0) / (resamples - 1));
  };

  it.each([
    [2, 1],
    [5, 2],
    [100, 4294967295],
  ])("is the deviation (n - 1) of %d means", (resamples, seed) => {
    const values = [1, 2, 4, 8, 16, 32];
    expect(bootstrapStandardError(values, { resamples, seed })).toBeCloseTo(byHand(values, resamples, seed), 12);
  });

  it("takes 1000 of seed 0 where nothing is said", () => {
    expect(bootstrapStandardError([1, 5])).toBeCloseTo(byHand([1, 5], 1000, 0), 12);
  });
});

describe("bounds of validity", () => {
  /** Of volume d^3 / sqrt 2, all of whose nearest distances are d. */
  const fcc = (d: number) => ({
    latticeMatrix: [[0, 1, 1], [1, 0, 1], [1, 1, 0]].map((row) => row.map((x) => (x * d) / Math.SQRT2)) as never, // prettier-ignore
    fracCoords: [[0, 0, 0]] as const,
    atomicNumbers: [2],
  });

  it("a cell must be over 0.1 cubic Angstrom, whatever its distances", () => {
    expect([0.5, 0.51, 0.52, 0.53, 0.6].map((d) => isStructurallyValid(fcc(d)))).toEqual([false, false, false, true, true]); // prettier-ignore
  });

  it("a distance of exactly 0.5 Angstrom is too short", () => {
    const pair = (distance: number) => cubic(4, [[0, 0, 0], [distance / 4, 0, 0]], [1, 1]); // prettier-ignore
    expect([isStructurallyValid(pair(0.5)), isStructurallyValid(pair(0.5 + 1e-9))]).toEqual([false, true]);
  });

  it("both ends of the range of volumes are allowed", () => {
    const crystal = cubic(4, [[0, 0, 0], [0.5, 0.5, 0.5]], [55, 17]); // prettier-ignore
    const strict = (low: number, high: number) => isStrictlyValid(crystal, [low, high]);
    expect([strict(32, 32), strict(32.1, 40), strict(20, 31.9)]).toEqual([true, false, false]);
    const large = cubic(4.2, [[0, 0, 0], [0.5, 0.5, 0.5]], [11, 17]); // prettier-ignore
    const perAtom = 4.2 ** 3 / 2;
    expect(isStrictlyValid(large, [perAtom - 1e-9, perAtom + 1e-9])).toBe(true);
    expect(isStrictlyValid(large, [perAtom + 1e-6, 1e3])).toBe(false);
    expect(isStrictlyValid(large, [0, perAtom - 1e-6])).toBe(false);
  });

  it("the radii are those of the two atoms: an unlike pair may be nearer than a like one", () => {
    // Cs 2.44, Cl 1.02 Angstrom: 0.7 times the sum is 2.42 for the pair, 3.42 for two caesium atoms.
    const pair = (a: number) => cubic(a, [[0, 0, 0], [0.5, 0.5, 0.5]], [55, 17]); // prettier-ignore
    expect([3.45, 3.4].map((a) => isStrictlyValid(pair(a), [0, 1e3]))).toEqual([true, false]);
    const close = (z: number[]) => cubic(8, [[0, 0, 0], [2.6 / 8, 0, 0]], z); // prettier-ignore
    expect([[55, 17], [55, 55]].map((z) => isStrictlyValid(close(z), [0, 1e3]))).toEqual([true, false]); // prettier-ignore
  });

  it("the training set's range is of volumes per atom, smallest and largest", () => {
    const record = (a: number, count: number) => ({ crystal: cubic(a, Array.from({ length: count }, () => [0, 0, 0] as const), Array<number>(count).fill(3)) }) as unknown as DosRecord; // prettier-ignore
    expect(volumeRange([record(2, 1), record(4, 2), record(3, 1)])).toEqual([8, 32]);
    expect(volumeRange([record(2, 1)])).toEqual([8, 8]);
    const all = fixtureRecords();
    expect(trainingSet(new Set(all))).toEqual(trainingSet(all));
    expect([...trainingSet(all).byFormula.values()].flat()).toHaveLength(all.length);
  });
});

describe("pointwise distances", () => {
  const unscaled = (neighbours: number) => ({ neighbours, normalize: false });

  it("share the neighbours among the elements in proportion, at least one of each", () => {
    const crystal = cubic(4, [[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]], [79, 29, 29, 29]); // prettier-ignore
    const length = (neighbours: number) => pointwiseDistances(crystal, unscaled(neighbours)).rows.get(79)![0].length;
    expect([8, 10, 1].map(length)).toEqual([2 + 6, 3 + 8, 1 + 1]);
    expect([...pointwiseDistances(crystal, unscaled(8)).shares]).toEqual([[29, 0.75], [79, 0.25]]); // prettier-ignore
  });

  it("of two sizes of rock salt differ by the farthest shell, weighed over both elements", () => {
    const [small, large] = [5, 6].map((a) => pointwiseDistances(rockSalt(a, 11, 17), unscaled(12)));
    expect(pddDistance(small, large)).toBeCloseTo(1 / Math.SQRT2, 9);
  });

  it("are in units of (volume per atom)^(1/3)", () => {
    const [row] = pointwiseDistances(cubic(3, [[0, 0, 0]], [84]), { neighbours: 6 }).rows.get(84)!;
    row.forEach((distance) => expect(distance).toBeCloseTo(1, 12));
    const [dense] = pointwiseDistances(rockSalt(4, 11, 17), { neighbours: 12 }).rows.get(11)!;
    expect(dense[6]).toBeCloseTo(2 / 2, 12);
  });

  it("atoms of one element are assigned to one another as cheaply as can be", () => {
    const chain = (x: number) => cubic(10, [[0, 0, 0], [x, 0, 0], [0.5, 0.5, 0.5]], [3, 3, 3]); // prettier-ignore
    const of = (x: number) => pointwiseDistances(chain(x), unscaled(1));
    // Nearest neighbours: 2, 2 and the far atom's; 3, 3 and the far atom's.
    const far = (x: number) => 10 * Math.hypot(0.5 - x, 0.5, 0.5);
    expect(pddDistance(of(0.2), of(0.3))).toBeCloseTo((1 + 1 + far(0.2) - far(0.3)) / 3, 9);
  });

  it("a threshold that is just the distance still counts as the same structure", () => {
    const [a, b] = [cubic(4, [[0, 0, 0], [0.5, 0.5, 0.5]], [3, 3]), cubic(4, [[0, 0, 0], [0.5, 0.5, 0.46]], [3, 3])]; // prettier-ignore
    const distance = pddDistance(pointwiseDistances(a), pointwiseDistances(b));
    expect(distance).toBeGreaterThan(0.001);
    expect([distance, distance - 1e-9].map((threshold) => isSameStructure(a, b, threshold))).toEqual([true, false]);
  });
});

describe("matches", () => {
  const match = (site: number | null, total: number | null = null) =>
    ({ site_relative_l1: site, total_relative_l1: total }) as DosMatch;

  it("are ranked by the sites, by the totals where there are none, last without either", () => {
    expect([match(0.3, 0.1), match(null, 0.2), match(null), null].map(rankingValue)).toEqual([0.3, 0.2, Infinity, Infinity]); // prettier-ignore
  });

  it("the best is the first of the least", () => {
    expect(bestMatchIndex([null, match(0.4), match(0.2), match(0.2), match(null, 0.3)])).toBe(2);
    expect(bestMatchIndex([null, match(null)])).toBeNull();
    expect(bestMatchIndex([])).toBeNull();
  });

  it("a table has their mean, and of the one that the other predictor ranks first", () => {
    const judged = {
      candidates: [],
      rankMatches: [match(0.5), match(0.1), null],
      reportMatches: [match(0.2), match(0.6), null],
    } as unknown as JudgedTarget;
    const value = (name: string, of: Partial<JudgedTarget> = {}) =>
      evaluateMetric(
        dosMatchMetrics.find((metric) => metric.name === name)!,
        { ...judged, ...of },
      );
    expect(value("site_relative_l1_mean")).toBeCloseTo(0.4, 12);
    expect(value("site_relative_l1_best")).toBe(0.6);
    expect(value("site_relative_l1_mean", { reportMatches: [null] })).toBeNull();
    expect(value("site_relative_l1_best", { rankMatches: [null, null, null] })).toBeNull();
  });

  it("only those of the sites are in the table, mean and best of each", () => {
    const names = dosMatchMetrics.map(({ name }) => name);
    expect(names).toHaveLength(12);
    expect(names.every((name) => /^site_(?!mean_).*_(mean|best)$/.test(name))).toBe(true);
  });

  it("the time is shared among the candidates", () => {
    const judged = {
      candidates: [1, 2, 3].map(() => cubic(3, [[0, 0, 0]], [3])),
      seconds: 6,
    } as unknown as JudgedTarget;
    expect(evaluateMetric(secondsPerCrystal, judged)).toBe(2);
    expect(evaluateMetric(secondsPerCrystal, { ...judged, candidates: [] })).toBeNull();
  });
});

describe("a summary", () => {
  const cell = (generator: string, target: string, x: number | null, candidateCount = 2) => ({ generator, target, candidateCount, seconds: 1, values: { x } }); // prettier-ignore
  const x = { name: "x", description: "X.", unit: "1", needs: [], compute: () => 0 };

  it("adds up candidates and means the targets that have a value", () => {
    const cells = [cell("b", "t", 5), cell("a", "t", 1), cell("a", "u", 4, 3), cell("a", "v", null, 0)];
    const rows = summarize(cells, { metrics: [x], seed: 4 });
    expect(rows).toEqual([
      { generator: "b", targets: 1, candidates: 2, x: 5, x_se: null },
      { generator: "a", targets: 3, candidates: 5, x: 2.5, x_se: bootstrapStandardError([1, 4], { seed: 4 }) },
    ]);
    expect(metricRows([x])).toEqual([{ name: "x", unit: "1", description: "X." }]);
  });
});

describe("retrieval", () => {
  /** One site on five points from -10 to 10 eV, 5 eV apart. */
  const record = (id: string, ...values: number[]): DosRecord => ({ id, formula: "Li", crystal: cubic(3, [[0, 0, 0]], [3]), siteDos: siteDos([values]), properties: {} }); // prettier-ignore
  const base = [record("a", 1, 1, 1, 1, 1), record("b", 3, 1, 1, 1, 1), record("c", 1, 1, 1, 1, 6)];
  const target = (energyWindow?: [number, number]) => targetFromRecord(record("t", 1, 1, 1, 1, 1), { use: "sites", ...(energyWindow && { energyWindow }) }); // prettier-ignore
  const found = (count: number, window?: [number, number]) =>
    retrieve(retrievalIndex(base), target(window), count).map(({ record: { id }, distance }) => [id, distance]);

  it("gives the relative L1 distance of the nearest, nearest first", () => {
    expect(found(3)).toEqual([["a", 0], ["b", expect.closeTo(2 / 5, 6)], ["c", expect.closeTo(1, 6)]]); // prettier-ignore
    expect(found(0)).toEqual([]);
    expect(found(9)).toHaveLength(3);
  });

  it("counts what is inside the window, its ends too", () => {
    expect(found(3, [-5, 10])).toEqual([["a", 0], ["b", 0], ["c", expect.closeTo(5 / 4, 6)]]); // prettier-ignore
    expect(found(3, [-10, 5])).toEqual([["a", 0], ["c", 0], ["b", expect.closeTo(2 / 4, 6)]]); // prettier-ignore
  });

  it("a window's ends count in the bound by which records are left out", () => {
    const wanted = (window: [number, number], ...values: number[]) => targetFromRecord(record("t", ...values), { use: "sites", energyWindow: window }); // prettier-ignore
    // Where the large value at the window's end were left out, "near" would seem to be 1/3 away, and not be tried.
    const ids = (records: DosRecord[], of: ReturnType<typeof wanted>) => retrieve(retrievalIndex(records), of, 1)[0].record.id; // prettier-ignore
    const atStart = [record("far", 1, 12, 1, 1, 1), record("near", 1, 10, 1, 1, 2)];
    expect(ids(atStart, wanted([-5, 10], 1, 10, 1, 1, 1))).toBe("near");
    const atEnd = [record("far", 1, 1, 1, 12, 1), record("near", 2, 1, 1, 10, 1)];
    expect(ids(atEnd, wanted([-10, 5], 1, 1, 1, 10, 1))).toBe("near");
  });

  it("tries no record whose lower bound is beyond what it has", () => {
    const all = Array.from({ length: 50 }, (_, i) => record(`r${i}`, 1 + i, 1, 1, 1, 1));
    const tried: string[] = [];
    const { means } = retrievalIndex(all);
    const watched = new Proxy(all, {
      get: (list, place) => {
        if (typeof place === "string" && /^\d+$/.test(place)) tried.push(place);
        return Reflect.get(list, place) as unknown;
      },
    });
    expect(retrieve({ records: watched, means }, target(), 2).map(({ record: { id } }) => id)).toEqual(["r0", "r1"]);
    expect(new Set(tried)).toEqual(new Set(["0", "1"]));
  });
});
