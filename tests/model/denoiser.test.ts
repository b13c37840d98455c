import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import type { DenoiserConfig } from "../../src/model/index.js";
import { timeEmbedding } from "../../src/model/index.js";
import type { Matrix3 } from "../../src/crystal/index.js";
import { orthogonal } from "../crystal/arbitraries.js";
import { expectAllClose } from "../support/close.js";
import { testEngines } from "../support/engines.js";
import { plainDenoiser, rowsOf } from "./plain-denoiser.js";
import type { BranchList, DenoiserArrays, RandomBlock } from "./support.js";
import {
  denoiserProgram,
  orders,
  permuteRows,
  randomBlock,
  randomParameters,
  seeds,
  timesMatrix,
  tinyConfig,
  tinyReferenceConfig,
} from "./support.js";

const engines = await testEngines();
const compiled = engines.find(({ name }) => name === "compiled-cpu")!;
afterAll(() => engines.forEach((engine) => engine.dispose()));

/** The plain equations over a block and its branches, flat like the implementation's outputs. */
function plainBlock(
  config: DenoiserConfig,
  parameters: ReturnType<typeof randomParameters>,
  block: RandomBlock,
  branches: BranchList,
): DenoiserArrays {
  const { N } = block;
  const slice = (values: Float32Array, b: number, width: number, rows = N): number[][] =>
    rowsOf(values.slice(b * rows * width, (b + 1) * rows * width), width);
  const outputs = branches.flatMap((conditional) =>
    Array.from({ length: block.B }, (_, b) =>
      plainDenoiser(parameters, config, {
        types: slice(block.types, b, config.classCount),
        fracCoords: slice(block.fracCoords, b, 3),
        lattice: slice(block.lattice, b, 3, 3),
        time: [...timeEmbedding([block.times[b]], config.timeDim)],
        signal: [...block.signal.slice(2 * b, 2 * b + 2)],
        condition: conditional ? slice(block.condition, b, config.hiddenDim) : null,
      }),
    ),
  );
  const flat = (field: keyof DenoiserArrays) => Float32Array.from(outputs.flatMap((out) => out[field].flat()));
  return { types: flat("types"), fracCoords: flat("fracCoords"), lattice: flat("lattice"), dos: flat("dos") };
}

function expectSameOutput(actual: DenoiserArrays, expected: DenoiserArrays, tolerance = 2e-5): void {
  for (const field of ["types", "fracCoords", "lattice", "dos"] as const)
    expectAllClose(actual[field], expected[field], { tolerance });
}

describe.each(engines)("the dense denoiser on $name equals the plain equations", (engine) => {
  test.each<[number, BranchList]>([
    [1, [true, false]],
    [2, [true, false]],
    [3, [true, false]],
    [4, [true, false]],
    [5, [true, false]],
    [6, [true, false]],
    [5, [true]],
    [4, [true]],
    [3, [false]],
  ])("%i atoms, conditional %j", async (N, branches) => {
    // With a small limit, pairs go through the layers in groups.
    for (const config of [
      tinyReferenceConfig,
      tinyConfig,
      { ...tinyConfig, pairLimit: 1 },
      { ...tinyConfig, pairLimit: 500 },
    ]) {
      const parameters = randomParameters(config, 3 * N);
      const block = randomBlock(config, 2, N, N);
      const run = await denoiserProgram(engine, config, parameters, 2, N, branches);
      expectSameOutput(await run(block), plainBlock(config, parameters, block, branches));
    }
  });

  test("a coordinate outside [0, 1) counts like its image", async () => {
    const parameters = randomParameters(tinyConfig, 1);
    const block = randomBlock(tinyConfig, 1, 3, 2);
    const run = await denoiserProgram(engine, tinyConfig, parameters, 1, 3, [true]);
    const far = { ...block, fracCoords: block.fracCoords.map((x, i) => x + ((i % 5) - 2)) };
    expectSameOutput(await run(far), plainBlock(tinyConfig, parameters, block, [true]));
  });
});

test("atoms at one place, and differences of exactly one half", async () => {
  const parameters = randomParameters(tinyReferenceConfig, 9);
  const block = randomBlock(tinyReferenceConfig, 1, 4, 9);
  const special = Float32Array.of(0, 0, 0, 0, 0, 0, 0.5, 0.5, 0, 0.25, 0.75, 0.5);
  const run = await denoiserProgram(compiled, tinyReferenceConfig, parameters, 1, 4, [true]);
  const at = { ...block, fracCoords: special };
  expectSameOutput(await run(at), plainBlock(tinyReferenceConfig, parameters, at, [true]));
});

describe.each([
  ["reference outputs", tinyReferenceConfig],
  ["element and metric outputs", tinyConfig],
] as const)("laws of the denoiser, %s", (_, config) => {
  const start = randomParameters(config, 0);
  const programs = new Map(
    [1, 2, 3, 4, 5].map((N) => [N, denoiserProgram(compiled, config, start, 2, N, [true, false])]),
  );
  const evaluate = async (block: RandomBlock, seed: number): Promise<DenoiserArrays> =>
    (await programs.get(block.N)!)(block, randomParameters(config, seed));
  const blocks = fc.tuple(fc.integer({ min: 1, max: 5 }), seeds).map(([N, seed]) => randomBlock(config, 2, N, seed));
  const check = (
    other: (block: RandomBlock) => fc.Arbitrary<[RandomBlock, (out: DenoiserArrays) => DenoiserArrays]>,
  ): Promise<void> =>
    fc.assert(
      fc.asyncProperty(
        blocks.chain((block) => fc.tuple(fc.constant(block), other(block))),
        seeds,
        async ([block, [moved, map]], seed) => {
          expectSameOutput(await evaluate(moved, seed), map(await evaluate(block, seed)));
        },
      ),
      { numRuns: 30 },
    );

  test("rotations and reflections turn the lattice's output and nothing else; a metric does not even see them", () =>
    check((block) =>
      orthogonal.map((q: Matrix3) => {
        const turned = (lattice: Float32Array): Float32Array =>
          config.latticeSpace === "matrix" ? timesMatrix(lattice, q) : lattice;
        return [{ ...block, lattice: turned(block.lattice) }, (out) => ({ ...out, lattice: turned(out.lattice) })];
      }),
    ));

  test("a common translation changes nothing", () =>
    check((block) =>
      fc
        .array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 3, maxLength: 3 })
        .map((shift) => [{ ...block, fracCoords: block.fracCoords.map((x, i) => x + shift[i % 3]) }, (out) => out]),
    ));

  test("whole shifts of single atoms change nothing", () =>
    check((block) =>
      fc
        .array(fc.integer({ min: -3, max: 3 }), { minLength: 6 * block.N, maxLength: 6 * block.N })
        .map((shifts) => [{ ...block, fracCoords: block.fracCoords.map((x, i) => x + shifts[i]) }, (out) => out]),
    ));

  test("reordered atoms give reordered outputs", () =>
    check((block) =>
      orders(block.N).map((order) => [
        {
          ...block,
          types: permuteRows(block.types, order, config.classCount),
          fracCoords: permuteRows(block.fracCoords, order, 3),
          condition: permuteRows(block.condition, order, config.hiddenDim),
        },
        (out) => ({
          types: permuteRows(out.types, order, config.classCount),
          fracCoords: permuteRows(out.fracCoords, order, 3),
          lattice: out.lattice,
          dos: permuteRows(out.dos, order, config.dosPoints),
        }),
      ]),
    ));

  test("the laws are not empty: another lattice, coordinate or condition changes the outputs", async () => {
    const block = randomBlock(config, 2, 3, 5);
    const out = await evaluate(block, 5);
    const changed = [
      { ...block, lattice: block.lattice.map((x, i) => x + (i === 0 ? 0.5 : 0)) },
      { ...block, fracCoords: block.fracCoords.map((x, i) => x + (i === 0 ? 0.2 : 0)) },
      { ...block, condition: block.condition.map((x) => -x) },
    ];
    for (const other of changed) {
      const { fracCoords } = await evaluate(other, 5);
      expect(Math.max(...fracCoords.map((x, i) => Math.abs(x - out.fracCoords[i])))).toBeGreaterThan(1e-3);
    }
  });

  test("crystals of a block do not see each other", async () => {
    const [block, other] = [randomBlock(config, 2, 3, 6), randomBlock(config, 2, 3, 7)];
    const mixed = Object.fromEntries(
      Object.entries(other).map(([key, value]: [string, unknown]) => {
        const own = block[key as keyof RandomBlock];
        if (!(value instanceof Float32Array) || !(own instanceof Float32Array)) return [key, own];
        return [key, Float32Array.from([...own.slice(0, own.length / 2), ...value.slice(value.length / 2)])];
      }),
    ) as unknown as RandomBlock;
    const [alone, together] = [await evaluate(block, 6), await evaluate(mixed, 6)];
    const first = ({ fracCoords }: DenoiserArrays) => fracCoords.slice(0, 9);
    expectAllClose(first(together), first(alone), { tolerance: 1e-6 });
  });
});
