import * as tf from "@tensorflow/tfjs";
import { afterAll, describe, expect, test } from "vitest";
import type { DiffusionState, FastSamplerOptions, Sampler, SamplerStep } from "../../src/diffusion/index.js";
import {
  argmaxTypes,
  cosineSchedule,
  exactDenoiser,
  fastSampler,
  firstUsefulTime,
  predictorCorrector,
  sample,
  startState,
  streamNoise,
  stride,
  warmStart,
} from "../../src/diffusion/index.js";
import { compiledEngine } from "../../src/runtime/index.js";
import { expectAllClose } from "../support/close.js";
import { cleanBlock, collect, normalDenoiser, perfectDenoiser, turns } from "./support.js";

const engine = await compiledEngine({ threads: 1 });
afterAll(() => engine.dispose());

const schedule = cosineSchedule(100);
const shape = { batchSize: 2, atomsPerCrystal: 3, classCount: 5 };
const indices = [4, 5];
const noise = streamNoise(1, indices, shape);
const start = startState(1, indices, shape, schedule.timesteps);
const clean = cleanBlock(shape, 1);
const perfect = perfectDenoiser(engine, schedule, clean);

function expectCrystal(found: DiffusionState, expected: DiffusionState, tolerance: number): void {
  expectAllClose(found.lattice, expected.lattice, { tolerance });
  expect([...argmaxTypes(found)]).toEqual([...argmaxTypes(expected)]);
  expectAllClose(turns(found.fracCoords, expected.fracCoords), new Float32Array(found.fracCoords.length), {
    tolerance: 1,
    floor: tolerance,
  });
}

describe("a perfect denoiser of one crystal leads to that crystal", () => {
  // The uncorrected variant counts the last corrector's drift twice: 0.4 sigma_1 at this step size.
  test.each([
    ["corrected", 1e-3],
    ["uncorrected", 0.01],
  ] as const)("predictor-corrector, %s", async (predictorInput, tolerance) => {
    const run = sample(predictorCorrector({ predictorInput }), { denoiser: perfect, start, noise });
    const { final, steps } = await collect(run);
    expectCrystal(final, clean, tolerance);
    expect(steps.map(({ t }) => t)).toEqual(Array.from({ length: 100 }, (_, i) => 100 - i));
    expect(steps.at(-1)).toMatchObject({ step: 100, stepCount: 100 });
  });

  test.each([
    { eta: 1, steps: 100 },
    { eta: 1, steps: 10, order: 1 },
    { eta: 1, steps: 10, coordEta: 1 },
    { eta: 1, steps: 10, coordEta: 3 },
    { eta: 0, steps: 10 },
    { eta: 0.5, steps: 25, spacing: 2 },
  ] as const)("fast sampler, %o", async (options) => {
    const { final, steps } = await collect(sample(fastSampler(options), { denoiser: perfect, start, noise }));
    expectCrystal(final, clean, 1e-3);
    // Whoever watches is told what the denoiser sees behind the noise: all along the crystal itself, and the level of the noise.
    for (const { denoised, t, sigma, alphaBar } of steps) {
      expect([sigma, alphaBar]).toEqual([schedule.coordSigmas[t], schedule.alphasCumprod[t]]);
      expectAllClose(denoised.types, clean.types, { tolerance: 2e-3 });
      expectAllClose(denoised.lattice, clean.lattice, { tolerance: 2e-3 });
      if (sigma < 0.1)
        expectAllClose(turns(denoised.fracCoords, clean.fracCoords), new Float32Array(18), {
          floor: 1,
          tolerance: 1e-4,
        });
    }
  });
});

test("the fast sampler with eta 1 that visits every t is the reference's predictor", async () => {
  // Any estimate whose clean types lie in [0, 1], where the fast sampler's bound does nothing; far from perfect otherwise.
  const elsewhere = cleanBlock(shape, 8);
  const other = perfectDenoiser(engine, schedule, {
    ...elsewhere,
    types: elsewhere.types.map((x) => 0.1 + 0.5 * x),
  });
  const { name, inputs, predict } = other.at(1);
  const denoiser = exactDenoiser(engine, {
    name: `${name}, other coordinates`,
    schedule,
    inputs,
    predict: (x, given) => ({ ...predict(x, given), fracCoords: x.fracCoords.mul(7).sin().mul(0.3) }),
  });
  const options = { denoiser, start, noise, startTime: 98 };
  const reference = sample(predictorCorrector({ correctorStepSize: 0, predictorInput: "uncorrected" }), options);
  const fast = sample(fastSampler({ order: 1, eta: 1, coordEta: 1, steps: 98 }), options);
  const [expected, found] = [await collect(reference), await collect(fast)];
  expect(found.steps.length).toBe(98);
  found.steps.forEach(({ state, t }, i) => {
    const same = expected.steps[i];
    expect(same.t).toBe(t);
    expectAllClose(state.lattice, same.state.lattice, { tolerance: 2e-4 });
    expectAllClose(state.types, same.state.types, { tolerance: 2e-4 });
    expectAllClose(turns(state.fracCoords, same.state.fracCoords), new Float32Array(18), { tolerance: 1, floor: 1e-4 });
  });
});

describe("order, on data whose exact answers are known", () => {
  const fine = cosineSchedule(4000);
  const one = { batchSize: 1, atomsPerCrystal: 1, classCount: 1 };
  const data = { types: [0, 1], lattice: [0.4, 0.3], fracCoords: [0.45, 0.04] } as const;
  const exact = normalDenoiser(engine, fine, data);
  const begin = startState(3, [0], one, fine.timesteps);
  const startTime = 3920;
  /** Where three quarters of the way lead: the last step, to no noise at all, is of first order always. */
  const later = async (steps: number, order: 1 | 2): Promise<DiffusionState> => {
    const run = sample(fastSampler({ steps, order, eta: 0 }), { denoiser: exact, start: begin, noise, startTime });
    return (await collect(run)).steps[0.75 * steps - 1].state;
  };

  test.each([
    [1, 1.7, 2.4],
    [2, 2.8, 6],
  ] as const)("order %i: twice the steps divide the error by %d to %d", async (order, least, most) => {
    const limit = await later(startTime, 2);
    const error = async (steps: number, field: "lattice" | "fracCoords"): Promise<number> => {
      const found = (await later(steps, order))[field];
      return Math.hypot(...turns(found, limit[field]));
    };
    for (const field of ["lattice", "fracCoords"] as const) {
      const ratio = (await error(40, field)) / (await error(80, field));
      expect(ratio, field).toBeGreaterThan(least);
      expect(ratio, field).toBeLessThan(most);
    }
  });
});

describe("distributions: exact answers lead to the data's own spread", () => {
  const fine = cosineSchedule(1000);
  const many = { batchSize: 1, atomsPerCrystal: 4000, classCount: 1 };
  const data = { deviation: 0.15, place: 0.45, width: 0.03 };
  // The clip at [0, 1] hardly touches such types.
  const exact = normalDenoiser(engine, fine, {
    types: [0.5, data.deviation],
    lattice: [0, 1],
    fracCoords: [data.place, data.width],
  });
  const from = startState(9, [0], many, fine.timesteps);
  const draws = streamNoise(9, [0], many);
  const finalOf = async (options: FastSamplerOptions): Promise<DiffusionState> =>
    (await collect(sample(fastSampler(options), { denoiser: exact, start: from, noise: draws }))).final;
  /** E[cos 2 pi (x - place)], which is exp(-2 pi^2 width^2) for the data: 1 if all coordinates were in one place. */
  const concentration = ({ fracCoords }: DiffusionState): number =>
    fracCoords.reduce((sum, x) => sum + Math.cos(2 * Math.PI * (x - data.place)), 0) / fracCoords.length;
  const ofData = Math.exp(-2 * (Math.PI * data.width) ** 2);

  // 12000 coordinates: the mean's own error is 0.0002. Renewing all noise narrows a spread; the second order makes up for it.
  test.each([
    ["the default at 25 steps", { steps: 25 }, 0, 0.002],
    ["first order, all noise renewed", { steps: 25, order: 1 }, 0.006, 0.012],
    ["second order, ancestral", { steps: 25, coordEta: 1 }, -0.002, 0.002],
    ["deterministic", { steps: 50, eta: 0 }, -0.002, 0.002],
    ["renewed, denser at low noise", { steps: 25, spacing: 1.5 }, -0.002, 0.004],
  ] as const)("coordinates, %s", async (_, options, least, most) => {
    const excess = concentration(await finalOf(options)) - ofData;
    expect(excess).toBeGreaterThan(least - 0.001);
    expect(excess).toBeLessThan(most);
  });

  test.each([
    [1, 2, 100, 0.95],
    [0.5, 2, 100, 0.95],
    [0, 2, 50, 0.94],
    [1, 1, 200, 0.91],
  ] as const)("types, eta %d, order %i, %i steps", async (eta, order, steps, least) => {
    const { types } = await finalOf({ eta, order, steps });
    const mean = types.reduce((a, b) => a + b, 0) / types.length;
    const deviation = Math.sqrt(types.reduce((sum, x) => sum + (x - mean) ** 2, 0) / types.length);
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.01);
    // The last step goes to the expected clean value, which is a little less spread than clean values are.
    expect(deviation / data.deviation).toBeGreaterThan(least);
    expect(deviation / data.deviation).toBeLessThan(1.03);
  });
});

test("eta 0 draws no noise; eta 1 does", async () => {
  const asked: string[] = [];
  const counting: typeof noise = (field, t, purpose) => {
    asked.push(`${field} ${t} ${purpose}`);
    return noise(field, t, purpose);
  };
  const inputs = { denoiser: perfect, start, noise: counting };
  await collect(sample(fastSampler({ eta: 0, steps: 5 }), inputs));
  expect(asked).toEqual([]);
  await collect(sample(fastSampler({ eta: 1, steps: 5 }), inputs));
  // None in the last step, and no number twice.
  expect(asked.length).toBe(4 * 3);
  expect(new Set(asked).size).toBe(asked.length);
});

test("where data say nothing of a coordinate, only noise moves it", async () => {
  // At high noise the score of any data is nearly 0. A clean place that moved with the noise must not be extrapolated.
  const fine = cosineSchedule(1000);
  const silent = exactDenoiser(engine, {
    name: "silent",
    schedule: fine,
    predict: (x) => ({ ...x, fracCoords: tf.zerosLike(x.fracCoords) }),
  });
  const drawn: Float32Array[] = [];
  const watched: typeof noise = (field, t, purpose) => {
    const z = noise(field, t, purpose);
    if (field === "fracCoords") drawn.push(z);
    return z;
  };
  const { steps } = await collect(sample(fastSampler({ steps: 50 }), { denoiser: silent, start, noise: watched }));
  let before = start;
  steps.slice(0, 5).forEach(({ state, next, sigma }, i) => {
    expect(sigma).toBeGreaterThan(0.3);
    const moved = turns(state.fracCoords, before.fracCoords);
    const noisy = drawn[i].map((z) => fine.coordSigmas[next] * z);
    expectAllClose(turns(moved, noisy), new Float32Array(moved.length), { floor: 1, tolerance: 0.02 });
    before = state;
  });
});

test("the predicted clean lattice is bounded, whole crystals at a time", async () => {
  const wild = exactDenoiser(engine, {
    name: "wild",
    schedule,
    predict: (x) => ({ types: x.types, fracCoords: x.fracCoords.mul(0), lattice: x.lattice.add(1).mul(-50) }),
  });
  const run = sample(fastSampler({ eta: 0, steps: 10, latticeBound: 4 }), { denoiser: wild, start, noise });
  const { steps } = await collect(run);
  for (const { denoised } of steps)
    for (let row = 0; row < denoised.lattice.length; row += 3)
      expect(Math.hypot(...denoised.lattice.subarray(row, row + 3))).toBeLessThan(4.001);
  for (const { state } of steps) expect(Math.max(...state.lattice.map(Math.abs))).toBeLessThan(8);
});

test("strides go down to 0 in even steps", () => {
  expect(stride(10, 5)).toEqual([10, 8, 6, 4, 2, 0]);
  expect(stride(3, 50)).toEqual([3, 2, 1, 0]);
  expect(stride(100, 5, 2)).toEqual([100, 64, 36, 16, 4, 0]);
  for (const [from, steps] of [
    [997, 50],
    [1000, 999],
    [1, 1],
  ]) {
    const times = stride(from, steps);
    expect(times[0]).toBe(from);
    expect(times.at(-1)).toBe(0);
    expect(times.every((t, i) => i === 0 || t < times[i - 1])).toBe(true);
  }
});

test("sampling starts where alpha_bar is above 1e-4", async () => {
  const fine = cosineSchedule(1000);
  const first = sample(fastSampler({ steps: 3 }), { denoiser: perfectDenoiser(engine, fine, clean), start, noise });
  const { value } = await first.next();
  expect((value as SamplerStep).t).toBe(firstUsefulTime(fine));
  const t = firstUsefulTime(fine);
  expect(fine.alphasCumprod[t]).toBeGreaterThanOrEqual(1e-4);
  expect(fine.alphasCumprod[t + 1]).toBeLessThan(1e-4);
});

describe("warm start", () => {
  const fine = cosineSchedule(1000);

  test("with little noise stays near its crystal; with all of it forgets it", () => {
    const near = warmStart(clean, 0.004, fine, noise);
    expect(near.startTime).toBe(4);
    expect(Math.max(...turns(near.state.fracCoords, clean.fracCoords).map(Math.abs))).toBeLessThan(0.03);
    expect(Math.max(...near.state.lattice.map((x, i) => Math.abs(x - clean.lattice[i])))).toBeLessThan(0.12);
    const far = warmStart(clean, 1, fine, noise);
    expect(far.startTime).toBe(1000);
    expectAllClose(far.state.lattice, noise("lattice", 1000, "start"), { tolerance: 1e-3 });
  });

  const samplers: Record<string, Sampler> = { fast: fastSampler(), "predictor-corrector": predictorCorrector() };
  const sines = (x: tf.Tensor, k: number, sigma: tf.Tensor): tf.Tensor =>
    tf.range(0, x.size).mul(k).add(sigma.mul(1000)).sin().reshape(x.shape);
  test.each(Object.keys(samplers))("%s: any bounded network leaves it near", async (sampler) => {
    const babble = exactDenoiser(engine, {
      name: "babble",
      schedule: fine,
      // Anything between -1 and 1 that no symmetry makes vanish.
      predict: (x, { level }) => ({
        types: sines(x.types, 1, level.sigma),
        fracCoords: sines(x.fracCoords, 2, level.sigma),
        lattice: sines(x.lattice, 3, level.sigma),
      }),
    });
    const { state, startTime } = warmStart(clean, 0.004, fine, noise);
    const run = sample(samplers[sampler], { denoiser: babble, start: state, noise, startTime });
    const { final } = await collect(run);
    expect([...argmaxTypes(final)]).toEqual([...argmaxTypes(clean)]);
    expect(Math.max(...turns(final.fracCoords, clean.fracCoords).map(Math.abs))).toBeLessThan(0.06);
    expect(Math.max(...final.lattice.map((x, i) => Math.abs(x - clean.lattice[i])))).toBeLessThan(0.2);
  });

  test.each([0, -0.1, 1.1, NaN])("noise %d is refused", (initNoise) => {
    expect(() => warmStart(clean, initNoise, fine, noise)).toThrow(/initNoise: expected a number in \(0, 1\]/);
  });
});
