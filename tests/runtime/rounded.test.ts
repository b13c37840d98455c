import fc from "fast-check";
import * as tf from "@tensorflow/tfjs";
import { afterAll, describe, expect, test } from "vitest";
import { compiledEngine, createEngine, key } from "../../src/runtime/index.js";
import { roundColumns } from "../../src/runtime/onnx/int8.js";
import { roundedWeights } from "../../src/runtime/onnx/rounded-weights.js";
import { checkProducts } from "../../src/runtime/products.js";
import { tfjsReady } from "../../src/runtime/tfjs-backends.js";
import { trace } from "../../src/runtime/trace/trace.js";
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
});

describe("the weights of a graph that are rounded", () => {
  const W = {
    shape: [200, 300],
    data: key(3)
      .fold(0, 0, 0)
      .normals(200 * 300),
  };
  const rounded = (rows: number, expression: (w: tf.Tensor, x: tf.Tensor) => tf.Tensor) => {
    const fn = (x: tf.Tensor, w: tf.Tensor) => [tf.matMul(x, expression(w, x))];
    const graph = trace({ name: "weights", fn, inputs: [{ shape: [2, rows] }], constants: [W] });
    const [weight] = graph.nodes.filter(({ op }) => op === "matmul").map(({ inputs }) => inputs[1]);
    return { weight, weights: roundedWeights(graph, "int8") };
  };

  test.each<[string, number, (w: tf.Tensor) => tf.Tensor]>([
    ["a constant", 200, (w) => w],
    ["transposed", 300, (w) => w.transpose()],
    ["a part", 150, (w) => w.slice([30, 100], [150, 130])],
    ["parts of it in another arrangement", 400, (w) => tf.concat(tf.split(w, [140, 140, 20], 1).slice(0, 2), 0)],
    ["beside each other, transposed", 200, (w) => tf.concat(tf.split(w, [100, 100], 0).map((part) => part.slice([0, 7], [100, 150])), 1).transpose().slice([3, 0], [290, 100]).transpose().concat(w.slice([50, 0], [100, 290]), 0)], // prettier-ignore
  ])("%s", async (_, rows, expression) => {
    await tfjsReady();
    const { weight, weights } = rounded(rows, expression);
    expect(weights.precision(weight)).toBe("int8");
    await tf.setBackend("cpu");
    expect(weights.data(weight)).toEqual(expression(tf.tensor2d(W.data, [200, 300])).dataSync());
  });

  test.each<[string, number, (w: tf.Tensor, x: tf.Tensor) => tf.Tensor]>([
    ["what is computed", 200, (w, x) => w.mul(x.sum())],
    ["small matrices", 127, (w) => w.slice([0, 0], [127, 300])],
  ])("not %s", async (_, rows, expression) => {
    await tfjsReady();
    const { weight, weights } = rounded(rows, expression);
    expect(weights.precision(weight)).toBe("float32");
  });
});

const works = await createEngine("compiled-cpu-int8").then(
  () => true,
  () => false,
);

describe("engines of rounded products", async () => {
  const exact = await compiledEngine();
  afterAll(() => exact.dispose());
  const n = 256;
  const x = key(1)
    .fold(0, 0, 0)
    .normals(64 * n);
  const source = {
    name: "two layers",
    inputs: [{ shape: [64, n] }],
    constants: [1, 2].map((k) => ({
      shape: [n, n],
      data: key(2)
        .fold(k, 0, 0)
        .normals(n * n)
        .map((w) => w / Math.sqrt(n)),
    })),
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

  test("the exact engine rounds nothing", async () => {
    expect(await run(exact, true)).toEqual(await run(exact, false));
  });

  // On a processor without 8-bit products there is no such engine, which the next test but one shows.
  test.skipIf(!works)("8-bit products: only what may be rounded, and the same again", async () => {
    const int8 = await compiledEngine({ precision: "int8" });
    expect(await run(int8, false)).toEqual(await run(exact, false));
    const found = await run(int8, true);
    expect(await run(int8, true)).toEqual(found);
    int8.dispose();
    const error = distance(found, await run(exact, true));
    expect(error).toBeGreaterThan(1e-4);
    expect(error).toBeLessThan(0.03);
  });

  test("half precision: only what may be rounded, a tenth as far off", async () => {
    // On the processor, where it is not faster but the same.
    const half = await compiledEngine({ precision: "float16" });
    expect([half.name, await run(half, false)]).toEqual(["compiled-cpu-fp16", await run(exact, false)]);
    const error = distance(await run(half, true), await run(exact, true));
    half.dispose();
    expect(error).toBeGreaterThan(1e-6);
    expect(error).toBeLessThan(0.002);
  });

  test("an engine whose products are wrong is noticed, and so is one whose numbers are none", async () => {
    const wrong = (change: (value: number, i: number) => number): typeof exact => ({
      ...exact,
      compile: async (given) => {
        const program = await exact.compile(given);
        return {
          ...{ name: program.name, outputs: program.outputs },
          dispose: () => program.dispose(),
          [Symbol.dispose]: () => program.dispose(),
          run: async (inputs) => (await program.run(inputs)).map((values) => values.map(change)),
        };
      },
    });
    await checkProducts(exact, 1e-4);
    await expect(
      checkProducts(
        wrong((v) => 1.5 * v),
        0.03,
      ),
    ).rejects.toThrow("compiled-cpu gives wrong results");
    await expect(
      checkProducts(
        wrong((v, i) => (i === 3 ? NaN : v)),
        0.03,
      ),
    ).rejects.toThrow("off by NaN %");
  });

  test("8-bit products are for processors only", async () => {
    await expect(compiledEngine({ precision: "int8", executionProvider: "webgpu" })).rejects.toThrow("found webgpu");
  });
});
