import type * as tf from "@tensorflow/tfjs";
import { afterAll, describe, expect, test } from "vitest";
import type { Constraint, DiffusionState, Sampler, StepTensors } from "../../src/diffusion/index.js";
import {
  allowedClasses,
  blockNetwork,
  cosineSchedule,
  exactComposition,
  fastSampler,
  guidedDenoiser,
  hold,
  predictorCorrector,
  sample,
  startState,
  streamNoise,
  unconditionalDenoiser,
} from "../../src/diffusion/index.js";
import { key, type Engine } from "../../src/runtime/index.js";
import { randomParameters, tinyConfig as config, tinyReferenceConfig } from "../model/support.js";
import { expectAllClose } from "../support/close.js";
import { testEngines } from "../support/engines.js";
import { cleanBlock, collect, perfectDenoiser, turns } from "./support.js";

const engines = await testEngines();
afterAll(() => engines.forEach((engine) => engine.dispose()));

const [B, N] = [2, 3];
const shape = { batchSize: B, atomsPerCrystal: N, classCount: config.classCount };
const schedule = cosineSchedule(config.timesteps);
const noise = streamNoise(4, [7, 8], shape);
const start = startState(4, [7, 8], shape, schedule.timesteps);
const condition = {
  siteDos: key(1)
    .fold(0, 0, 0)
    .uniforms(B * N * config.dosPoints),
  siteMask: new Float32Array(B * N).fill(1),
  energyMask: new Float32Array(B * config.dosPoints).fill(1),
  totalDos: new Float32Array(B * config.dosPoints),
  totalMask: new Float32Array(B),
};
const clean = cleanBlock(shape, 2);
const some = [true, false, false, true, false, true];

const samplers: Record<string, { sampler: Sampler; startTime?: number }> = {
  "fast, second order": { sampler: fastSampler({ steps: 6 }) },
  "fast, first order, bounded": { sampler: fastSampler({ steps: 6, order: 1, coordEta: 1, latticeBound: 0.5 }) },
  "fast, few times": { sampler: fastSampler({ steps: 1 }), startTime: 2 },
  "fast, deterministic": { sampler: fastSampler({ steps: 6, eta: 0 }) },
  "predictor-corrector": { sampler: predictorCorrector(), startTime: 6 },
  "predictor-corrector, uncorrected": { sampler: predictorCorrector({ predictorInput: "uncorrected" }), startTime: 6 },
};
const constraintSets: Record<string, readonly Constraint[]> = {
  "no constraint": [],
  "some of some classes": [allowedClasses(new Set([0, 2]), shape), allowedClasses(new Set([1, 2]), shape)],
  "an exact composition with a pinned atom": [
    exactComposition(
      new Map([
        [1, 1],
        [2, 2],
      ]),
      shape,
      new Map([[2, 1]]),
    ),
  ],
  "held fields": [
    hold({ field: "lattice", shape, values: clean.lattice, rows: [true, true] }, noise),
    hold({ field: "fracCoords", shape, values: clean.fracCoords, rows: some }, noise),
    hold({ field: "types", shape, values: clean.types, rows: some }, noise),
  ],
};

async function runOn(engine: Engine, name: string, constraints: readonly Constraint[]) {
  const network = blockNetwork(engine, { config, parameters: randomParameters(config, 5), schedule }, shape);
  const denoiser = await guidedDenoiser(network, condition, { guidanceWeight: 1.5, guidanceInterval: [0.5, 1] });
  const { sampler, startTime } = samplers[name];
  const made = await collect(sample(sampler, { denoiser, start, noise, startTime, constraints }));
  network.dispose();
  return made;
}

describe.each(engines.slice(1))("on $name every step is as on eager-cpu", (engine) => {
  describe.each(Object.keys(constraintSets))("%s", (set) => {
    test.each(Object.keys(samplers))("%s", async (name) => {
      const constraints = constraintSets[set];
      const [expected, found] = [await runOn(engines[0], name, constraints), await runOn(engine, name, constraints)];
      expect(found.steps.length).toBeGreaterThan(0);
      expect(found.steps.length).toBe(expected.steps.length);
      found.steps.forEach(({ state }, i) => expectClose(state, expected.steps[i].state));
      expectClose(found.final, expected.final);
    });
  });

  test("the unconditional branch of the reference's network", async () => {
    const kind = tinyReferenceConfig;
    const finals: DiffusionState[] = [];
    for (const on of [engines[0], engine]) {
      const network = blockNetwork(on, { config: kind, parameters: randomParameters(kind, 5), schedule }, shape);
      const denoiser = unconditionalDenoiser(network, kind.hiddenDim);
      finals.push(
        (await collect(sample(fastSampler({ steps: 6, latticeBound: 0.5 }), { denoiser, start, noise }))).final,
      );
      network.dispose();
    }
    expectClose(finals[1], finals[0]);
  });
});

test("every step is one program, whatever the constraints", async () => {
  const names: string[] = [];
  const spy: Engine = { ...engines[1], compile: (source) => (names.push(source.name), engines[1].compile(source)) };
  for (const constraints of Object.values(constraintSets)) await runOn(spy, "fast, deterministic", constraints);
  const step = (rest: string): string[] =>
    ["guided", "conditional"].map((branches) => `fast step, ${branches}${rest}, 2 x 3`);
  expect(names.filter((name) => !name.startsWith("DOS encoder"))).toEqual([
    ...step(""),
    ...step(", some classes, some classes"),
    ...step(", exact composition, pinned types"),
    ...step(", held lattice, held fracCoords, held types"),
  ]);
});

/** Euler's method on the probability flow, as k-diffusion has it: what a newcomer would write first. */
const euler: Sampler<"clean" | "keep" | "move"> = {
  name: "euler",
  times: (_, startTime) => Array.from({ length: startTime + 1 }, (_unused, i) => startTime - i),
  factors: ({ t, next }, { alphasCumprod: ab, coordSigmas }) => {
    const keep = Math.sqrt((1 - ab[next]) / (1 - ab[t]));
    return {
      keep,
      clean: Math.sqrt(ab[next]) - keep * Math.sqrt(ab[t]),
      move: 1 - coordSigmas[next] / coordSigmas[t],
    };
  },
  draws: {},
  step({ x, denoise, f }: StepTensors<"clean" | "keep" | "move">) {
    const denoised = denoise(x);
    const flow = (field: "types" | "lattice"): tf.Tensor => x[field].mul(f.keep).add(denoised[field].mul(f.clean));
    const fracCoords = x.fracCoords.add(denoised.fracCoords.mul(f.move));
    return { x: { types: flow("types"), lattice: flow("lattice"), fracCoords }, denoised };
  },
};

test("a sampler of one's own is an object: it finds the crystal of a perfect denoiser", async () => {
  const fine = cosineSchedule(60);
  const denoiser = perfectDenoiser(engines[1], fine, clean);
  const run = sample(euler, { denoiser, start, noise: () => expect.fail("drew noise"), startTime: 58 });
  const { final, steps } = await collect(run);
  expect(steps.map(({ t }) => t)).toEqual(Array.from({ length: 58 }, (_, i) => 58 - i));
  expectAllClose(final.types, clean.types, { tolerance: 1e-3 });
  expectAllClose(final.lattice, clean.lattice, { tolerance: 1e-3 });
  expectAllClose(turns(final.fracCoords, clean.fracCoords), new Float32Array(18), { floor: 1, tolerance: 1e-3 });
});

/** Rounding grows where alpha_bar is small. */
function expectClose(found: DiffusionState, expected: DiffusionState): void {
  const tolerance = { tolerance: 1e-3, floor: 1 };
  expectAllClose(found.types, expected.types, tolerance);
  expectAllClose(found.lattice, expected.lattice, tolerance);
  const off = turns(found.fracCoords, expected.fracCoords);
  expectAllClose(off, new Float32Array(off.length), tolerance);
}
