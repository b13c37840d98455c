import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import type { Block, Constraint, Denoiser, DiffusionState, SamplerStep } from "../../src/diffusion/index.js";
import {
  allowedClasses,
  argmaxTypes,
  cosineSchedule,
  exactComposition,
  exactDenoiser,
  fastSampler,
  hold,
  mapFields,
  predictorCorrector,
  sample,
  startState,
  streamNoise,
} from "../../src/diffusion/index.js";
import { compiledEngine, eagerEngine, key, type Engine } from "../../src/runtime/index.js";
import { seeds } from "../model/support.js";
import { expectAllClose } from "../support/close.js";
import { cleanBlock, collect, turns } from "./support.js";

const schedule = cosineSchedule(8);
const [B, N, C] = [2, 5, 7];
const shape = { batchSize: B, atomsPerCrystal: N, classCount: C };

const engine = await compiledEngine({ threads: 1 });
const eager = await eagerEngine("cpu");
afterAll(() => {
  engine.dispose();
  eager.dispose();
});

/** An adversary: wild answers of any size, with some that are not numbers. */
const adversary = exactDenoiser(engine, {
  name: "adversary",
  schedule,
  predict: (x, { inputs, level }) =>
    mapFields((field) => {
      const i = tf.range(0, x[field].size).reshape(x[field].shape).add(inputs.seed);
      const wild = i.mul(level.sigma.add(0.7)).sin().add(x[field]).mul(inputs.size);
      const broken = i.sub(i.div(11).floor().mul(11)).less(1);
      return tf.where(broken, wild.mul(inputs.broken), wild);
    }),
});
const adversaryOf = (seed: number, size: number, broken: boolean): Denoiser => {
  const scalar = (value: number) => ({ shape: [1], data: Float32Array.of(value) });
  const inputs = { seed: scalar(seed % 1000), size: scalar(size), broken: scalar(broken ? NaN : 1) };
  return { ...adversary, at: (t) => ({ ...adversary.at(t), inputs }) };
};

async function finalOf(
  constraints: readonly Constraint[],
  sampler: string,
  seed: number,
  denoiser: Denoiser,
): Promise<DiffusionState> {
  const noise = streamNoise(seed, [0, 1], shape);
  const start = startState(seed, [0, 1], shape, schedule.timesteps);
  const made = sampler === "fast" ? fastSampler({ steps: 5 }) : predictorCorrector();
  return (await collect(sample(made, { denoiser, start, noise, constraints }))).final;
}

const adversaries = fc.record({
  seed: seeds,
  size: fc.constantFrom(0, 1, 50, 1e4),
  broken: fc.boolean(),
  sampler: fc.constantFrom("fast", "predictor-corrector"),
});

describe("never violated, whatever the network says", () => {
  test("allowed classes", () =>
    fc.assert(
      fc.asyncProperty(
        adversaries,
        fc.uniqueArray(fc.integer({ min: 0, max: C - 1 }), { minLength: 1 }),
        async ({ seed, size, broken, sampler }, classes) => {
          const constraint = allowedClasses(new Set(classes), shape);
          const final = await finalOf([constraint], sampler, seed, adversaryOf(seed, size, broken));
          for (const c of argmaxTypes(final)) expect(classes).toContain(c);
        },
      ),
      { numRuns: 60 },
    ));

  test("exact composition", () =>
    fc.assert(
      fc.asyncProperty(
        adversaries,
        fc.array(fc.integer({ min: 0, max: C - 1 }), { minLength: N, maxLength: N }),
        async ({ seed, size, broken, sampler }, classes) => {
          const counts = new Map<number, number>();
          for (const c of classes) counts.set(c, (counts.get(c) ?? 0) + 1);
          const constraint = exactComposition(counts, shape);
          const final = await finalOf([constraint], sampler, seed, adversaryOf(seed, size, broken));
          const found = argmaxTypes(final);
          for (let b = 0; b < B; b++) expect([...found.slice(b * N, (b + 1) * N)].sort()).toEqual([...classes].sort());
        },
      ),
      { numRuns: 60 },
    ));

  test("held fields", () =>
    fc.assert(
      fc.asyncProperty(
        adversaries,
        fc.array(fc.boolean(), { minLength: B * N, maxLength: B * N }),
        async ({ seed, size, sampler }, rows) => {
          const clean = cleanBlock(shape, seed);
          const noise = streamNoise(seed, [0, 1], shape);
          const constraints = [
            hold({ field: "lattice", shape, values: clean.lattice, rows: [true, true] }, noise),
            hold({ field: "fracCoords", shape, values: clean.fracCoords, rows }, noise),
            hold({ field: "types", shape, values: clean.types, rows }, noise),
          ];
          const final = await finalOf(constraints, sampler, seed, adversaryOf(seed, size, false));
          expect([...final.lattice]).toEqual([...clean.lattice]);
          rows.forEach((held, atom) => {
            if (!held) return;
            expect(final.fracCoords.slice(3 * atom, 3 * atom + 3)).toEqual(
              clean.fracCoords.slice(3 * atom, 3 * atom + 3),
            );
            expect(final.types.slice(C * atom, C * atom + C)).toEqual(clean.types.slice(C * atom, C * atom + C));
          });
        },
      ),
      { numRuns: 40 },
    ));
});

/** What the network sees under constraints at time t, and the clean block that is then believed. */
async function through(on: Engine, constraints: readonly Constraint[], state: DiffusionState, t: number) {
  let seen: Block | undefined;
  const denoiser = exactDenoiser(on, { name: "spy", schedule, predict: (x) => (seen = x) });
  // A sampler that hands out what the network saw as its state.
  const spy = {
    ...fastSampler(),
    name: "spy",
    times: () => [t, 0],
    step: ({ x, denoise }: { x: Block; denoise: (x: Block) => Block }) => {
      const denoised = denoise(x);
      return { x: seen!, denoised };
    },
  };
  const noise = streamNoise(1, [0, 1], shape);
  const steps = sample(spy, { denoiser, start: state, noise, constraints });
  const { value } = (await steps.next()) as { value: SamplerStep };
  return { seen: value.state, denoised: value.denoised };
}

test("the network sees held fields noised to its time, as it was trained, and their clean values are known", async () => {
  const clean = cleanBlock(shape, 3);
  const noise = streamNoise(1, [0, 1], shape);
  const rows = Array.from({ length: B * N }, (_, i) => i < N);
  const constraints = [
    hold({ field: "lattice", shape, values: clean.lattice, rows: [true, false] }, noise),
    hold({ field: "fracCoords", shape, values: clean.fracCoords, rows }, noise),
    hold({ field: "types", shape, values: clean.types, rows }, noise),
  ];
  const start = startState(1, [0, 1], shape, 8);
  for (const t of [1, 4, 8]) {
    const { seen, denoised } = await through(engine, constraints, start, t);
    const [signal, spread] = [Math.sqrt(schedule.alphasCumprod[t]), Math.sqrt(1 - schedule.alphasCumprod[t])];
    for (const field of ["types", "lattice"] as const) {
      const half = clean[field].length / 2;
      const z = noise(field, t, "hold");
      const noised = clean[field].map((v, i) => signal * v + spread * z[i]);
      expectAllClose(seen[field].slice(0, half), noised.slice(0, half));
      expect(seen[field].slice(half)).toEqual(start[field].slice(half));
      expectAllClose(denoised[field].slice(0, half), clean[field].slice(0, half), { tolerance: 1e-4 });
    }
    const z = noise("fracCoords", t, "hold");
    const noised = clean.fracCoords.map((v, i) => v + schedule.coordSigmas[t] * z[i]);
    const half = noised.length / 2;
    expectAllClose(turns(seen.fracCoords, noised).slice(0, half), new Float32Array(half), { floor: 1 });
    expect(seen.fracCoords.slice(half)).toEqual(start.fracCoords.slice(half));
  }
});

test("an exact composition of another size says so, and an empty set of classes", async () => {
  const constraint = exactComposition(new Map([[1, 2]]), shape);
  await expect(finalOf([constraint], "fast", 1, adversaryOf(1, 1, false))).rejects.toThrow(
    'constraint "exact composition": it has 2 atoms, the cell 5',
  );
  expect(() => allowedClasses(new Set(), shape)).toThrow("elements: the set of allowed ones is empty");
});

describe.each([engine, eager])("softly, at every step, on $name", (on) => {
  const start = startState(1, [0, 1], shape, 8);

  test("an exact composition has its sums", async () => {
    const counts = new Map([
      [0, 2],
      [3, 3],
      [5, 0],
    ]);
    for (const t of [2, 5, 8]) {
      const { denoised } = await through(on, [exactComposition(counts, shape)], start, t);
      for (let b = 0; b < B; b++) {
        const rows = Array.from({ length: N }, (_, i) => denoised.types.slice((b * N + i) * C, (b * N + i + 1) * C));
        for (const row of rows) expect(row.reduce((a, c) => a + c, 0)).toBeCloseTo(1, 4);
        for (let c = 0; c < C; c++)
          expect(rows.reduce((sum, row) => sum + row[c], 0)).toBeCloseTo(counts.get(c) ?? 0, 1);
      }
    }
  });

  test("pinned atoms are certain, and count", async () => {
    const pins = new Map([[4, 0]]);
    const counts = new Map([
      [0, 1],
      [3, 4],
    ]);
    const { denoised } = await through(on, [exactComposition(counts, shape, pins)], start, 5);
    for (let atom = 0; atom < B * N; atom++)
      expect(denoised.types[atom * C], `atom ${atom}`).toBeCloseTo(atom % N === 4 ? 1 : 0, 1);
    const other = await through(on, [allowedClasses(new Set([1, 2]), shape, pins)], start, 5);
    for (let atom = 0; atom < B * N; atom++) {
      const row = [...other.denoised.types.slice(atom * C, (atom + 1) * C)];
      if (atom % N === 4) expect(row).toEqual([1, 0, 0, 0, 0, 0, 0]);
      else expect(row.filter((x, c) => x !== 0 && c !== 1 && c !== 2)).toEqual([]);
    }
  });
});

test("a constraint that throws is named", async () => {
  const fails = (): never => {
    throw new Error("no such thing");
  };
  for (const part of ["inputs", "before", "after", "finish"])
    await expect(finalOf([{ name: "toy", [part]: fails }], "fast", 1, adversaryOf(1, 1, false))).rejects.toThrow(
      'constraint "toy": no such thing',
    );
});

test("every purpose has noise of its own, and old seeds keep theirs", () => {
  const noise = streamNoise(3, [0, 1], shape);
  expect(noise("types", 4, "heun")).not.toEqual(noise("types", 4, "hold"));
  const alone = streamNoise(3, [1], { ...shape, batchSize: 1 });
  expect(noise("types", 4, "heun").slice(N * C)).toEqual(alone("types", 4, "heun"));
  expect(noise("types", 4, "hold").slice(0, 4)).toEqual(key(3).fold(0, 4, 9).normals(4));
});
