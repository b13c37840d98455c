import { afterAll, describe, expect, test } from "vitest";
import type { Denoise, DiffusionState } from "../../src/diffusion/index.js";
import {
  allowedClasses,
  blockNetwork,
  constrainDenoise,
  cosineSchedule,
  fastSampler,
  guidedDenoise,
  hold,
  predictorCorrector,
  restrictTypes,
  startState,
  streamNoise,
  unconditionalDenoise,
} from "../../src/diffusion/index.js";
import { uniforms } from "../../src/runtime/index.js";
import { randomParameters, tinyConfig as config, tinyReferenceConfig } from "../model/support.js";
import { expectAllClose } from "../support/close.js";
import { testEngines } from "../support/engines.js";
import { collect, turns } from "./support.js";

const engines = await testEngines();
afterAll(() => engines.forEach((engine) => engine.dispose()));

const [B, N] = [2, 3];
const shape = { batchSize: B, atomsPerCrystal: N, classCount: config.classCount };
const schedule = cosineSchedule(config.timesteps);
const noise = streamNoise(4, [7, 8], shape);
const start = startState(4, [7, 8], shape, schedule.timesteps);
const condition = {
  siteDos: uniforms(1, 0, 0, 0, B * N * config.dosPoints),
  siteMask: new Float32Array(B * N).fill(1),
  energyMask: new Float32Array(B * config.dosPoints).fill(1),
  totalDos: new Float32Array(B * config.dosPoints),
  totalMask: new Float32Array(B),
};
const allowed = new Set([0, 2]);
const classes = restrictTypes(schedule, allowedClasses(allowed, config.classCount));
const others = restrictTypes(schedule, allowedClasses(new Set([1, 2]), config.classCount));

const samplers = {
  "fast, second order": (denoise: Denoise) => fastSampler(denoise, start, schedule, noise, { steps: 6 }),
  "fast, first order, bounded": (denoise: Denoise) =>
    fastSampler(denoise, start, schedule, noise, { steps: 6, order: 1, coordEta: 1, latticeBound: 0.5 }),
  "fast, few times": (denoise: Denoise) => fastSampler(denoise, start, schedule, noise, { steps: 1, startTime: 2 }),
  "fast, deterministic": (denoise: Denoise) => fastSampler(denoise, start, schedule, noise, { steps: 6, eta: 0 }),
  "predictor-corrector": (denoise: Denoise) => predictorCorrector(denoise, start, schedule, noise, { startTime: 6 }),
  "predictor-corrector, uncorrected": (denoise: Denoise) =>
    predictorCorrector(denoise, start, schedule, noise, { startTime: 6, predictorInput: "uncorrected" }),
};

describe.each(engines)("on $name", (engine) => {
  describe.each([
    ["no classes forbidden", []],
    ["some classes", [classes]],
    ["some of some classes", [classes, others]],
  ] as const)("%s", (_, constraints) => {
    test.each(Object.keys(samplers) as (keyof typeof samplers)[])(
      "%s: one program or the host's steps",
      async (name) => {
        const network = blockNetwork(engine, { config, parameters: randomParameters(config, 5), schedule }, shape);
        const guidance = { guidanceWeight: 1.5, guidanceInterval: [0.2, 1], timesteps: config.timesteps } as const;
        const denoise = constrainDenoise(await guidedDenoise(network, condition, guidance), constraints);
        expect(denoise.fused).toBeDefined();
        const onHost: Denoise = (state, t) => denoise(state, t);
        const [fused, host] = [await collect(samplers[name](denoise)), await collect(samplers[name](onHost))];
        expect(fused.steps.length).toBeGreaterThan(0);
        expect(fused.steps.length).toBe(host.steps.length);
        fused.steps.forEach(({ state }, i) => expectClose(state, host.steps[i].state));
        network.dispose();
      },
    );
  });

  test.each([
    ["the reference's network", tinyReferenceConfig],
    ["the bundled kind", config],
  ] as const)("the unconditional branch of %s", async (_, kind) => {
    const network = blockNetwork(engine, { config: kind, parameters: randomParameters(kind, 5), schedule }, shape);
    const denoise = unconditionalDenoise(network, kind.hiddenDim);
    const fast = samplers["fast, first order, bounded"];
    const fused = await collect(fast(denoise));
    expectClose(fused.final, (await collect(fast((state, t) => denoise(state, t)))).final);
    network.dispose();
  });
});

test("a constraint that the host must apply keeps steps from being fused", async () => {
  const network = blockNetwork(engines[0], { config, parameters: randomParameters(config, 5), schedule }, shape);
  const guided = await guidedDenoise(network, condition, { guidanceWeight: 1, timesteps: config.timesteps });
  const held = hold({ field: "lattice", values: start.lattice, rows: [true, true] }, schedule, noise);
  expect(constrainDenoise(guided, []).fused).toBeDefined();
  expect(constrainDenoise(guided, [classes]).fused).toBeDefined();
  expect(constrainDenoise(guided, [held]).fused).toBeUndefined();
  expect(constrainDenoise(guided, [classes, held]).fused).toBeUndefined();
  network.dispose();
});

/** Rounding grows where alpha_bar is small: float32 in the program, float64 between roundings on the host. */
function expectClose(found: DiffusionState, expected: DiffusionState): void {
  const tolerance = { tolerance: 1e-3, floor: 1 };
  expectAllClose(found.types, expected.types, tolerance);
  expectAllClose(found.lattice, expected.lattice, tolerance);
  expectAllClose(turns(found.fracCoords, expected.fracCoords), new Float32Array(found.fracCoords.length), {
    tolerance: 1e-3,
    floor: 1,
  });
}
