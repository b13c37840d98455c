import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { afterAll, describe, expect, test } from "vitest";
import { canonicalFrame } from "../../src/crystal/index.js";
import type { DenoiserConfig, Parameters } from "../../src/model/index.js";
import { encodeLattice, loadDenoiser } from "../../src/model/index.js";
import { compiledEngine, eagerEngine } from "../../src/runtime/index.js";
import {
  denoiserRun,
  loadTrainerState,
  runTraining,
  saveTrainerState,
  startTraining,
  trainWithFiles,
} from "../../src/train/index.js";
import { temporaryFolder } from "../data/helpers.js";
import { plainDenoiser, rowsOf } from "../model/plain-denoiser.js";
import { randomParameters } from "../model/support.js";
import { drain, records, tinyOptions } from "./support.js";

const engine = await compiledEngine();
afterAll(() => engine.dispose());

const run = denoiserRun(records, records.slice(0, 3), tinyOptions);
const flat = (parameters: Parameters) => [...parameters].map(([name, { data }]) => [name, Array.from(data)]);

describe("exact resume", () => {
  test("20 steps equal 10, save, load and 10 more: losses, weights, averages, moments and history", async () => {
    const path = join(await temporaryFolder(), "state.safetensors");
    const whole = await drain(runTraining(engine, run.task, run.options));
    expect(whole.losses).toHaveLength(20);
    // 10 is no multiple of validateEvery: the history's mean loss spans the interruption.
    const half = await drain(runTraining(engine, run.task, run.options), 10);
    await saveTrainerState(path, half.last!.state, run.recipe);
    const loaded = await loadTrainerState(path, run);
    const rest = await drain(runTraining(engine, run.task, run.options, loaded));
    expect([...half.losses, ...rest.losses]).toEqual(whole.losses);
    const [found, expected] = [rest.last!.state, whole.last!.state];
    for (const group of ["parameters", "average", "best"] as const)
      expect(flat(found[group])).toEqual(flat(expected[group]));
    expect(found.optimiser).toEqual(expected.optimiser);
    expect(found.history).toEqual(expected.history);
    expect(found.history.map(({ step }) => step)).toEqual([7, 14, 20]);
    expect(found.plateau).toEqual(expected.plateau);
  });

  test("with files: left early and continued, and a finished run only returns its model", async () => {
    const folder = await temporaryFolder();
    const files = {
      modelPath: join(folder, "model.safetensors"),
      statePath: join(folder, "state.safetensors"),
      saveEvery: 4,
      info: { why: "test" },
    };
    const whole = await drain(runTraining(engine, run.task, run.options));
    const first = await drain(trainWithFiles(engine, run, files), 9);
    const rest = await drain(trainWithFiles(engine, run, files));
    expect([...first.losses, ...rest.losses]).toEqual(whole.losses);
    const saved = await loadDenoiser(files.modelPath);
    expect(flat(saved.parameters).sort()).toEqual(flat(whole.last!.state.best).sort());
    expect(saved.info).toEqual({ why: "test" });
    const again = await drain(trainWithFiles(engine, run, files));
    expect(again.losses).toEqual([]);
    expect(flat(again.result!.parameters)).toEqual(flat(whole.last!.state.best));
    const other = denoiserRun(records, records.slice(0, 3), { ...tinyOptions, learningRate: 1 });
    await expect(drain(trainWithFiles(engine, other, files))).rejects.toThrow(
      /run with other settings or data \(learningRate: [\d.e-]+ there, 1 asked for\)/,
    );
  });

  test("a damaged state is refused with its name", async () => {
    const path = join(await temporaryFolder(), "state.safetensors");
    await saveTrainerState(path, startTraining(run.task, run.options), run.recipe);
    const bytes = await readFile(path);
    const load = () => loadTrainerState(path, run);
    for (const damaged of [
      bytes.subarray(0, bytes.length - 7),
      bytes.subarray(0, 100),
      bytes.subarray(0, 3),
      Buffer.from(bytes.toString("latin1").replace("parameters/node_out", "parameters/node_oux"), "latin1"),
      Buffer.from(bytes.toString("latin1").replace('{\\"step\\"', '{\\"stap\\"'), "latin1"),
      Buffer.from(bytes.toString("latin1").replace('{\\"step\\"', '!\\"step\\"'), "latin1"),
    ]) {
      await writeFile(path, damaged);
      await expect(load()).rejects.toThrow(path);
    }
    const other = { ...run, options: { ...run.options, optimiser: { slots: ["momentum"] } } };
    await saveTrainerState(path, startTraining(run.task, run.options), run.recipe);
    await expect(loadTrainerState(path, other)).rejects.toThrow(`${path} (momentum): parameter`);
    await rm(path);
    expect(await load()).toBeUndefined();
  });
});

describe("the loss of a batch of mixed sizes", () => {
  test.each<[string, Partial<DenoiserConfig>]>([
    ["reference", { encoder: "linear", typeOutput: "noise", latticeSpace: "matrix", elementDescriptors: false }],
    ["ours", { encoder: "linear" }],
  ])("equals the plain mean over all entries, %s", async (_, choice) => {
    const config = { ...tinyOptions.config, latticeScale: 1, ...choice };
    const costs = { types: 2, fracCoords: 3, lattice: 5 };
    const { task } = denoiserRun(records, records, { ...tinyOptions, config, costs });
    const parameters = randomParameters(config, 4, 0.02);
    const blocks = await task.batch(3);
    expect(blocks.length).toBeGreaterThan(1);
    const parts = [0, 0, 0];
    const plain = { types: 0, typeCount: 0, coords: 0, coordCount: 0, lattice: 0, latticeCount: 0 };
    for (const block of blocks) {
      const program = await engine.compile(task.valueProgram("loss", block.loss));
      const weights = [...parameters.values()].map(({ data }) => data);
      const [values] = await program.run([...weights, ...block.inputs]);
      values.forEach((value, k) => (parts[k] += value));
      program.dispose();
      const [B, N] = block.key.split(" x ").map(Number);
      for (let b = 0; b < B; b++) addPlain(plain, config, parameters, block.inputs as Float32Array[], b, B, N);
    }
    expect(parts[0] / ((costs.types * plain.types) / plain.typeCount)).toBeCloseTo(1, 4);
    expect(parts[1] / ((costs.fracCoords * plain.coords) / plain.coordCount)).toBeCloseTo(1, 4);
    expect(parts[2] / ((costs.lattice * plain.lattice) / plain.latticeCount)).toBeCloseTo(1, 4);
  });

  /** One crystal's squared errors (or cross entropy), from the block's inputs and the plain network. */
  function addPlain(
    sums: Record<"types" | "typeCount" | "coords" | "coordCount" | "lattice" | "latticeCount", number>,
    config: DenoiserConfig,
    parameters: Parameters,
    inputs: Float32Array[],
    b: number,
    B: number,
    N: number,
  ): void {
    const rows = (index: number, width: number) => rowsOf(own(index), width);
    const own = (index: number) => {
      const size = inputs[index].length / B;
      return [...inputs[index].slice(b * size, (b + 1) * size)];
    };
    const projection = parameters.get("y_projection.weight")!;
    const bias = parameters.get("y_projection.bias")!.data;
    const siteMask = own(6);
    const condition = rows(5, config.dosPoints).map((y, i) =>
      rowsOf(projection.data, config.dosPoints).map(
        (row, o) => siteMask[i] * (row.reduce((sum, w, e) => sum + w * y[e], 0) + bias[o]),
      ),
    );
    const signal = own(4);
    const types = rows(0, config.classCount);
    const out = plainDenoiser(parameters, config, {
      types,
      fracCoords: rows(1, 3),
      lattice: rows(2, 3),
      time: own(3),
      signal,
      condition,
    });
    const squares = (a: number[][], flatTarget: number[]) =>
      a.flat().reduce((sum, value, i) => sum + (value - flatTarget[i]) ** 2, 0);
    sums.coords += squares(out.fracCoords, own(11));
    sums.coordCount += 3 * N;
    sums.lattice += squares(
      config.latticeSpace === "matrix" ? out.lattice : velocity(out.lattice, rows(2, 3), signal),
      own(12),
    );
    sums.latticeCount += 9;
    if (config.typeOutput === "noise") {
      sums.types += squares(out.types, own(10));
      sums.typeCount += N * config.classCount;
      return;
    }
    // The expected clean element follows from the noise that the head stands for.
    rows(13, config.classCount).forEach((oneHot, i) => {
      const z = oneHot.indexOf(1);
      const probability = (types[i][z] - signal[1] * out.types[i][z]) / signal[0];
      sums.types -= Math.log(probability);
    });
    sums.typeCount += N;
  }

  /** sqrt(ab) eps - sqrt(1 - ab) x_0 on the symmetric part, from the noise eps that the network sees in x_t. */
  function velocity(noise: number[][], noisy: number[][], [s, n]: number[]): number[][] {
    const even = (m: number[][], i: number, k: number) => (m[i][k] + m[k][i]) / 2;
    return noise.map((row, i) => row.map((_, k) => (even(noise, i, k) - n * even(noisy, i, k)) / s));
  }
});

test("what a metric's head is compared with gives back the clean lattice and the noise, at every noise level", async () => {
  const augment = { ...tinyOptions.augment, strain: 0 };
  const { task } = denoiserRun(records, records, { ...tinyOptions, augment });
  const metrics = records.map(({ crystal }) =>
    encodeLattice(canonicalFrame(crystal).latticeMatrix.flat(), crystal.atomicNumbers.length, tinyOptions.config),
  );
  for (const { inputs } of await task.batch(2)) {
    const [noisy, signal, velocity] = [inputs[2], inputs[4], inputs[12]] as Float32Array[];
    for (let b = 0; b < noisy.length / 9; b++) {
      const [s, n] = [signal[2 * b], signal[2 * b + 1]];
      const clean = Array.from({ length: 9 }, (_, i) => {
        const mirrored = 3 * (i % 3) + Math.floor(i / 3);
        return (s * (noisy[9 * b + i] + noisy[9 * b + mirrored])) / 2 - n * velocity[9 * b + i];
      });
      const distances = metrics.map((metric) => Math.max(...metric.map((x, i) => Math.abs(x - clean[i]))));
      expect(Math.min(...distances)).toBeLessThan(1e-5);
    }
  }
});

test("a handful of crystals can be learned by heart", async () => {
  const { task, options } = denoiserRun(records.slice(0, 2), records.slice(0, 2), {
    ...tinyOptions,
    config: { ...tinyOptions.config, hiddenDim: 32, timesteps: 10 },
    augment: { dropCondition: 0, strain: 0, spectralNoise: 0, partial: false },
    costs: { types: 1, fracCoords: 0, lattice: 0 },
    batchSize: 8,
    learningRate: 1e-2,
    weightDecay: 0,
    steps: 200,
    validateEvery: 200,
  });
  const { losses } = await drain(runTraining(engine, task, options));
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  expect(mean(losses.slice(-20))).toBeLessThan(mean(losses.slice(0, 5)) / 50);
});

test("validation is the same whenever it is asked, and does not depend on the step", async () => {
  const inputs = async () => (await run.task.validation()).map((block) => block.inputs.map((x) => [...x]));
  expect(await inputs()).toEqual(await inputs());
});

test("batches are a pure function of the step", async () => {
  const inputs = async (step: number) => (await run.task.batch(step)).map((block) => block.inputs.map((x) => [...x]));
  const third = await inputs(3);
  await inputs(4);
  expect(await inputs(3)).toEqual(third);
  expect(await inputs(4)).not.toEqual(third);
});

test("the condition tells nothing of the noise: spectral noise has numbers of its own", async () => {
  // Correlation of the spectra's factors with the type noise of the same crystal, over many steps.
  const { task } = denoiserRun(records.slice(3, 4), records.slice(3, 4), {
    ...tinyOptions,
    augment: { dropCondition: 0, strain: 0, spectralNoise: 0.1, partial: false },
    batchSize: 1,
  });
  const clean = records[3].siteDos.values;
  const at = 150;
  const knots = 26;
  const knot = Math.round((at / 399) * (knots - 1));
  const pairs: [number, number][] = [];
  for (let step = 1; step <= 300; step++) {
    const [{ inputs }] = await task.batch(step);
    pairs.push([inputs[5][at] / clean[at] - 1, inputs[10][knot]]);
  }
  expect(clean[at]).toBeGreaterThan(0.01);
  expect(Math.abs(correlation(pairs))).toBeLessThan(0.25);
});

test("eager training keeps no tensors", async () => {
  const eager = await eagerEngine("cpu");
  const { task, options } = denoiserRun(records.slice(3, 4), records.slice(3, 4), { ...tinyOptions, batchSize: 1 });
  const steps = runTraining(eager, task, options);
  await steps.next();
  const before = tf.memory().numTensors;
  for (let i = 0; i < 3; i++) await steps.next();
  expect(tf.memory().numTensors).toBe(before);
  await steps.return(undefined as never);
  eager.dispose();
});

describe("what cannot be trained says so", () => {
  test("empty sets", async () => {
    const train = (training: typeof records, validation: typeof records) => {
      const { task, options } = denoiserRun(training, validation, tinyOptions);
      return drain(runTraining(engine, task, options));
    };
    await expect(train(records, [])).rejects.toThrow(/validation set is empty/);
    await expect(train([], records)).rejects.toThrow(/training set is empty/);
  });

  test("a loss that is no number", async () => {
    const broken = { ...run.task, initial: new Map(run.task.initial) };
    const [name, { shape, data }] = [...run.task.initial][0];
    broken.initial.set(name, { shape, data: data.map(() => NaN) });
    await expect(drain(runTraining(engine, broken, run.options))).rejects.toThrow(/loss is NaN at step 1/);
  });

  test("spectra on another grid", () => {
    const [record] = records;
    const other = { ...record, siteDos: { ...record.siteDos, grid: { start: -5, stop: 5, count: 400 } } };
    expect(() => denoiserRun([other], records, tinyOptions)).toThrow(
      new RegExp(`${record.id}: its DOS is on 400 points`),
    );
  });
});

function correlation(pairs: readonly (readonly [number, number])[]): number {
  const mean = (k: 0 | 1) => pairs.reduce((sum, pair) => sum + pair[k], 0) / pairs.length;
  const [a, b] = [mean(0), mean(1)];
  const product = (j: 0 | 1, k: 0 | 1) => pairs.reduce((sum, p) => sum + (p[j] - [a, b][j]) * (p[k] - [a, b][k]), 0);
  return product(0, 1) / Math.sqrt(product(0, 0) * product(1, 1));
}
