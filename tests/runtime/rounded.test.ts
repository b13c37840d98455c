import fc from "fast-check";
import * as tf from "@tensorflow/tfjs";
import { afterAll, describe, expect, test } from "vitest";
import { compiledEngine, normals } from "../../src/runtime/index.js";
import { roundColumns, worthRounding } from "../../src/runtime/onnx/int8.js";
import { expectAllClose } from "../support/close.js";

describe("a weight's 8-bit integers", () => {
  const matrices = fc
    .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }))
    .chain(([rows, columns]) =>
      fc.tuple(
        fc.constant([rows, columns]),
        fc.float32Array({ minLength: rows * columns, maxLength: rows * columns, noNaN: true, max: 1e3, min: -1e3 }),
      ),
    );

  test("are within half a step of it, column by column", () => {
    fc.assert(
      fc.property(matrices, ([shape, weight]) => {
        const { integers, scales } = roundColumns(weight, shape);
        weight.forEach((w, i) => {
          const scale = scales[i % shape[1]];
          expect(Math.abs(integers[i])).toBeLessThanOrEqual(127);
          expect(Math.abs(integers[i] * scale - w)).toBeLessThanOrEqual(0.5001 * scale);
        });
      }),
    );
  });

  test("use all eight bits, and a column of zeros stays one", () => {
    const { integers, scales } = roundColumns(Float32Array.of(1, 0, -2, 0), [2, 2]);
    expect([...integers]).toEqual([64, 0, -127, 0]);
    expectAllClose(scales, [2 / 127, 1]);
  });

  test("are made of large matrices only", () => {
    const value = (shape: number[]) => ({ id: 0, shape, dtype: "float32" as const });
    expect([[128, 128], [127, 512], [512, 9], [512], [2, 512, 512]].map((s) => worthRounding(value(s)))).toEqual([true, false, false, false, false]); // prettier-ignore
  });
});

describe("engines of rounded products", async () => {
  const [exact, int8] = [await compiledEngine(), await compiledEngine({ precision: "int8" })];
  afterAll(() => [exact, int8].forEach((engine) => engine.dispose()));
  const n = 256;
  const x = normals(1, 0, 0, 0, 64 * n);
  const source = {
    name: "two layers",
    inputs: [{ shape: [64, n] }],
    constants: [1, 2].map((k) => ({ shape: [n, n], data: normals(2, k, 0, 0, n * n).map((w) => w / Math.sqrt(n)) })),
    fn: (h: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => [tf.matMul(tf.matMul(h, a, false, true).relu(), b)],
  };
  const run = async (engine: typeof exact, roundable: boolean) => {
    const program = await engine.compile({ ...source, roundable });
    const [values] = await program.run([x]);
    program.dispose();
    return values;
  };
  const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
    Math.hypot(...Array.from(a, (v, i) => v - b[i])) / Math.hypot(...Array.from(b));

  test("rounds only what may be rounded", async () => {
    expect(await run(int8, false)).toEqual(await run(exact, false));
    expect(await run(exact, true)).toEqual(await run(exact, false));
    const error = distance(await run(int8, true), await run(exact, true));
    expect(error).toBeGreaterThan(1e-4);
    expect(error).toBeLessThan(0.03);
  });

  test("8-bit products are the same again", async () => {
    expect(await run(int8, true)).toEqual(await run(int8, true));
  });

  test("half precision is a tenth as far off", async () => {
    // On the processor, where it is not faster but the same.
    const half = await compiledEngine({ precision: "float16" });
    expect([half.name, await run(half, false)]).toEqual(["compiled-cpu-fp16", await run(exact, false)]);
    const error = distance(await run(half, true), await run(exact, true));
    half.dispose();
    expect(error).toBeGreaterThan(1e-6);
    expect(error).toBeLessThan(0.002);
  });

  test("8-bit products are for processors only", () => {
    expect(() => compiledEngine({ precision: "int8", executionProvider: "webgpu" })).toThrow("found webgpu");
  });
});
