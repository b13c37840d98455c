import { afterAll, describe, expect, test } from "vitest";
import type { Target } from "../../src/dos/index.js";
import type { GeneratedCrystal, GenerateOptions } from "../../src/generate/index.js";
import { crystalGenerator, samplers } from "../../src/generate/index.js";
import {
  cosineSchedule,
  exactDenoiser,
  firstUsefulTime,
  sample,
  startState,
  streamNoise,
  stride,
} from "../../src/diffusion/index.js";
import { compiledEngine, DisposedError, eagerEngine, type Engine } from "../../src/runtime/index.js";
import { expectAllClose } from "../support/close.js";
import { turn } from "../diffusion/support.js";
import { numbersOf, siteDos, target, template, tinyModel, totalDos } from "./support.js";

const compiled = await compiledEngine();
const eager = await eagerEngine("cpu");
const model = tinyModel(1);
const generator = crystalGenerator(compiled, model);
afterAll(() => {
  generator.dispose();
  compiled.dispose();
  eager.dispose();
});

const quick: GenerateOptions = { steps: 4, seed: 5, count: 5 };

/** Same elements; lattice and coordinates within float32 rounding grown over a few steps. */
function expectSameCrystals(found: readonly GeneratedCrystal[], expected: readonly GeneratedCrystal[]): void {
  expect(found.map(({ index }) => index)).toEqual(expected.map(({ index }) => index));
  found.forEach(({ crystal }, k) => {
    const same = expected[k].crystal;
    expect(crystal.atomicNumbers).toEqual(same.atomicNumbers);
    expectAllClose(crystal.latticeMatrix.flat(), same.latticeMatrix.flat(), { tolerance: 1e-3 });
    const off = crystal.fracCoords.flat().map((x, i) => Math.abs(turn(x, same.fracCoords.flat()[i])));
    expect(Math.max(...off)).toBeLessThan(1e-3);
  });
}

test("every setting of the fast sampler reaches it", async () => {
  const settings: GenerateOptions[] = [{}, { coordEta: 1 }, { order: 1 }, { spacing: 2 }, { eta: 0.5 }, { eta: 0 }];
  const made = [];
  for (const options of settings) made.push(await generator.generate(target(3), { ...quick, count: 1, ...options }));
  expect(new Set(made.map((crystals) => String(numbersOf(crystals)))).size).toBe(settings.length);
});

test("steps are one program with the network, whatever the constraints", async () => {
  const names: string[] = [];
  const spy: Engine = { ...compiled, compile: (source) => (names.push(source.name), compiled.compile(source)) };
  const other = crystalGenerator(spy, model);
  const made = async (options: GenerateOptions): Promise<string[]> => {
    await other.generate(target(3), { ...quick, count: 1, batchSize: 1, ...options });
    return names.splice(0);
  };
  expect(await made({})).toEqual(["DOS encoder, 1 x 3", "fast step, guided, some classes, 1 x 3"]);
  expect(await made({ sampler: "predictor-corrector" })).toEqual([
    "predictor-corrector (corrected) step, guided, some classes, 1 x 3",
  ]);
  expect(await made({ fixTypes: new Map([[0, 3]]) })).toEqual(["fast step, guided, some classes, pinned types, 1 x 3"]);
  const composition = (z: number) => new Map([[z, 3]]);
  expect(await made({ composition: composition(3) })).toEqual(["fast step, guided, exact composition, 1 x 3"]);
  // Values are inputs: others need no other program.
  expect(await made({ composition: composition(8), seed: 9, guidanceWeight: 3 })).toEqual([]);
  const keep = { lattice: true, coords: [0] };
  expect(await made({ template: { crystal: template, keep } })).toEqual([
    "fast step, guided, some classes, held lattice, held fracCoords, 1 x 3",
  ]);
  other.dispose();
});

describe("only the seed and the settings decide the crystals", () => {
  test("the same call twice gives the same bits; another seed does not", async () => {
    const [once, twice] = [await generator.generate(target(3), quick), await generator.generate(target(3), quick)];
    expect(twice).toEqual(once);
    const other = await generator.generate(target(3), { ...quick, seed: 6 });
    expect(numbersOf(other)).not.toEqual(numbersOf(once));
    expect(once.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
    expect(new Set(once.map((c) => String(numbersOf([c])))).size).toBe(5);
  });

  test.each(["fast", "predictor-corrector"] as const)("whatever the batch size, %s", async (sampler) => {
    const options = { ...quick, sampler };
    const runs = [];
    for (const batchSize of [8, 3, 1]) runs.push(await generator.generate(target(3), { ...options, batchSize }));
    expectSameCrystals(runs[1], runs[0]);
    expectSameCrystals(runs[2], runs[0]);
  });

  test("whatever the batch size, bit by bit on an eager engine", async () => {
    const other = crystalGenerator(eager, model);
    const options = { ...quick, count: 3, steps: 2 };
    const together = await other.generate(target(2), { ...options, batchSize: 3 });
    expect(await other.generate(target(2), { ...options, batchSize: 1 })).toEqual(together);
    other.dispose();
  });

  test("a run that is continued at an index makes the crystals that were missing", async () => {
    const whole = await generator.generate(target(3), { ...quick, batchSize: 3 });
    const rest = await generator.generate(target(3), { ...quick, batchSize: 3, firstIndex: 3, count: 2 });
    // The same block shape: the same bits.
    expect(rest).toEqual(whole.slice(3));
    const shifted = await generator.generate(target(3), { ...quick, batchSize: 3, firstIndex: 2, count: 3 });
    expectSameCrystals(shifted, whole.slice(2));
  });

  test("eager and compiled agree", async () => {
    const other = crystalGenerator(eager, model);
    const options = { ...quick, count: 3, batchSize: 3, guidanceWeight: 2 };
    for (const asked of [target(3), null]) {
      const numAtoms = asked ? undefined : 3;
      expectSameCrystals(
        await other.generate(asked, { ...options, numAtoms }),
        await generator.generate(asked, { ...options, numAtoms }),
      );
    }
    other.dispose();
  });
});

describe("what a target leaves open does not influence the result", () => {
  const generate = (asked: Target, numAtoms?: number) =>
    generator.generate(asked, { ...quick, count: 2, batchSize: 2, guidanceWeight: 2, numAtoms });
  const changed = (values: Float32Array, where: (i: number) => boolean) =>
    values.map((v, i) => (where(i) ? 7 * v + 3 : v));

  test("energies outside the window", async () => {
    const whole: Target = { ...target(3), energyWindow: [-4, 4], totalDos: totalDos(2) };
    const energy = (i: number) => -10 + (20 * (i % 100)) / 99;
    const outside = (i: number) => Math.abs(energy(i)) > 4;
    const other: Target = {
      ...whole,
      siteDos: { ...whole.siteDos!, values: changed(whole.siteDos!.values, outside) },
      totalDos: { ...whole.totalDos!, values: changed(whole.totalDos!.values, outside) },
    };
    const expected = await generate(whole);
    expect(await generate(other)).toEqual(expected);
    // The control: inside the window it does.
    const inside = changed(whole.siteDos!.values, (i) => !outside(i));
    expect(await generate({ ...whole, siteDos: { ...whole.siteDos!, values: inside } })).not.toEqual(expected);
  });

  test("masked sites", async () => {
    const whole: Target = { ...target(3), siteMask: [true, false, true] };
    const ofSite = (site: number) => (i: number) => Math.floor(i / 100) === site;
    const withSite = (site: number): Target => ({
      ...whole,
      siteDos: { ...whole.siteDos!, values: changed(whole.siteDos!.values, ofSite(site)) },
    });
    const expected = await generate(whole);
    expect(await generate(withSite(1))).toEqual(expected);
    expect(await generate(withSite(2))).not.toEqual(expected);
  });

  test("masked sites, through the total that contains them", async () => {
    const masked: Target = { ...target(3), siteMask: [true, false, true] };
    const withTotal = await generator.generate({ ...masked, totalDos: totalDos(1) }, quick);
    expect(withTotal).toEqual(await generator.generate({ ...masked, totalDos: totalDos(2) }, quick));
  });

  test("masked sites of a model with the linear encoder", async () => {
    const linear = tinyModel(2, { encoder: "linear", latticeSpace: "matrix", latticeScale: 1 });
    const scaler = { mean: new Float32Array(100).fill(0.5), std: new Float32Array(100).fill(0.3) };
    const own = crystalGenerator(compiled, { ...linear, scaler });
    const whole: Target = { ...target(2), siteMask: [true, false] };
    const values = changed(whole.siteDos!.values, (i) => i >= 100);
    const options = { ...quick, count: 1, batchSize: 1 };
    expect(await own.generate({ ...whole, siteDos: { ...whole.siteDos!, values } }, options)).toEqual(
      await own.generate(whole, options),
    );
    own.dispose();
  });
});

describe("targets with a total alone", () => {
  const total: Target = { label: "total", totalDos: totalDos(3), energyShift: 0 };
  const options = { ...quick, count: 2, batchSize: 2 };

  test("take the number of atoms from the options, or from the cell that the total belongs to", async () => {
    for (const [asked, numAtoms] of [
      [total, 2],
      [{ ...total, atomCount: 2 }, undefined],
      [{ ...total, atomCount: 4 }, 2],
    ] as const) {
      const crystals = await generator.generate(asked, { ...options, numAtoms });
      for (const { crystal } of crystals) expect(crystal.atomicNumbers).toHaveLength(2);
    }
  });

  test("count per atom: twice the cell with twice the DOS is the same wish", async () => {
    const double = { ...totalDos(3), values: totalDos(3).values.map((v) => 2 * v) };
    const one = await generator.generate({ ...total, atomCount: 2 }, { ...options, numAtoms: 2 });
    const two = await generator.generate({ ...total, totalDos: double, atomCount: 4 }, { ...options, numAtoms: 2 });
    expect(two).toEqual(one);
  });
});

test("progress: fractions rise to one, and every crystal comes once", async () => {
  const fractions: number[] = [];
  const indices: number[] = [];
  for await (const step of generator.stream(target(2), { ...quick, batchSize: 2 })) {
    fractions.push(step.fraction);
    indices.push(...step.crystals.map(({ index }) => index));
  }
  expect(fractions.every((f, i) => i === 0 || f >= fractions[i - 1])).toBe(true);
  expect(fractions.at(-1)).toBe(1);
  expect(indices).toEqual([0, 1, 2, 3, 4]);
});

test("progress tells the noise level that was left, falling from where sampling starts", async () => {
  // Many levels, of which the last are useless.
  const fine = tinyModel(1, { timesteps: 1000 });
  const own = crystalGenerator(compiled, fine);
  const schedule = cosineSchedule(1000);
  const times: number[] = [];
  for await (const { level } of own.stream(target(2), { ...quick, count: 1, batchSize: 1 }))
    if (level) {
      times.push(level.t);
      expect(level.sigma).toBe(schedule.coordSigmas[level.t]);
      expect(level.alphaBar).toBe(schedule.alphasCumprod[level.t]);
    }
  expect(times).toEqual(stride(firstUsefulTime(schedule), 4).slice(0, -1));
  expect(times[0]).toBeLessThan(1000);
  own.dispose();
});

test("no predicted cell is larger than the bound, whatever the network says", async () => {
  for (const [latticeSpace, latticeScale, longest] of [
    ["matrix", 2, 20],
    ["metric", 0.25, 8],
  ] as const) {
    const wild = tinyModel(2, { latticeSpace, latticeScale });
    const sampler = samplers.get("fast")!(quick, wild);
    const schedule = cosineSchedule(10);
    const shape = { batchSize: 2, atomsPerCrystal: 2, classCount: wild.config.classCount };
    const denoiser = exactDenoiser(compiled, {
      name: "wild",
      schedule,
      predict: (x) => ({ ...x, lattice: x.lattice.add(3).mul(-1000) }),
    });
    const start = startState(1, [0, 1], shape, 10);
    for await (const { denoised } of sample(sampler, { denoiser, start, noise: streamNoise(1, [0, 1], shape) })) {
      const rows = Array.from({ length: 6 }, (_, r) => Math.hypot(...denoised.lattice.subarray(3 * r, 3 * r + 3)));
      expect(Math.max(...rows)).toBeLessThan(longest * 1.001);
      expect(Math.max(...rows)).toBeGreaterThan(longest * 0.999);
    }
  }
});

test("frames: the block from its first step to its finished crystals, without changing them", async () => {
  const options = { ...quick, count: 3, batchSize: 2 };
  const frames: (readonly GeneratedCrystal[])[] = [];
  const crystals: GeneratedCrystal[] = [];
  for await (const step of generator.stream(target(2), { ...options, frameEvery: 2 })) {
    crystals.push(...step.crystals);
    if (step.frame) frames.push(step.frame);
  }
  // Of four steps the first and the third, and the finished crystals; two blocks.
  expect(frames.map((frame) => frame.map(({ index }) => index))).toEqual([[0, 1], [0, 1], [0, 1], [2], [2], [2]]);
  expect([...frames[2], ...frames[5]]).toEqual(crystals);
  expect(numbersOf(frames[0])).not.toEqual(numbersOf(frames[2]));
  expect(crystals).toEqual(await generator.generate(target(2), options));
  for await (const step of generator.stream(target(2), options)) expect(step.frame).toBeUndefined();
  await expect(generator.generate(target(2), { ...options, frameEvery: 0 })).rejects.toThrow(/frameEvery: expected/);
});

test("frames of the clean crystals obey the constraints all along: a composition is softly there, a template exactly", async () => {
  const composition = new Map([
    [3, 2],
    [8, 1],
  ]);
  const keep = { coords: [1] };
  const options = {
    ...quick,
    count: 2,
    batchSize: 2,
    composition,
    template: { crystal: template, keep },
    frameEvery: 1,
  };
  let frames = 0;
  for await (const { denoised } of generator.stream(target(3), options))
    for (const { crystal } of denoised ?? []) {
      frames++;
      for (const z of crystal.atomicNumbers) expect([3, 8]).toContain(z);
      for (const [i, x] of crystal.fracCoords[1].entries())
        expect(Math.abs(turn(x, template.fracCoords[1][i]))).toBeLessThan(1e-5);
    }
  expect(frames).toBe(10);
});

test("after dispose every call says so", async () => {
  const own = crystalGenerator(compiled, model);
  await own.generate(target(2), { ...quick, count: 1 });
  own.dispose();
  own.dispose();
  await expect(own.generate(target(2), quick)).rejects.toThrow("generator: it was disposed");
  await expect(own.stream(target(2), quick).next()).rejects.toThrow(DisposedError);
});

test("a warm start with little noise stays near its crystal", async () => {
  const fine = crystalGenerator(compiled, {
    // A network that says noise; one that says elements, untrained, has its own idea of them at any noise level.
    ...tinyModel(3, { timesteps: 1000, typeOutput: "noise", latticeSpace: "matrix", latticeScale: 2 }),
    elements: [],
  });
  const options = { initStructure: template, initNoise: 0.002, count: 2, batchSize: 2 };
  for (const sampler of ["fast", "predictor-corrector"] as const)
    for (const { crystal } of await fine.generate(null, { ...options, sampler })) {
      expect(crystal.atomicNumbers).toEqual(template.atomicNumbers);
      const off = crystal.fracCoords.flat().map((x, i) => Math.abs(turn(x, template.fracCoords.flat()[i])));
      expect(Math.max(...off)).toBeLessThan(0.06);
      const lattice = template.latticeMatrix.flat();
      const lengths = (m: readonly number[]) => [0, 3, 6].map((k) => Math.hypot(m[k], m[k + 1], m[k + 2]));
      lengths(crystal.latticeMatrix.flat()).forEach((length, k) =>
        expect(Math.abs(length / lengths(lattice)[k] - 1)).toBeLessThan(0.15),
      );
    }
  fine.dispose();
});

test("a DOS on the model's own number of points is enough: no grid of 400 is assumed", async () => {
  const crystals = await generator.generate({ ...target(1), siteDos: siteDos(1, 3) }, { ...quick, count: 1 });
  expect(crystals).toHaveLength(1);
});
