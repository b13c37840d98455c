import * as tf from "@tensorflow/tfjs";
import { afterAll, describe, expect, test } from "vitest";
import type { Engine, Program, ProgramSource } from "../../src/runtime/index.js";
import { compiledEngine, DisposedError, eagerEngine, key, UnsupportedOperationError } from "../../src/runtime/index.js";
import { traceKernels } from "../../src/runtime/trace/backend.js";
import { expectAllClose } from "../support/close.js";
import { testEngines } from "../support/engines.js";
import type { OperationCase } from "./operations.js";
import { operations } from "./operations.js";

const engines = await testEngines();
const [reference, ...others] = engines;
afterAll(() => engines.forEach((engine) => engine.dispose()));

const asArray = <T>(x: T | T[]): T[] => (Array.isArray(x) ? x : [x]);

/** Random but fixed inputs of a case. */
function inputsOf({ inputs, range = [-2, 2], below = 3 }: OperationCase): (Float32Array | Int32Array)[] {
  return inputs.map(({ shape, dtype }, k) => {
    const u = key(7)
      .fold(k, 0, 0)
      .normals(tf.util.sizeFromShape([...shape]))
      .map((z) => 0.5 + 0.5 * tf.util.clamp(-0.999, z / 2, 0.999));
    return dtype === "int32"
      ? Int32Array.from(u, (v) => Math.floor(v * below))
      : u.map((v) => range[0] + v * (range[1] - range[0]));
  });
}

function forward(operation: OperationCase): ProgramSource {
  return { name: operation.name, inputs: operation.inputs, fn: (...xs) => asArray(operation.fn(...xs)) };
}

/** The gradients of a nonuniform weighting of all outputs with respect to the float inputs. */
function backward(operation: OperationCase): ProgramSource {
  const loss = (...xs: tf.Tensor[]) =>
    tf.addN(
      asArray(operation.fn(...xs)).map((y) =>
        tf.sum(tf.mul(y, tf.sin(tf.add(tf.reshape(tf.range(0, y.size), y.shape), 1)))),
      ),
    ) as tf.Scalar;
  const isFloat = operation.inputs.map((spec) => spec.dtype !== "int32");
  const fn = (...xs: tf.Tensor[]) => {
    const floats = xs.filter((_, k) => isFloat[k]);
    const all = (given: tf.Tensor[]) =>
      xs.map((x, k) => (isFloat[k] ? given[isFloat.slice(0, k).filter(Boolean).length] : x));
    return tf.grads((...given: tf.Tensor[]) => loss(...all(given)))(floats);
  };
  return { name: `gradient of ${operation.name}`, inputs: operation.inputs, fn };
}

async function evaluate(engine: Engine, source: ProgramSource, inputs: (Float32Array | Int32Array)[]) {
  const program = await engine.compile(source);
  const values = await program.run(inputs);
  const result = { values, outputs: program.outputs };
  program.dispose();
  return result;
}

async function expectSame(engine: Engine, source: ProgramSource, inputs: (Float32Array | Int32Array)[]) {
  const expected = await evaluate(reference, source, inputs);
  const actual = await evaluate(engine, source, inputs).catch((error: Error) => {
    // tfjs's other backends lack some kernels: that is theirs to say, but nothing else may go wrong.
    if (engine.name !== "compiled-cpu" && /not registered for backend|not supported/.test(error.message)) return null;
    throw error;
  });
  if (!actual) return;
  expect(actual.outputs).toEqual(expected.outputs);
  // tfjs's cpu backend approximates erf to 1.5e-7 and computes in float64 between roundings.
  expected.values.forEach((values, k) => expectAllClose(actual.values[k], values, { tolerance: 3e-6 }));
}

/** tfjs's wasm backend truncates to bytes where it should compare with zero. */
const defects: Record<string, readonly string[]> = { "eager-wasm": ["cast to bool"] };
const sound = (engine: Engine) => operations.filter(({ name }) => !defects[engine.name]?.includes(name));

describe.each(others)("$name equals eager-cpu", (engine) => {
  test.each(sound(engine))("$name", async (operation) => {
    await expectSame(engine, forward(operation), inputsOf(operation));
  });
  test.each(sound(engine).filter((operation) => operation.gradient !== false))(
    "gradient of $name",
    async (operation) => {
      await expectSame(engine, backward(operation), inputsOf(operation));
    },
  );
});

test("every operation that can be compiled is tested", async () => {
  const used = new Set<string>();
  for (const operation of operations)
    for (const source of [forward(operation), ...(operation.gradient === false ? [] : [backward(operation)])]) {
      const inputs = inputsOf(operation);
      const run = () =>
        source.fn(
          ...inputs.map((data, k) => tf.tensor(data, [...operation.inputs[k].shape], operation.inputs[k].dtype)),
        );
      const profile = await tf.profile(() => tf.tidy(() => void run()));
      profile.kernelNames.forEach((name) => used.add(name));
    }
  expect(Object.keys(traceKernels).filter((name) => !used.has(name))).toEqual([]);
});

const square = (x: tf.Tensor) => [tf.square(x)];

test.each([
  ["compiled-cpu", compiledEngine],
  ["eager-cpu", () => eagerEngine("cpu")],
] as const)("a disposed engine of kind %s says so, and so do its programs", async (name, open) => {
  const engine = await open();
  const source = { name: "square", fn: square, inputs: [{ shape: [1] }] };
  const program = await engine.compile(source);
  const late = engine.compile({ ...source, name: "late" }).catch((error: unknown) => error);
  engine.dispose();
  engine.dispose();
  await expect(engine.compile(source)).rejects.toThrow(new DisposedError(`engine ${name}`));
  await expect(program.run([Float32Array.of(3)])).rejects.toThrow(new DisposedError('program "square"'));
  // What was being compiled meanwhile is no program of a living engine either.
  const settled = await late;
  const outcome =
    settled instanceof Error ? settled : await (settled as Program).run([Float32Array.of(3)]).catch((e: unknown) => e);
  expect(outcome).toBeInstanceOf(DisposedError);
});

describe.each(engines)("$name", (engine) => {
  test("refuses inputs of the wrong number, length or type", async () => {
    const program = await engine.compile({ name: "square", fn: square, inputs: [{ shape: [2] }] });
    await expect(program.run([])).rejects.toThrow('program "square": expected 1 inputs, found 0');
    await expect(program.run([new Float32Array(3)])).rejects.toThrow(
      "expected 2 float32 values of shape [2], found 3 float32",
    );
    await expect(program.run([new Int32Array(2)])).rejects.toThrow("found 2 int32 values");
    program.dispose();
    await expect(program.run([new Float32Array(2)])).rejects.toThrow(new DisposedError('program "square"'));
  });

  test("a disposed program says so, however often it is disposed", async () => {
    let program: Program;
    {
      using scoped = await engine.compile({ name: "square", fn: square, inputs: [{ shape: [1] }] });
      program = scoped;
      expect([...(await program.run([Float32Array.of(3)]))[0]]).toEqual([9]);
    }
    await expect(program.run([Float32Array.of(3)])).rejects.toThrow(new DisposedError('program "square"'));
    program.dispose();
    await expect(program.run([])).rejects.toThrow(DisposedError);
  });

  test("takes constants, and gives inputs, constants and repeated values back as outputs", async () => {
    const constants = [
      { shape: [2], data: Float32Array.of(3, 4) },
      { shape: [2], data: Int32Array.of(1, 0) },
    ];
    const fn = (x: tf.Tensor, c: tf.Tensor, at: tf.Tensor) => [x, c, c, tf.gather(tf.mul(x, c), at), tf.add(c, 1)];
    const { values } = await evaluate(engine, { name: "constants", fn, inputs: [{ shape: [2] }], constants }, [
      Float32Array.of(5, 6),
    ]);
    expect(values.map((v) => [...v])).toEqual([
      [5, 6],
      [3, 4],
      [3, 4],
      [24, 15],
      [4, 5],
    ]);
  });

  test("fills arrays that it is given, and then makes none of its own", async () => {
    const size = 1 << 22;
    const program = await engine.compile({
      name: "twice",
      fn: (x) => [x.mul(2), x.sum()],
      inputs: [{ shape: [size] }],
    });
    const [input, into] = [new Float32Array(size).fill(3), new Float32Array(size)];
    await program.run([input], [into]);
    const before = process.memoryUsage().arrayBuffers;
    const [doubled, sum] = await program.run([input], [into]);
    const made = process.memoryUsage().arrayBuffers - before;
    expect([doubled === into, doubled[0], sum[0]]).toEqual([true, 6, 3 * size]);
    // onnxruntime's binding for Node makes a copy if it is let.
    if (engine.name === "compiled-cpu") expect(made).toBeLessThan(size);
    program.dispose();
  });

  test("outputs are the caller's own, and inputs stay untouched", async () => {
    const program = await engine.compile({ name: "copy", fn: (x) => [x], inputs: [{ shape: [2] }] });
    const input = Float32Array.of(1, 2);
    const [first] = await program.run([input]);
    first[0] = 9;
    const [second] = await program.run([input]);
    expect([...input, ...second]).toEqual([1, 2, 1, 2]);
    program.dispose();
  });

  test("gives booleans as int32", async () => {
    const source = { name: "positive", fn: (x: tf.Tensor) => [tf.greater(x, 0)], inputs: [{ shape: [2] }] };
    const { values, outputs } = await evaluate(engine, source, [Float32Array.of(-1, 1)]);
    expect(values[0]).toEqual(Int32Array.of(0, 1));
    expect(outputs).toEqual([{ shape: [2], dtype: "int32" }]);
  });

  test("leaks no tensors and leaves tfjs's backend alone, also when the function throws", async () => {
    const before = { backend: tf.getBackend(), tensors: tf.memory().numTensors };
    const constants = [{ shape: [2], data: Float32Array.of(3, 4) }];
    const fn = (x: tf.Tensor, c: tf.Tensor) => [tf.valueAndGrad((y) => tf.sum(tf.mul(y, c)))(x).grad, c];
    const program = await engine.compile({ name: "leak", fn, inputs: [{ shape: [2] }], constants });
    expect(program.outputs).toHaveLength(2);
    for (let k = 0; k < 3; k++) await program.run([Float32Array.of(5, 6)]);
    program.dispose();
    const fails = { name: "fails", inputs: [{ shape: [2] }], fn: (x: tf.Tensor) => [tf.reshape(tf.add(x, 1), [3])] };
    await expect(evaluate(engine, fails, [Float32Array.of(5, 6)])).rejects.toThrow();
    expect({ backend: tf.getBackend(), tensors: tf.memory().numTensors }).toEqual(before);
  });

  test("compiles and runs concurrently", async () => {
    const results = await Promise.all(
      [1, 2, 3, 4, 5].map((k) =>
        evaluate(engine, { name: `times ${k}`, fn: (x) => [tf.mul(x, k)], inputs: [{ shape: [2] }] }, [
          Float32Array.of(1, 10),
        ]),
      ),
    );
    expect(results.map(({ values }) => [...values[0]])).toEqual([1, 2, 3, 4, 5].map((k) => [k, 10 * k]));
  });

  test("uses tensors that live on tfjs's active backend without moving them", async () => {
    const captured = tf.tensor1d([2, 3]);
    const { values } = await evaluate(
      engine,
      { name: "captured", fn: (x) => [tf.mul(x, captured)], inputs: [{ shape: [2] }] },
      [Float32Array.of(1, 10)],
    );
    expect([...values[0]]).toEqual([2, 30]);
    expect([...captured.dataSync()]).toEqual([2, 3]);
    captured.dispose();
  });

  test("keeps -0, NaN and infinities", async () => {
    const fn = (x: tf.Tensor) => [
      tf.div(1, tf.mul(x, tf.tensor1d([-0, 1, 1]))),
      tf.maximum(x, tf.fill([3], -Infinity)),
    ];
    const { values } = await evaluate(engine, { name: "special", fn, inputs: [{ shape: [3] }] }, [
      Float32Array.of(1, Infinity, NaN),
    ]);
    expect([...values[0]]).toEqual([-Infinity, 0, NaN]);
  });
});

describe("what the compiled engine refuses", () => {
  const compiled = engines.find((engine) => engine.name === "compiled-cpu") as Engine;
  test("an operation it does not know, by name", async () => {
    const source = { name: "top", fn: (x: tf.Tensor) => [tf.topk(x).values], inputs: [{ shape: [4] }] };
    await expect(compiled.compile(source)).rejects.toThrow(UnsupportedOperationError);
    await expect(compiled.compile(source)).rejects.toThrow("operation TopK is not supported by the compiled engine");
  });
  test("reading values while compiling", async () => {
    const source = { name: "read", fn: (x: tf.Tensor) => [tf.scalar(x.dataSync()[0])], inputs: [{ shape: [4] }] };
    await expect(compiled.compile(source)).rejects.toThrow("may only use tensor operations");
  });
});
