import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import type { Parameters } from "../../src/model/index.js";
import { DisposedError, key } from "../../src/runtime/index.js";
import type { Optimiser, PlateauOptions, StepArrays, TaskBlock, UpdateRule } from "../../src/train/index.js";
import {
  adam,
  afterValidation,
  augmentCondition,
  copyParameters,
  makeExamples,
  plateauStart,
  rateAt,
  referenceAugment,
  strainLattice,
  startOptimiser,
  stratifiedBatches,
  TrainingStep,
  wholeCondition,
} from "../../src/train/index.js";
import { seeds } from "../model/support.js";
import { expectAllClose } from "../support/close.js";
import { testEngines } from "../support/engines.js";
import { records } from "./support.js";

const engines = await testEngines();
afterAll(() => engines.forEach((engine) => engine.dispose()));

const one = (values: number[], shape = [values.length]): Parameters =>
  new Map([["w", { shape, data: Float32Array.from(values) }]]);

/** A task whose gradient by w is what it is given. */
const trained = ["w"];
const given = (values: Float32Array | readonly number[], shape: readonly number[] = [values.length]): TaskBlock => ({
  key: "given",
  loss: { inputs: [{ shape }], parts: (p, [g]) => p.get("w")!.mul(g).sum().reshape([1]) },
  inputs: [Float32Array.from(values)],
});
const noClip = { by: "value", limit: 1e9 } as const;

function start(parameters: Parameters, optimiser: Optimiser): StepArrays {
  return { parameters, average: copyParameters(parameters), optimiser: startOptimiser(optimiser, parameters) };
}

describe.each(engines)("a training step on $name", (engine) => {
  const stepper = (rule: Partial<UpdateRule>) =>
    new TrainingStep(engine, { name: "test", trained }, { optimiser: adam(), clip: noClip, emaDecay: 0, ...rule });

  // Bit by bit against the reference's three steps: the suite of tests/reference.
  test.each([0, 0.1])("Adam equals the textbook in double precision, weight decay %d", async (weightDecay) => {
    const optimiser = adam({ weightDecay });
    const expected = [0.5, -1, 2, 0];
    let state = start(one(expected, [2, 2]), optimiser);
    const steps = stepper({ optimiser });
    const [m, v] = [[0, 0, 0, 0], [0, 0, 0, 0]]; // prettier-ignore
    for (let step = 1; step <= 50; step++) {
      const g = key(1).fold(step, 0, 0).normals(4);
      ({ arrays: state } = await steps.run(state, [given(g, [2, 2])], step, 0.01));
      expected.forEach((w, i) => {
        m[i] = 0.9 * m[i] + 0.1 * g[i];
        v[i] = 0.999 * v[i] + 0.001 * g[i] ** 2;
        const change = m[i] / (1 - 0.9 ** step) / (Math.sqrt(v[i] / (1 - 0.999 ** step)) + 1e-8);
        expected[i] = w - 0.01 * (change + weightDecay * w);
      });
    }
    expectAllClose(state.parameters.get("w")!.data, expected, { tolerance: 5e-6 });
    steps.dispose();
    await expect(steps.run(state, [given([0, 0, 0, 0], [2, 2])], 51, 0.01)).rejects.toThrow(
      new DisposedError("training step of the test"),
    );
  });

  test("biases do not decay, and parameters without a gradient stay", async () => {
    const optimiser = adam({ weightDecay: 0.5 });
    const parameters: Parameters = new Map([...one([1, 1]), ["still", { shape: [1, 1], data: Float32Array.of(3) }]]);
    const { parameters: after, average } = (
      await stepper({ optimiser }).run(start(parameters, optimiser), [given([0, 0])], 1, 0.1)
    ).arrays;
    for (const found of [after, average])
      expect([...found.values()].map(({ data }) => Array.from(data))).toEqual([[1, 1], [3]]);
  });

  /** Plain descent shows the clipped gradient as the change. */
  const descent: Optimiser = {
    slots: [],
    scalars: () => [],
    update: (parameter, gradient) => ({ parameter: parameter.sub(gradient), slots: [] }),
  };

  test.each([
    ["value", 0.5, [0.5, -0.5, 0.1]],
    ["norm", 10, [3, -4, 0.1]],
    ["norm", 1, [0.59988, -0.79984, 0.019996]],
  ] as const)("clipping by %s, %d", async (by, limit, expected) => {
    const state = start(one([0, 0, 0]), descent);
    const { arrays } = await stepper({ optimiser: descent, clip: { by, limit } }).run(
      state,
      [given([3, -4, 0.1])],
      1,
      1,
    );
    expectAllClose(
      arrays.parameters.get("w")!.data.map((x) => -x),
      expected,
      { tolerance: 1e-5 },
    );
  });

  test("the losses and gradients of several blocks add up", async () => {
    const state = start(one([2]), descent);
    const { parts, arrays } = await stepper({ optimiser: descent }).run(state, [given([1]), given([0.5])], 1, 1);
    expect([parts[0], arrays.parameters.get("w")!.data[0]]).toEqual([3, 0.5]);
  });

  test("what a step returned is whole until the step after the next", async () => {
    const steps = stepper({ optimiser: descent });
    const { arrays: first } = await steps.run(start(one([0]), descent), [given([1])], 1, 1);
    const { arrays: second } = await steps.run(first, [given([1])], 2, 1);
    expect([first, second].map(({ parameters }) => parameters.get("w")!.data[0])).toEqual([-1, -2]);
    const { arrays: third } = await steps.run(second, [given([1])], 3, 1);
    expect([second, third].map(({ parameters }) => parameters.get("w")!.data[0])).toEqual([-2, -3]);
  });

  test("what one training step returned goes into another that packs it otherwise", async () => {
    const matrix = one([1, 2, 3, 4, 5, 6], [2, 3]);
    const gradient = given([1, 2, 3, 4, 5, 6], [2, 3]);
    const pieces = new Map([["w", [{ columns: 1, stack: "a" }, { columns: 2, stack: "b" }]]]); // prettier-ignore
    const rule: UpdateRule = { optimiser: descent, clip: noClip, emaDecay: 0 };
    using plain = new TrainingStep(engine, { name: "plain", trained }, rule);
    using cut = new TrainingStep(engine, { name: "cut", trained, pieces }, rule);
    const { arrays: first } = await plain.run(start(matrix, descent), [gradient], 1, 1);
    const { arrays: second } = await cut.run(first, [gradient], 2, 1);
    expect(Array.from(second.parameters.get("w")!.data)).toEqual([-1, -2, -3, -4, -5, -6]);
  });

  test("the average follows a jump, early steps quickly", async () => {
    const after = async (decay: number, step: number): Promise<number> => {
      const { arrays } = await stepper({ optimiser: descent, emaDecay: decay }).run(
        start(one([1]), descent),
        [given([-1])],
        step,
        1,
      );
      return arrays.average.get("w")!.data[0];
    };
    expect(await after(0.9, 100)).toBeCloseTo(1.1, 6);
    expect(await after(0.999, 1)).toBeGreaterThan(1.8);
  });
});

describe("plateau", () => {
  const options: PlateauOptions = { learningRate: 1, warmupSteps: 10, patience: 2, factor: 0.5, minLearningRate: 0.2 };
  test("warm-up is linear", () => {
    const start = plateauStart(options);
    expect([1, 5, 10, 1000].map((step) => rateAt(step, start, options))).toEqual([0.1, 0.5, 1, 1]);
  });

  test("the rate falls after `patience` bad validations more than one, never below the least", () => {
    let state = plateauStart(options);
    const rates = [5, 4, 4, 4, 4, 3, 3, 3, 3, 3, 3, 3, 3, 3].map((loss) => {
      state = afterValidation(loss, state, options);
      return state.learningRate;
    });
    expect(rates).toEqual([1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.2, 0.2, 0.2]);
  });

  test("an improvement below one part in ten thousand is none", () => {
    const state = afterValidation(1, plateauStart(options), options);
    expect(afterValidation(0.99995, state, options)).toMatchObject({ best: 1, badCount: 1 });
    expect(afterValidation(0.9998, state, options)).toMatchObject({ best: 0.9998, badCount: 0 });
  });
});

describe("stratified batches", () => {
  const data = fc.tuple(
    fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 60 }),
    fc.integer({ min: 1, max: 20 }),
    seeds,
  );

  test("pure functions of the step, in any order of asking", () => {
    fc.assert(
      fc.property(
        data,
        fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 30 }),
        ([sizes, batch, seed], steps) => {
          const asked = stratifiedBatches(sizes, batch, seed);
          for (const step of steps) expect(asked(step)).toEqual(stratifiedBatches(sizes, batch, seed)(step));
        },
      ),
      { numRuns: 50 },
    );
  });

  test("each size walks through whole epochs, and every batch has the same shape", () => {
    fc.assert(
      fc.property(data, ([sizes, batch, seed]) => {
        const asked = stratifiedBatches(sizes, batch, seed);
        const shape = asked(1).map(({ atomsPerCrystal, indices }) => [atomsPerCrystal, indices.length]);
        for (const [atoms, count] of shape) {
          const members = sizes.flatMap((size, i) => (size === atoms ? [i] : []));
          const seen: number[] = [];
          for (let step = 1; seen.length < 2 * members.length; step++) {
            const block = asked(step).find(({ atomsPerCrystal }) => atomsPerCrystal === atoms)!;
            expect(block.indices).toHaveLength(count);
            seen.push(...block.indices);
          }
          const sorted = (part: number[]) => [...part].sort((a, b) => a - b);
          expect(sorted(seen.slice(0, members.length))).toEqual(members);
          expect(sorted(seen.slice(members.length, 2 * members.length))).toEqual(members);
        }
        expect(shape.map(([atoms]) => atoms)).toEqual([...new Set(sizes)].sort((a, b) => a - b));
      }),
      { numRuns: 50 },
    );
  });

  test("epochs differ, seeds differ", () => {
    const sizes = Array<number>(30).fill(2);
    const first = (seed: number, step: number) => stratifiedBatches(sizes, 30, seed)(step)[0].indices;
    expect(first(1, 1)).not.toEqual(first(1, 2));
    expect(first(1, 1)).not.toEqual(first(2, 1));
  });
});

describe("augmentation", () => {
  const [example] = makeExamples(records, 100);
  const options = { dropCondition: 0.15, strain: 0.01, spectralNoise: 0.1, partial: true };

  test("windows, masks and spectra are always possible ones, and pure functions of (seed, slot, step)", () => {
    let [dropped, total] = [0, 0];
    fc.assert(
      fc.property(seeds, fc.nat(100), fc.integer({ min: 1, max: 1e5 }), (seed, slot, step) => {
        const row = augmentCondition(example, options, key(seed).fold(slot, step));
        expect(augmentCondition(example, options, key(seed).fold(slot, step))).toEqual(row);
        expect(row.energyMask.reduce((a, b) => a + b, 0)).toBeGreaterThanOrEqual(39);
        for (const mask of [row.energyMask, row.siteMask, row.totalMask])
          expect(mask.every((m) => m === 0 || m === 1)).toBe(true);
        expect(row.siteDos.every((v, i) => v >= 0 && v <= 2 * example.siteDos[i] + 1e-6)).toBe(true);
        total += 1;
        if (row.siteMask.every((m) => m === 0) && row.totalMask[0] === 0) dropped += 1;
      }),
      { numRuns: 300 },
    );
    expect(dropped / total).toBeGreaterThan(0.08);
    expect(dropped / total).toBeLessThan(0.27);
  });

  test("windows are one stretch", () => {
    for (let step = 1; step < 300; step++) {
      const { energyMask } = augmentCondition(example, { ...options, dropCondition: 0 }, key(1).fold(0, step));
      const edges = energyMask.reduce((n, m, e) => n + (e > 0 && m !== energyMask[e - 1] ? 1 : 0), 0);
      expect(edges).toBeLessThanOrEqual(2);
    }
  });

  test("the reference's rows are whole or dropped with probability 0.2", () => {
    const whole = wholeCondition(example);
    let dropped = 0;
    for (let step = 1; step <= 1000; step++) {
      const row = augmentCondition(example, referenceAugment, key(2).fold(0, step));
      if (row.totalMask[0] === 0) dropped += 1;
      else expect([...row.siteMask, ...row.totalMask]).toEqual([...whole.siteMask, ...whole.totalMask]);
      expect(row.energyMask.every((m) => m === 1)).toBe(true);
      expect(row.siteDos).toBe(example.siteDos);
      expect(row.totalDos).toBe(example.totalDos);
    }
    expect(Math.abs(dropped / 1000 - 0.2)).toBeLessThan(0.05);
  });

  test("the strain is symmetric, of the right size, and none when none is asked", () => {
    const identity = Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
    expect(strainLattice(example.lattice, 0, key(1).fold(2, 3))).toBe(example.lattice);
    let squares = 0;
    for (let step = 1; step <= 500; step++) {
      const strain = strainLattice(identity, 0.02, key(1).fold(0, step));
      for (const [i, j] of [
        [1, 3],
        [2, 6],
        [5, 7],
      ])
        expect(strain[i]).toBe(strain[j]);
      squares += strain.reduce((sum, x, i) => sum + (x - identity[i]) ** 2, 0) / 9;
      const strained = strainLattice(example.lattice, 0.02, key(1).fold(0, step));
      // The lattice's rows times the strain.
      const product = example.lattice.map((_, i) =>
        [0, 1, 2].reduce((sum, k) => sum + example.lattice[i - (i % 3) + k] * strain[3 * k + (i % 3)], 0),
      );
      expectAllClose(strained, product, { tolerance: 1e-6 });
    }
    expect(Math.sqrt(squares / 500) / 0.02).toBeCloseTo(1, 1);
  });
});
