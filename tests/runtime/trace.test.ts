import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { compiledEngine, toOnnx } from "../../src/runtime/index.js";
import type { TensorSpec } from "../../src/runtime/index.js";
import { tfjsReady } from "../../src/runtime/tfjs-backends.js";
import { printGraph } from "../../src/runtime/trace/graph.js";
import { trace } from "../../src/runtime/trace/trace.js";
import { expectAllClose } from "../support/close.js";

beforeAll(tfjsReady);

type T = tf.Tensor;
const weight = { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) };

function print(fn: (...tensors: T[]) => T[], inputs: TensorSpec[] = [{ shape: [2, 3] }], constants = [weight]): string {
  return printGraph(trace({ name: "example", fn, inputs, constants }));
}
const body = (...args: Parameters<typeof print>) =>
  print(...args)
    .split("\n")
    .slice(2)
    .map((line) => line.trim());

describe("the traced graph", () => {
  test("prints inputs, constants, nodes and results with types and shapes", () => {
    const fn = (x: T, w: T) => [tf.sum(tf.mul(x, tf.sin(tf.matMul(x, w, false, true))), 1)];
    const text = print(fn, [{ shape: [2, 2] }], [{ shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }]);
    expect(text).toBe(
      [
        "graph example",
        "  input %0: float32[2,2]",
        "  const %1: float32[2,2] = 1, 2, 3, 4",
        "  %2: float32[2,2] = transpose(%1, perm=[1,0])",
        "  %3: float32[2,2] = matmul(%0, %2)",
        "  %4: float32[2,2] = sin(%3)",
        "  %5: float32[2,2] = mul(%0, %4)",
        "  %6: float32[2] = reduceSum(%5, axes=[1], keepDims=false)",
        "  return %6",
      ].join("\n"),
    );
  });

  test("computes equal expressions once", () => {
    expect(body((x) => [tf.add(tf.exp(x), tf.exp(x))])).toEqual([
      "%1: float32[2,3] = exp(%0)",
      "%2: float32[2,3] = add(%1, %1)",
      "return %2",
    ]);
  });

  test("drops what no result needs", () => {
    expect(body((x) => [tf.exp(x), tf.sin(x)].slice(0, 1))).toEqual(["%1: float32[2,3] = exp(%0)", "return %1"]);
  });

  test("folds what depends on constants only, whatever the operation", () => {
    expect(body((_x, w) => [tf.transpose(tf.slice(w, [0, 1], [2, 1]))])).toEqual([
      "const %1: float32[1,2] = 2, 5",
      "return %1",
    ]);
    expect(body((_x, w) => [tf.topk(tf.square(w), 1).values])).toEqual(["const %1: float32[2,1] = 9, 36", "return %1"]);
  });

  test("leaves large arithmetic on constants to onnxruntime, but moves weights of any size", () => {
    const large = [{ shape: [300, 300], data: Float32Array.from({ length: 90000 }, (_, k) => k) }];
    expect(body((_x, w) => [tf.exp(w)], undefined, large)).toContain("%2: float32[300,300] = exp(%1)");
    expect(body((_x, w) => [tf.transpose(w)], undefined, large)).toHaveLength(2);
  });

  test("computes before it broadcasts, and never multiplies by one or adds zero", () => {
    expect(body((x) => [tf.add(tf.mul(tf.onesLike(x), x), tf.zerosLike(x))])).toEqual(["return %0"]);
    expect(body((x) => [tf.exp(tf.broadcastTo(tf.mul(x, 2), [4, 3]))], [{ shape: [1, 3] }])).toEqual([
      "const %1: float32[] = 2",
      "%2: float32[1,3] = mul(%0, %1)",
      "%3: float32[1,3] = exp(%2)",
      "%4: float32[4,3] = expand(%3)",
      "return %4",
    ]);
  });

  test("joins what was cut and cuts what was joined by doing neither", () => {
    expect(body((x) => [tf.concat(tf.split(x, [1, 2], 1), 1)])).toEqual(["return %0"]);
    expect(body((x) => tf.split(tf.concat([x, tf.exp(x)], 0), 2, 0))).toEqual([
      "%1: float32[2,3] = exp(%0)",
      "return %0, %1",
    ]);
    // Within a part, a piece of it; in another order, with a gap or across parts nothing is the same.
    expect(body((x) => [tf.slice(tf.concat([tf.exp(x), x], 1), [0, 4], [2, 2])])).toEqual([
      "%1: float32[2,2] = slice(%0, begin=[0,1], end=[2,3])",
      "return %1",
    ]);
    for (const fn of [
      (x: T) => [tf.concat(tf.split(x, 3, 1).reverse(), 1)],
      (x: T) => [tf.concat(tf.split(x, 3, 1).slice(1), 1)],
      (x: T) => [tf.concat(tf.split(x, 3, 1).slice(0, 2), 1)],
      (x: T) => [tf.concat(tf.split(x, 3, 1), 0)],
    ])
      expect(body(fn).filter((line) => line.includes("concat"))).toHaveLength(1);
    expect(body((x) => [tf.slice(tf.concat([x, tf.exp(x)], 1), [0, 2], [2, 2])])).toHaveLength(4);
  });

  test("removes reshapes and transposes that undo each other", () => {
    expect(body((x) => [tf.transpose(tf.reshape(tf.reshape(tf.transpose(x), [6]), [3, 2]))])).toEqual(["return %0"]);
  });
});

describe("the ONNX model", () => {
  test("is the same for the same function", async () => {
    const source = {
      name: "same",
      fn: (x: T, w: T) => [tf.matMul(x, w)],
      inputs: [{ shape: [4, 2] }],
      constants: [weight],
    };
    expect(await toOnnx(source)).toEqual(await toOnnx(source));
  });

  test("runs with options that change nothing in its results", async () => {
    const fn = (x: T) => [tf.softmax(tf.matMul(x, x))];
    const source = { name: "threads", fn, inputs: [{ shape: [64, 64] }] };
    const input = Float32Array.from({ length: 64 * 64 }, (_, k) => Math.sin(k));
    const results = await Promise.all(
      [1, 2].map(async (threads) => {
        const engine = await compiledEngine({ threads });
        const [values] = await (await engine.compile(source)).run([input]);
        engine.dispose();
        return values;
      }),
    );
    expectAllClose(results[0], results[1], { tolerance: 1e-6 });
  });
});
