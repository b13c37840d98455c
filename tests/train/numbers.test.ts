// Training's small numbers, worked out by hand from the definitions.
import { afterAll, describe, expect, test } from "vitest";
import { dosPredictor } from "../../src/model/index.js";
import { compiledEngine, key } from "../../src/runtime/index.js";
import {
  augmentCondition,
  averageChange,
  defaultDenoiserOptions,
  defaultPredictorOptions,
  denoiserRun,
  elementsOf,
  makeExamples,
  predictorRun,
  strainLattice,
  stratifiedBatches,
  type Example,
} from "../../src/train/index.js";
import { expectAllClose } from "../support/close.js";
import { records, tinyOptions } from "./support.js";

const engine = await compiledEngine();
afterAll(() => engine.dispose());

const everything = { dropCondition: 0.15, strain: 0.01, spectralNoise: 0, partial: true };
const example = makeExamples(records, 100).find(({ atoms }) => atoms === 3)!;
const own = (step: number) => key(5).fold(2, step);
const drawn = (step: number) =>
  own(step)
    .fold(1)
    .uniforms(6 + example.atoms);

describe("what a step shows of a condition", () => {
  test("is decided by six numbers and one for each site", () => {
    const seen = { dropped: 0, whole: 0, sites: 0, none: 0, some: 0, window: 0, total: 0 };
    for (let step = 1; step <= 600; step++) {
      const u = drawn(step);
      const row = augmentCondition(example, everything, own(step));
      if (u[0] < 0.15) {
        expect([...row.siteMask, ...row.totalMask]).toEqual([0, 0, 0, 0]);
        seen.dropped++;
        continue;
      }
      const sites =
        u[1] < 0.6 ? [1, 1, 1] : u[1] < 0.75 ? [0, 0, 0] : [u[6] < 0.5 ? 1 : 0, u[7] < 0.5 ? 1 : 0, u[8] < 0.5 ? 1 : 0];
      const total = u[1] < 0.4 || (u[1] >= 0.6 && u[1] < 0.9) ? 1 : 0;
      expect([...row.siteMask]).toEqual(sites);
      expect([...row.totalMask]).toEqual([total]);
      const shown = row.energyMask.reduce((a, b) => a + b, 0);
      if (u[2] >= 0.2) expect(shown).toBe(400);
      else {
        const width = 0.1 + 0.9 * u[3];
        const from = u[4] * (1 - width);
        // Both ends are inside, so a window of 40 points may show 41.
        expect(Math.abs(shown - 400 * width)).toBeLessThanOrEqual(1);
        expect(Math.abs(row.energyMask.indexOf(1) - 400 * from)).toBeLessThanOrEqual(1);
        seen.window++;
      }
      seen.total += total;
      if (u[1] < 0.4) seen.whole++;
      else if (u[1] < 0.6) seen.sites++;
      else if (u[1] < 0.75) seen.none++;
      else seen.some++;
    }
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(30);
  });

  test("a window's ends are exactly those points whose place on the axis is inside", () => {
    for (let step = 1; step <= 200; step++) {
      const u = drawn(step);
      if (u[2] >= 0.2) continue;
      const width = 0.1 + 0.9 * u[3];
      const from = u[4] * (1 - width);
      const expected = Array.from({ length: 400 }, (_, e) => (e / 400 >= from && e / 400 <= from + width ? 1 : 0));
      expect([...augmentCondition(example, { ...everything, dropCondition: 0 }, own(step)).energyMask]).toEqual(
        expected,
      );
    }
  });
});

test("spectral noise is linear between 26 knots, its own for each site and the total, and never turns a spectrum around", () => {
  const flat: Example = {
    ...example,
    siteDos: new Float32Array(1200).fill(1),
    totalDos: new Float32Array(400).fill(1),
  };
  const noisy = (deviation: number) =>
    augmentCondition(flat, { dropCondition: 0, strain: 0, spectralNoise: deviation, partial: false }, own(9));
  const z = own(9)
    .fold(100)
    .normals(4 * 26);
  const factor = (site: number, e: number, deviation: number) => {
    const at = (e * 25) / 399;
    const k = Math.min(24, Math.floor(at));
    return Math.max(0, 1 + deviation * (z[26 * site + k] + (at - k) * (z[26 * site + k + 1] - z[26 * site + k])));
  };
  for (const deviation of [0.1, 2]) {
    const { siteDos, totalDos } = noisy(deviation);
    expectAllClose(siteDos, [0, 1, 2].flatMap((site) => Array.from({ length: 400 }, (_, e) => factor(site, e, deviation))), { tolerance: 1e-5 }); // prettier-ignore
    expectAllClose(
      totalDos,
      Array.from({ length: 400 }, (_, e) => factor(3, e, deviation)),
      { tolerance: 1e-5 },
    );
  }
  expect(noisy(2).siteDos.some((v) => v === 0)).toBe(true);
});

test("a strain is the lattice's rows times 1 + e, e from six normal numbers", () => {
  const [xx, yy, zz, xy, xz, yz] = own(3).fold(2).normals(6).map((z) => 0.1 * z); // prettier-ignore
  const unit = strainLattice(Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1), 0.1, own(3));
  expectAllClose(unit, [1 + xx, xy, xz, xy, 1 + yy, yz, xz, yz, 1 + zz], { tolerance: 1e-6 });
  const strained = strainLattice(Float32Array.of(2, 0, 0, 0, 3, 0, 1, 0, 5), 0.1, own(3));
  const expected = [2 * (1 + xx), 2 * xy, 2 * xz, 3 * xy, 3 * (1 + yy), 3 * yz, 1 + xx + 5 * xz, xy + 5 * yz, xz + 5 * (1 + zz)]; // prettier-ignore
  expectAllClose(strained, expected, { tolerance: 1e-6 });
});

test("a batch has each size in proportion to the data, at least one of each", () => {
  const sizes = [...Array<number>(60).fill(2), ...Array<number>(35).fill(3), ...Array<number>(5).fill(1)];
  const counts = (batchSize: number) =>
    stratifiedBatches(sizes, batchSize, 1)(1).map(({ atomsPerCrystal, indices }) => [atomsPerCrystal, indices.length]);
  expect(counts(20)).toEqual([[1, 1], [2, 12], [3, 7]]); // prettier-ignore
  expect(counts(3)).toEqual([[1, 1], [2, 2], [3, 1]]); // prettier-ignore
  const batches = stratifiedBatches(sizes, 20, 1);
  // Five crystals of one atom, one a step: five steps are an epoch, and the sixth begins the next.
  const singles = [1, 2, 3, 4, 5].map((step) => batches(step)[0].indices[0]);
  expect([...singles].sort()).toEqual([95, 96, 97, 98, 99]);
  const order = [...key(1).fold(1, 0).permutation(5)].map((i) => 95 + i);
  expect(singles).toEqual(order);
  expect(batches(6)[0].indices[0]).toBe(95 + key(1).fold(1, 1).permutation(5)[0]);
});

test("the average's share of a step: (1 + step) / (10 + step) is kept, at most the decay", () => {
  expect([1, 8, 80, 81, 1000].map((step) => averageChange(0.9, step))).toEqual(
    [1 - 2 / 11, 1 - 9 / 18, 1 - 0.9, 1 - 0.9, 1 - 0.9].map((x) => expect.closeTo(x, 12) as number),
  );
  expect(averageChange(0.999, 80)).toBeCloseTo(1 - 81 / 90, 12);
});

describe("noise levels", () => {
  const signals = (inputs: readonly (Float32Array | Int32Array)[]) => [...inputs[4]].filter((_, i) => i % 2 === 0);

  test("of training are uniform from 1 to T", async () => {
    const { task } = denoiserRun(records, records, tinyOptions);
    const cumulative = await levelsOf();
    const seen = new Set<number>();
    for (let step = 1; step <= 40; step++) {
      let slot = 0;
      for (const { inputs } of await task.batch(step))
        for (const signal of signals(inputs)) {
          const time = 1 + Math.floor(key(tinyOptions.seed).fold(slot++, step, 0).uniforms(1)[0] * 50);
          expect(signal).toBeCloseTo(cumulative[time], 5);
          seen.add(time);
        }
    }
    expect(Math.min(...seen)).toBe(1);
    expect(Math.max(...seen)).toBe(50);
  });

  test("of validation are the same eight for every crystal, in the middle of eighths of the time axis", async () => {
    const { task } = denoiserRun(records, records.slice(0, 2), tinyOptions);
    const cumulative = await levelsOf();
    const times = [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5].map((level) => Math.max(1, Math.round((level * 50) / 8)));
    for (const { inputs } of await task.validation()) {
      const found = signals(inputs);
      expect(found.length % 8).toBe(0);
      found.forEach((signal, i) => expect(signal).toBeCloseTo(cumulative[times[i % 8]], 5));
    }
  });

  const levelsOf = async () => {
    const { cosineSchedule } = await import("../../src/diffusion/index.js");
    return cosineSchedule(50).alphasCumprod.map(Math.sqrt);
  };
});

test("the predictor's loss is the mean over crystals and members of the relative L1 distance, the total's at 0.3", async () => {
  const config = { ...defaultPredictorOptions.config, hiddenDim: 8, layerCount: 1, members: 2 };
  const withCells = records.slice(0, 4).map((record) => ({ ...record, voronoiDos: record.siteDos }));
  const run = predictorRun(withCells, withCells, { ...defaultPredictorOptions, config });
  const parts = [0, 0];
  for (const block of await run.task.validation()) {
    using program = await engine.compile(run.task.valueProgram("value", block.loss));
    const weights = [...run.task.initial.values()].map(({ data }) => data);
    const [values] = await program.run([...weights, ...block.inputs]);
    values.forEach((value, i) => (parts[i] += value));
  }
  let [sites, totals] = [0, 0];
  for (const m of [0, 1]) {
    // Each member by itself, as an ensemble of one.
    const parameters = new Map(
      [...run.task.initial].filter(([name]) => name.startsWith(`member_${m}.`)).map(([name, p]) => [name.replace(`member_${m}`, "member_0"), p] as const), // prettier-ignore
    );
    const alone = { kind: "radial-predictor", config: { ...config, members: 1 }, parameters, elements: [], info: {} } as const; // prettier-ignore
    using predictor = dosPredictor(engine, alone);
    const predicted = await predictor.predict(withCells);
    predicted.forEach((dos, i) => {
      const { siteDos } = withCells[i];
      const mean = (values: ArrayLike<number>, e: number) => Array.from({ length: siteDos.siteCount }, (_, s) => values[400 * s + e]).reduce((a, b) => a + b) / siteDos.siteCount; // prettier-ignore
      sites += distance(dos.values, siteDos.values);
      const [found, truth] = [0, 1].map((k) => Float32Array.from({ length: 400 }, (_, e) => (k === 0 ? dos.total!.values[e] / siteDos.siteCount : mean(siteDos.values, e)))); // prettier-ignore
      totals += distance(found, truth);
    });
  }
  expect(parts[0]).toBeCloseTo(sites / 8, 4);
  expect(parts[1]).toBeCloseTo((0.3 * totals) / 8, 4);
});

function distance(found: Float32Array, truth: Float32Array): number {
  const sum = (values: Float32Array) => values.reduce((a, b) => a + b, 0);
  return sum(found.map((p, i) => Math.abs(p - truth[i]))) / sum(truth);
}

test("a run's settings reach the trainer: weight decay, norm clipping at 1, warm-up of 100 steps, halving after two", () => {
  const { options } = denoiserRun(records, records, { ...tinyOptions, learningRate: 0.02, stopAfter: 4 });
  expect(options).toMatchObject({
    steps: tinyOptions.steps,
    clip: { by: "norm", limit: 1 },
    emaDecay: tinyOptions.emaDecay,
    validateEvery: 7,
    stopAfter: 4,
    schedule: { learningRate: 0.02, warmupSteps: 100, patience: 2, factor: 0.5, minLearningRate: 0.0002 },
  });
  expect(options.optimiser.scalars(1, 0.02)[2]).toBeCloseTo(1 - 0.02 * defaultDenoiserOptions.weightDecay, 12);
});

test("elements are those of all records, ascending, each once", () => {
  const expected = new Set(records.flatMap(({ crystal }) => crystal.atomicNumbers));
  expect(elementsOf(records)).toEqual([...expected].sort((a, b) => a - b));
});
