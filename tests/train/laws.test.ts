// Laws of training that a mistake in one line breaks.
import { afterAll, describe, expect, test } from "vitest";
import type { DosRecord } from "../../src/data/index.js";
import type { Parameters } from "../../src/model/index.js";
import { compiledEngine } from "../../src/runtime/index.js";
import type { Optimiser, TrainerOptions, TrainingRun, TrainingTask } from "../../src/train/index.js";
import {
  defaultPredictorOptions,
  denoiserRun,
  makeExamples,
  predictorRun,
  runTraining,
  taskSources,
} from "../../src/train/index.js";
import { expectAllClose } from "../support/close.js";
import { drain, records, tinyOptions } from "./support.js";

const engine = await compiledEngine();
afterAll(() => engine.dispose());

/** Cells hold what lies between the spheres too: here one and a half times as much, and a constant. */
const cellsOf = ({ siteDos }: DosRecord) => ({ ...siteDos, values: siteDos.values.map((y) => 1.5 * y + 0.25) });
const withCells = records.map((record) => ({ ...record, voronoiDos: cellsOf(record) }));

const meanOfRows = (values: Float32Array, rows: number): number[] => {
  const points = values.length / rows;
  return Array.from({ length: points }, (_, e) => {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += values[row * points + e];
    return sum / rows;
  });
};
const total = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);

describe("the total DOS is that of the cells, which the spheres' sum is not", () => {
  test("in the denoiser's examples", () => {
    makeExamples(withCells, 100).forEach(({ totalDos, siteDos, atoms }, i) => {
      expectAllClose(totalDos, meanOfRows(withCells[i].voronoiDos.values, atoms), { tolerance: 1e-6 });
      expect(siteDos).toBe(withCells[i].siteDos.values);
    });
  });

  test("and the spheres' where a record has no cells", () => {
    const bare = records.map((record) => ({ ...record, voronoiDos: undefined }));
    makeExamples(bare, 100).forEach(({ totalDos, atoms }, i) =>
      expectAllClose(totalDos, meanOfRows(bare[i].siteDos.values, atoms), { tolerance: 1e-6 }),
    );
  });

  test("in the predictor's blocks, each crystal weighed by its own number of states; none without cells", async () => {
    const mixed: DosRecord[] = withCells.map((record, i) => (i === 2 ? { ...record, voronoiDos: undefined } : record));
    const { task } = tinyPredictor(mixed, mixed);
    let seen = 0;
    for (const { inputs } of await task.validation()) {
      const [siteDos, weights, totals, totalWeights] = inputs.slice(3) as Float32Array[];
      const B = weights.length;
      for (let b = 0; b < B; b++, seen++) {
        const own = siteDos.slice((b * siteDos.length) / B, ((b + 1) * siteDos.length) / B);
        const record = mixed.find(({ siteDos: { values } }) => total(values) === total(own))!;
        expect(weights[b] * mixed.length * total(own)).toBeCloseTo(1, 5);
        const expected = record.voronoiDos
          ? meanOfRows(record.voronoiDos.values, record.siteDos.siteCount)
          : Array<number>(400).fill(0);
        expectAllClose(totals.slice(400 * b, 400 * (b + 1)), expected, { tolerance: 1e-6 });
        const weight = record.voronoiDos ? 0.3 / (mixed.length * total(expected)) : 0;
        expect(totalWeights[b]).toBeCloseTo(weight, 6);
      }
    }
    expect(seen).toBe(mixed.length);
  });
});

function tinyPredictor(training: readonly DosRecord[], validation: readonly DosRecord[], elementDropout = 0) {
  const config = { ...defaultPredictorOptions.config, hiddenDim: 8, layerCount: 1, members: 1 };
  return predictorRun(training, validation, { ...defaultPredictorOptions, config, batchSize: 6, elementDropout });
}

describe("element dropout", () => {
  const typesIn = async (task: TrainingTask, steps: number): Promise<number[]> => {
    const sums: number[] = [];
    for (let step = 1; step <= steps; step++)
      for (const { inputs } of await task.batch(step)) {
        for (let atom = 0; atom < inputs[0].length / 100; atom++)
          sums.push(total(inputs[0].slice(100 * atom, 100 * (atom + 1))));
      }
    return sums;
  };

  test("hides whole elements in training with its probability, anew in every step", async () => {
    const { task } = tinyPredictor(records, records, 0.3);
    const sums = await typesIn(task, 150);
    expect(new Set(sums)).toEqual(new Set([0, 1]));
    expect(Math.abs(sums.filter((sum) => sum === 0).length / sums.length - 0.3)).toBeLessThan(0.04);
    const shown = async (step: number) => (await task.batch(step)).map(({ inputs }) => total(inputs[0]));
    expect(new Set(await Promise.all([1, 2, 3, 4, 5].map(async (s) => (await shown(s)).join()))).size).toBeGreaterThan(
      1,
    );
  });

  test("hides nothing in validation, nothing of the descriptors, and nothing at probability 0", async () => {
    const { task } = tinyPredictor(records, records, 1);
    expect(new Set(await typesIn(task, 2))).toEqual(new Set([0]));
    for (const { inputs } of await task.batch(1)) expect(total(inputs[2].map(Math.abs))).toBeGreaterThan(0);
    for (const { inputs } of await task.validation()) expect(total(inputs[0])).toBe(inputs[0].length / 100);
    expect(new Set(await typesIn(tinyPredictor(records, records).task, 2))).toEqual(new Set([1]));
  });
});

test("validation is of the averaged weights", async () => {
  const run = denoiserRun(records, records.slice(0, 3), { ...tinyOptions, steps: 7, emaDecay: 0.9 });
  const { last } = await drain(runTraining(engine, run.task, run.options));
  const { state, validation } = last!;
  const lossOf = async (weights: Parameters) => {
    let loss = 0;
    for (const block of await run.task.validation()) {
      using program = await engine.compile(run.task.valueProgram("value", block.loss));
      const [parts] = await program.run([...[...weights.values()].map(({ data }) => data), ...block.inputs]);
      loss += total(parts);
    }
    return loss;
  };
  expect(validation!.validationLoss).toBeCloseTo(await lossOf(state.average), 5);
  expect(Math.abs((await lossOf(state.parameters)) - validation!.validationLoss)).toBeGreaterThan(1e-3);
});

/** One number w that falls by 1 in each step from 0; its validation loss is |w - least|. */
function falling(least: number, options: Partial<TrainerOptions>): Pick<TrainingRun, "task" | "options"> {
  const initial: Parameters = new Map([["w", { shape: [1], data: Float32Array.of(0) }]]);
  const descent: Optimiser = {
    slots: [],
    scalars: () => [],
    update: (parameter, gradient) => ({ parameter: parameter.sub(gradient), slots: [] }),
  };
  return {
    task: {
      name: "falling",
      initial,
      partNames: ["loss"],
      ...taskSources(initial),
      batch: () => [{ key: "w", loss: { inputs: [], parts: (p) => p.get("w")!.reshape([1]) }, inputs: [] }],
      validation: () => [
        { key: "w", loss: { inputs: [], parts: (p) => p.get("w")!.sub(least).abs().reshape([1]) }, inputs: [] },
      ],
    },
    options: {
      optimiser: descent,
      clip: { by: "value", limit: 10 },
      emaDecay: 0,
      steps: 20,
      validateEvery: 1,
      schedule: { learningRate: 1, warmupSteps: 0, patience: 100, factor: 0.5, minLearningRate: 0.1 },
      ...options,
    },
  };
}

describe("of the validations", () => {
  const followed = async (least: number, options: Partial<TrainerOptions>) => {
    const { task, options: all } = falling(least, options);
    const { last } = await drain(runTraining(engine, task, all));
    return { ...last!.state, w: last!.state.best.get("w")!.data[0] };
  };

  test("the best one's weights are kept, not the latest", async () => {
    const { w, step, history } = await followed(-4, {});
    expect([w, step]).toEqual([-4, 20]);
    expect(history.map(({ validationLoss }) => validationLoss)).toEqual(
      Array.from({ length: 20 }, (_, i) => Math.abs(i + 1 - 4)),
    );
  });

  test("of two equal ones the first is the best", async () => {
    // |w + 4.5| is 0.5 at steps 4 and 5.
    expect((await followed(-4.5, {})).w).toBe(-4);
  });

  test.each([1, 2, 5])("so many without a new best end training: %d", async (stopAfter) => {
    const { step, w } = await followed(-4, { stopAfter });
    expect([step, w]).toEqual([4 + stopAfter, -4]);
  });

  test("come at every so many steps and at the last, each with the mean training loss since the one before", async () => {
    const { history } = await followed(-4, { steps: 8, validateEvery: 3 });
    // The loss of step s is w before it: 1 - s.
    expect(history.map(({ step, trainingLoss }) => [step, trainingLoss])).toEqual([[3, -1], [6, -4], [8, -6.5]]); // prettier-ignore
  });

  test("none ends training while the loss falls", async () => {
    expect((await followed(-100, { stopAfter: 1, steps: 12 })).step).toBe(12);
  });
});
