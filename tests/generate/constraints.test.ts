import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { latticeParameters } from "../../src/crystal/index.js";
import type { GenerateOptions } from "../../src/generate/index.js";
import { crystalGenerator } from "../../src/generate/index.js";
import { eagerEngine } from "../../src/runtime/index.js";
import { seeds } from "../model/support.js";
import { expectAllClose } from "../support/close.js";
import { target, template, tinyModel } from "./support.js";

const engine = await eagerEngine("cpu");
afterAll(() => engine.dispose());

const model = tinyModel(1);
const generators = [1, 2, 3].flatMap((seed) => [
  crystalGenerator(engine, tinyModel(seed)),
  crystalGenerator(engine, tinyModel(seed, { latticeSpace: "matrix", latticeScale: 1, typeOutput: "noise" })),
]);

const settings = fc.record({
  generator: fc.constantFrom(...generators),
  options: fc.record({
    seed: seeds,
    guidanceWeight: fc.constantFrom(0, 1, 5, 50),
    sampler: fc.constantFrom("fast", "predictor-corrector"),
    steps: fc.integer({ min: 1, max: 5 }),
    count: fc.constant(2),
    batchSize: fc.constant(2),
  }),
});
const element = fc.integer({ min: 1, max: 12 });
const three = fc.tuple(element, element, element);

const countsOf = (types: readonly number[]): Map<number, number> => {
  const counts = new Map<number, number>();
  for (const z of types) counts.set(z, (counts.get(z) ?? 0) + 1);
  return counts;
};
const sorted = (types: readonly number[]): number[] => [...types].sort((a, b) => a - b);

describe("never violated, for random networks, samplers and guidance up to 50", () => {
  test("the model's elements by default, and allowed elements", () =>
    fc.assert(
      fc.asyncProperty(
        settings,
        fc.option(fc.uniqueArray(element, { minLength: 1, maxLength: 4 }), { nil: undefined }),
        async ({ generator, options }, elements) => {
          const crystals = await generator.generate(target(3), { ...options, elements });
          for (const { crystal } of crystals)
            for (const z of crystal.atomicNumbers) expect(elements ?? model.elements).toContain(z);
        },
      ),
      { numRuns: 15 },
    ));

  test("exact composition, with fixed types and types kept from a template", () =>
    fc.assert(
      fc.asyncProperty(
        settings,
        three,
        fc.subarray([0, 1, 2]),
        fc.subarray([0, 1, 2]),
        async ({ generator, options }, types, fixed, kept) => {
          // What is fixed is a part of the composition at random sites.
          const crystals = await generator.generate(target(3), {
            ...options,
            composition: countsOf(types),
            fixTypes: new Map(fixed.map((site) => [site, types[site]])),
            template: { crystal: { ...template, atomicNumbers: types }, keep: { types: kept } },
          });
          for (const { crystal } of crystals) {
            expect(sorted(crystal.atomicNumbers)).toEqual(sorted(types));
            for (const site of [...fixed, ...kept]) expect(crystal.atomicNumbers[site]).toBe(types[site]);
          }
        },
      ),
      { numRuns: 15 },
    ));

  test("an element that the composition has no atom of", async () => {
    const composition = new Map([
      [3, 2],
      [8, 1],
      [11, 0],
    ]);
    const [{ crystal }] = await generators[0].generate(target(3), { composition, steps: 3, count: 1, batchSize: 1 });
    expect(sorted(crystal.atomicNumbers)).toEqual([3, 3, 8]);
    expect(crystal.latticeMatrix.flat().every(Number.isFinite)).toBe(true);
  });

  test("a fixed type binds its own site only", () =>
    fc.assert(
      fc.asyncProperty(settings, fc.integer({ min: 0, max: 2 }), async ({ generator, options }, site) => {
        // 12 is none of the model's elements.
        const crystals = await generator.generate(target(3), { ...options, fixTypes: new Map([[site, 12]]) });
        for (const { crystal } of crystals)
          crystal.atomicNumbers.forEach((z, i) => {
            if (i === site) expect(z).toBe(12);
            else expect(model.elements).toContain(z);
          });
      }),
      { numRuns: 10 },
    ));

  test("a template's lattice and coordinates are in the result", () =>
    fc.assert(
      fc.asyncProperty(settings, fc.subarray([0, 1, 2]), async ({ generator, options }, sites) => {
        const kept = { ...options, template: { crystal: template, keep: { lattice: true, coords: sites } } };
        for (const { crystal } of await generator.generate(target(3), kept)) {
          const [found, expected] = [crystal, template].map(({ latticeMatrix }) => latticeParameters(latticeMatrix));
          // As exact as the float32 numbers of the sampler; the frame is the canonical one.
          expectAllClose(found.lengths, expected.lengths, { tolerance: 1e-6 });
          expectAllClose(found.anglesDeg, expected.anglesDeg, { tolerance: 1e-6 });
          for (const site of sites)
            expectAllClose(crystal.fracCoords[site], template.fracCoords[site], { tolerance: 1e-7 });
        }
      }),
      { numRuns: 10 },
    ));
});

describe("contradictory options say what contradicts what", () => {
  const map = (...entries: [number, number][]) => new Map(entries);
  test.each<[string, GenerateOptions, RegExp]>([
    ["composition of another size", { composition: map([3, 1]) }, /composition: it has 1 atoms, the cell has 3/],
    [
      "half an atom",
      { composition: map([3, 1.5], [8, 1.5]) },
      /composition: expected a whole number of Li atoms, found 1.5/,
    ],
    ["negative", { composition: map([3, 4], [8, -1]) }, /composition: expected a whole number of O atoms, found -1/],
    ["not allowed", { composition: map([3, 3]), elements: [8] }, /composition: Li is not among the allowed elements/],
    ["unknown element", { elements: [13] }, /elements: the model knows Z = 1 to 12, found 13/],
    ["no element", { elements: [] }, /elements: the set of allowed ones is empty/],
    ["no such site", { fixTypes: map([3, 8]) }, /fixTypes: site 3 does not exist; the cell has sites 0 to 2/],
    [
      "too many fixed",
      { fixTypes: map([0, 8], [1, 8]), composition: map([8, 1], [3, 2]) },
      /composition: 2 sites are fixed to O, but it has 1/,
    ],
    [
      "fixed, not allowed",
      { fixTypes: map([0, 8]), elements: [3] },
      /fixTypes: site 0 is O, which is not among the allowed elements/,
    ],
    [
      "kept, not allowed",
      { template: { crystal: template, keep: { types: true } }, elements: [3, 8] },
      /template: site 2 is Na, which is not among the allowed/,
    ],
    [
      "kept, not in the composition",
      { template: { crystal: template, keep: { types: [0] } }, composition: map([8, 3]) },
      /composition: 1 sites are fixed to Li, but it has 0/,
    ],
    [
      "kept and fixed",
      { template: { crystal: template, keep: { types: [0] } }, fixTypes: map([0, 8]) },
      /fixTypes: site 0 is fixed to O, but the template keeps Li/,
    ],
    ["template's site", { template: { crystal: template, keep: { coords: [5] } } }, /template: site 5 does not exist/],
    ["other number of atoms", { numAtoms: 2 }, /the target has 3 sites, but 2 were asked for/],
    ["batch size", { batchSize: 0 }, /batchSize: expected an integer of at least 1, found 0/],
    ["steps", { steps: 0 }, /steps: expected an integer of at least 1, found 0/],
    ["count", { count: -1 }, /count: expected an integer of at least 0, found -1/],
    ["guidance", { guidanceWeight: NaN }, /guidanceWeight: expected a number, found NaN/],
    ["interval", { guidanceInterval: [0.8, 0.2] }, /guidanceInterval: expected 0 <= from <= to <= 1, found 0.8 to 0.2/],
    ["eta", { eta: 2 }, /eta: expected a number from 0 to 1, found 2/],
    ["coordinate eta", { coordEta: -1 }, /coordEta: expected a number of at least 0 or "all", found -1/],
    ["order", { order: 3 as 2 }, /order: expected 1 or 2, found 3/],
    ["spacing", { spacing: 9 }, /spacing: expected a number from 0.5 to 4, found 9/],
    ["sampler", { sampler: "slow" }, /sampler: expected fast or predictor-corrector, found slow/],
    ["seed", { seed: -1 }, /random seed: expected an integer from 0/],
  ])("%s", async (_, options, message) => {
    await expect(generators[0].generate(target(3), { steps: 1, count: 1, batchSize: 1, ...options })).rejects.toThrow(
      message,
    );
  });

  test("template and init structure of another size", async () => {
    const pair = { ...template, fracCoords: template.fracCoords.slice(1), atomicNumbers: [3, 8] };
    const keep = { lattice: true };
    await expect(generators[0].generate(target(3), { template: { crystal: pair, keep } })).rejects.toThrow(
      /template: it has 2 atoms, the cell has 3/,
    );
    await expect(generators[0].generate(target(3), { initStructure: pair })).rejects.toThrow(
      /initStructure: it has 2 atoms, the cell has 3/,
    );
  });

  test("targets that a model cannot take", async () => {
    const linear = crystalGenerator(engine, tinyModel(1, { encoder: "linear" }));
    const total = {
      label: "t",
      totalDos: { kind: "total", grid: target(1).siteDos!.grid, values: new Float32Array(100) },
      energyShift: 0,
    } as const;
    await expect(linear.generate(total, { numAtoms: 1 })).rejects.toThrow(/needs a site-projected DOS/);
    await expect(linear.generate(target(1))).rejects.toThrow(/needs a scaler/);
    await expect(linear.generate({ ...target(1), energyWindow: [-1, 1] })).rejects.toThrow(
      /not trained with energy windows/,
    );
    await expect(generators[0].generate(total)).rejects.toThrow(/say how many atoms/);
    await expect(generators[0].generate({ label: "t", energyShift: 0 }, { numAtoms: 1 })).rejects.toThrow(
      /neither a site DOS nor a total/,
    );
    const grid = { start: -5, stop: 5, count: 100 };
    await expect(generators[0].generate({ ...target(1), siteDos: { ...target(1).siteDos!, grid } })).rejects.toThrow(
      /100 points on -5..5 eV; the model takes 100 on -10..10 eV/,
    );
  });
});
