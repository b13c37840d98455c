import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import type { DenoiserConfig, Parameters, WeightPieces } from "../../src/model/index.js";
import { denoiserSpecs, denoiserPieces, initialParameters, referenceConfig } from "../../src/model/index.js";
import { key } from "../../src/runtime/index.js";
import { adam, denoiserLoss, startOptimiser, TrainingStep } from "../../src/train/index.js";
import { packing } from "../../src/train/packing.js";
import { expectAllClose } from "../support/close.js";
import { testEngines } from "../support/engines.js";

const engines = await testEngines();
afterAll(() => engines.forEach((engine) => engine.dispose()));

const config: DenoiserConfig = { ...referenceConfig, hiddenDim: 6, layerCount: 2, frequencyCount: 2, timeDim: 4 };
const parameters = initialParameters(denoiserSpecs(config), 1);
const arrays = (group: Parameters) => new Map([...group].map(([name, { data }]) => [name, data]));

/** Parameters of any shapes, some of their weights in pieces, some of these in common stacks. */
const cases = fc
  .array(
    fc.record({
      rows: fc.integer({ min: 1, max: 4 }),
      columns: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }),
      kind: fc.constantFrom("vector", "matrix", "pieces"),
      shared: fc.boolean(),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((list) => {
    const found = new Map<string, Parameters extends ReadonlyMap<string, infer T> ? T : never>();
    const pieces = new Map<string, { columns: number; stack: string }[]>();
    list.forEach(({ rows, columns, kind, shared }, k) => {
      const width = columns.reduce((a, b) => a + b, 0);
      const shape = kind === "vector" ? [rows * width] : [rows, width];
      found.set(`p${k}`, {
        shape,
        data: key(1)
          .fold(k, 0, 0)
          .normals(rows * width),
      });
      if (kind === "pieces")
        pieces.set(`p${k}`, columns.map((c, i) => ({ columns: c, stack: shared ? `of ${c}` : `p${k}.${i}` }))); // prettier-ignore
    });
    return { parameters: found, pieces };
  });

describe("packing", () => {
  test("what is packed comes back, as arrays and as tensors", async () => {
    await tf.setBackend("cpu");
    fc.assert(
      fc.property(cases, ({ parameters: given, pieces }) => {
        const names = [...given.keys()];
        const packed = packing(given, names, pieces);
        const slabs = packed.pack(arrays(given));
        expect(slabs.map(({ length }) => [length])).toEqual(packed.slabs.map(({ shape }) => [tf.util.sizeFromShape([...shape])])); // prettier-ignore
        expect(packed.unpack(slabs)).toEqual(arrays(given));
        const tensors = tf.tidy(() => {
          const made = packed.tensors(slabs.map((data, i) => tf.tensor(data, [...packed.slabs[i].shape])));
          return made.map((tensor) => ({ shape: tensor.shape, data: tensor.dataSync() }));
        });
        expect(tensors).toEqual([...given.values()]);
      }),
      { numRuns: 60 },
    );
  });

  test("pieces that do not fit their weight or their stack are named", () => {
    const given: Parameters = new Map([["w", { shape: [2, 3], data: new Float32Array(6) }]]);
    const pieces = (...columns: number[]): WeightPieces =>
      new Map([["w", columns.map((c) => ({ columns: c, stack: "s" }))]]);
    expect(() => packing(given, ["w"], pieces(1, 1))).toThrow(
      "the pieces of w have 2 columns together, expected its 3",
    );
    expect(() => packing(given, ["w"], pieces(1, 2))).toThrow('pieces of 1 and of 2 columns are stacked as "s"');
  });
});

describe.each(engines)("a training step on $name", (engine) => {
  test("is the same however the weights lie", async () => {
    const trained = [...parameters.keys()].filter((name) => name !== "node_out.weight");
    const loss = denoiserLoss(config, 2, 3);
    const inputs = loss.inputs.map(({ shape }, k) =>
      key(3)
        .fold(k, 0, 0)
        .normals(tf.util.sizeFromShape([...shape])),
    );
    const optimiser = adam({ weightDecay: 0.1 });
    const run = async (pieces?: WeightPieces) => {
      const task = { name: "packed", trained, pieces };
      const step = new TrainingStep(engine, task, { optimiser, clip: { by: "norm", limit: 1 }, emaDecay: 0.9 });
      let state = { parameters, average: parameters, optimiser: startOptimiser(optimiser, parameters) };
      let parts: Float32Array = new Float32Array();
      for (let k = 1; k <= 3; k++)
        ({ arrays: state, parts } = await step.run(state, [{ key: "2 x 3", loss, inputs }], k, 0.01));
      step.dispose();
      return { parts, ...{ parameters: state.parameters, average: state.average, moments: state.optimiser } };
    };
    const [plain, packed] = [await run(), await run(denoiserPieces(config))];
    expectAllClose(packed.parts, plain.parts, { tolerance: 1e-5 });
    for (const group of ["parameters", "average"] as const)
      for (const [name, { data }] of plain[group]) {
        expect(packed[group].get(name)?.shape).toEqual(parameters.get(name)?.shape);
        expectAllClose(packed[group].get(name)!.data, data, { tolerance: 1e-4 });
      }
    for (const slot of optimiser.slots)
      for (const [name, data] of plain.moments[slot])
        expectAllClose(packed.moments[slot].get(name)!, data, { tolerance: 1e-4, floor: 1e-4 });
  });
});
