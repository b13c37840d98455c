import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import type { Crystal, Vector3 } from "../../src/crystal/index.js";
import { permuteAtoms, rotate, supercell, translate } from "../../src/crystal/index.js";
import type { SiteDos } from "../../src/dos/index.js";
import type { DosPredictor, PredictorModel } from "../../src/model/index.js";
import {
  cspPredictor,
  denoiserSpecs,
  descriptorSize,
  dosPredictor,
  initialParameters,
  nameTensors,
  oneHotTypes,
  radialFeatures,
  radialPredictorSpecs,
} from "../../src/model/index.js";
import { compiledEngine, DisposedError, eagerEngine, key } from "../../src/runtime/index.js";
import { latticeMatrix, orthogonal, unimodular, vector } from "../crystal/arbitraries.js";
import { expectAllClose } from "../support/close.js";
import { plainDenoiser, rowsOf } from "./plain-denoiser.js";
import { orders, randomParameters, tinyReferenceConfig } from "./support.js";

const engine = await compiledEngine();
afterAll(() => engine.dispose());

const E = 40;
const config = {
  kind: "radial",
  hiddenDim: 8,
  layerCount: 2,
  radialCount: 8,
  cutoff: 5,
  classCount: 100,
  dosPoints: E,
  spectrumBasis: 11,
  members: 2,
  total: true,
} as const;
const specs = radialPredictorSpecs(config, descriptorSize);
const start = initialParameters(specs, 1);
const model: PredictorModel = {
  kind: "radial-predictor",
  config,
  parameters: new Map(
    [...start].map(([name, { shape, data }], k) => {
      const z = key(5).fold(k, 0, 0).normals(data.length);
      return [name, { shape, data: data.map((v, i) => v + 0.1 * z[i]) }];
    }),
  ),
  elements: [],
  info: {},
};
const cspConfig = { ...tinyReferenceConfig, classCount: 100, dosPoints: E };
const cspModel: PredictorModel = {
  kind: "csp-predictor",
  config: cspConfig,
  parameters: randomParameters(cspConfig, 3),
  scaler: { mean: new Float32Array(E).fill(2), std: new Float32Array(E).fill(0.5) },
  elements: [],
  info: {},
};

const corners = [0, 1, 2, 3, 4, 5, 6, 7].map((k): Vector3 => [(k & 1) / 2, ((k >> 1) & 1) / 2, (k >> 2) / 2]);

/** One to six atoms near different corners of half the cell, which is enlarged, so that few overlap. */
const crystals: fc.Arbitrary<Crystal> = fc
  .tuple(
    latticeMatrix,
    fc.shuffledSubarray(corners, { minLength: 1, maxLength: 6 }),
    fc.array(fc.tuple(vector(-0.1, 0.1), fc.integer({ min: 1, max: 94 })), { minLength: 6, maxLength: 6 }),
  )
  .map(([[a, b, c], places, atoms]) => ({
    latticeMatrix: [a, b, c].map(([x, y, z]): Vector3 => [1.5 * x, 1.5 * y, 1.5 * z]) as [Vector3, Vector3, Vector3],
    fracCoords: places.map((p, k): Vector3 => [p[0] + atoms[k][0][0], p[1] + atoms[k][0][1], p[2] + atoms[k][0][2]]),
    atomicNumbers: places.map((_, k) => atoms[k][1]),
  }));

const radial = dosPredictor(engine, model);
const csp = dosPredictor(engine, cspModel);
const rowsAt = ({ values }: SiteDos, order: readonly number[]): number[] =>
  order.flatMap((site) => [...values.slice(site * E, (site + 1) * E)]);

/** The site DOS of another description equals that of the first, site by site as `order` says. */
async function expectSame(predictor: DosPredictor, crystal: Crystal, other: Crystal, order?: number[]): Promise<void> {
  const [expected, found] = await predictor.predict([crystal, other]);
  const sites = order ?? crystal.atomicNumbers.map((_, i) => i);
  expectAllClose(found.values, rowsAt(expected, sites), { tolerance: 5e-4 });
}

const runs = { numRuns: 15 };

describe.each([
  ["radial", radial],
  ["csp", csp],
] as const)("symmetries of the %s predictor", (_, predictor) => {
  test("rotations, reflections and translations", () =>
    fc.assert(
      fc.asyncProperty(crystals, orthogonal, vector(-1, 1), (crystal, q, shift: Vector3) =>
        expectSame(predictor, crystal, rotate(translate(crystal, shift), q)),
      ),
      runs,
    ));

  test("reordered atoms", () =>
    fc.assert(
      fc.asyncProperty(
        crystals.chain((c) => fc.tuple(fc.constant(c), orders(c.atomicNumbers.length))),
        ([crystal, order]) => expectSame(predictor, crystal, permuteAtoms(crystal, order), order),
      ),
      runs,
    ));
});

describe("the radial predictor sees the crystal, not the cell", () => {
  test("a supercell repeats its cell's site DOS", () =>
    fc.assert(
      fc.asyncProperty(
        crystals.filter(({ atomicNumbers }) => atomicNumbers.length <= 3),
        fc.constantFrom<Vector3>([2, 1, 1], [1, 1, 2], [1, 2, 2]),
        (crystal, repeats) => {
          const copies = repeats[0] * repeats[1] * repeats[2];
          const order = crystal.atomicNumbers.flatMap((_, site) => Array<number>(copies).fill(site));
          return expectSupercell(crystal, supercell(crystal, repeats), order);
        },
      ),
      { numRuns: 10 },
    ));

  test("another, skewed cell of the same lattice", () =>
    fc.assert(
      fc.asyncProperty(crystals, unimodular, (crystal, matrix) =>
        expectSame(radial, crystal, supercell(crystal, matrix)),
      ),
      runs,
    ));

  async function expectSupercell(crystal: Crystal, larger: Crystal, order: number[]): Promise<void> {
    const [expected] = await radial.predict([crystal]);
    const [found] = await radial.predict([larger]);
    expectAllClose(found.values, rowsAt(expected, order), { tolerance: 5e-4 });
    const copies = larger.atomicNumbers.length / crystal.atomicNumbers.length;
    expectAllClose(found.total!.values, expected.total!.values.map((v) => copies * v), { tolerance: 5e-4 }); // prettier-ignore
  }

  test("its features count images: sums over pairs of a supercell's copies are the cell's", () =>
    fc.assert(
      fc.property(crystals, (crystal) => {
        const [N, K] = [crystal.atomicNumbers.length, config.radialCount];
        const [small, large] = [radialFeatures(crystal, config), radialFeatures(supercell(crystal, [2, 1, 1]), config)];
        for (let i = 0; i < N; i++)
          for (let j = 0; j < N; j++) {
            const at = (row: number, column: number) =>
              large.slice((row * 2 * N + column) * K, (row * 2 * N + column + 1) * K);
            const [first, second] = [at(2 * i, 2 * j), at(2 * i, 2 * j + 1)];
            const expected = small.slice((i * N + j) * K, (i * N + j + 1) * K);
            expectAllClose(
              first.map((v, k) => v + second[k]),
              expected,
              { tolerance: 1e-5, floor: 1e-3 },
            );
          }
      }),
      runs,
    ));

  test("features are smooth where a neighbour enters the cutoff", () => {
    const pair = (a: number): Crystal => ({
      latticeMatrix: [
        [a, 0, 0],
        [0, 40, 0],
        [0, 0, 40],
      ],
      fracCoords: [[0, 0, 0]],
      atomicNumbers: [1],
    });
    const [inside, outside] = [radialFeatures(pair(5 - 1e-4), config), radialFeatures(pair(5 + 1e-4), config)];
    expectAllClose(inside, outside, { tolerance: 1, floor: 1e-6 });
    expect(Math.max(...radialFeatures(pair(3), config))).toBeGreaterThan(0.1);
  });
});

describe("blocks", () => {
  const many = fc.sample(crystals, { numRuns: 40, seed: 7 });

  test.each([
    ["radial", radial],
    ["csp", csp],
  ] as const)("%s: padding and company change nothing, results come in the order given", async (_, predictor) => {
    const together = await predictor.predict(many);
    for (const k of [0, 5, 17, 39]) {
      const [alone] = await predictor.predict([many[k]]);
      expect(together[k]).toMatchObject({ kind: "site", siteCount: many[k].atomicNumbers.length });
      expectAllClose(together[k].values, alone.values, { tolerance: 1e-6 });
    }
    expect(await predictor.predict([])).toEqual([]);
  });

  test("predictions are spectra: finite and never negative", async () => {
    for (const predictor of [radial, csp])
      for (const { values } of await predictor.predict(many)) {
        expect(values.every((v) => v >= 0 && v < Infinity)).toBe(true);
        expect(Math.max(...values)).toBeGreaterThan(0);
      }
  });

  test("eager and compiled agree", async () => {
    const eager = await eagerEngine("cpu");
    for (const [predictor, source] of [
      [radial, model],
      [csp, cspModel],
    ] as const) {
      const other = dosPredictor(eager, source);
      const [expected, found] = [await predictor.predict(many.slice(0, 3)), await other.predict(many.slice(0, 3))];
      found.forEach(({ values }, k) => expectAllClose(values, expected[k].values, { tolerance: 1e-4 }));
    }
    eager.dispose();
  });
});

test("the reference's forward model is the denoiser's plain equations without time and condition", async () => {
  const crystal = fc.sample(crystals, { numRuns: 20, seed: 3 }).find(({ atomicNumbers }) => atomicNumbers.length >= 3)!;
  const N = crystal.atomicNumbers.length;
  const types = oneHotTypes(crystal.atomicNumbers, 100);
  const [coords, lattice] = [crystal.fracCoords.flat(), crystal.latticeMatrix.flat()].map((x) => Float32Array.from(x));
  expect([...cspModel.parameters.keys()].sort()).toEqual(
    denoiserSpecs(cspConfig)
      .map(({ name }) => name)
      .sort(),
  );
  const program = await engine.compile({
    name: "csp",
    inputs: [
      [1, N, 100],
      [1, N, 3],
      [1, 3, 3],
    ].map((shape) => ({ shape })),
    constants: [...cspModel.parameters.values()],
    fn: (a, b, c, ...weights) => [
      cspPredictor(nameTensors(cspModel.parameters, weights), cspConfig, { types: a, fracCoords: b, lattice: c }),
    ],
  });
  const [found] = await program.run([types, coords, lattice]);
  const { dos } = plainDenoiser(cspModel.parameters, cspConfig, {
    types: rowsOf(types, 100),
    fracCoords: rowsOf(coords, 3),
    lattice: rowsOf(lattice, 3),
    time: Array<number>(cspConfig.timeDim).fill(0),
    signal: [1, 1],
    condition: null,
  });
  expectAllClose(found, dos.flat(), { tolerance: 2e-5 });
});

const salt: Crystal = {
  latticeMatrix: [[0, 2.8, 2.8], [2.8, 0, 2.8], [2.8, 2.8, 0]], // prettier-ignore
  fracCoords: [[0, 0, 0], [0.5, 0.5, 0.5]], // prettier-ignore
  atomicNumbers: [11, 17],
};

test("takes records as they are, and says so once it is disposed", async () => {
  let kept: DosPredictor;
  {
    using predictor = dosPredictor(engine, model);
    kept = predictor;
    const [found] = await predictor.predict([{ crystal: salt }]);
    expect(found).toEqual((await radial.predict(new Set([salt])))[0]);
  }
  await expect(kept.predict([salt])).rejects.toThrow(new DisposedError("DOS predictor"));
  await expect(kept.predict([])).rejects.toThrow(DisposedError);
  kept.dispose();
});
