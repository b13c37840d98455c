import { afterAll, describe, expect, test } from "vitest";
import type { Denoise, DiffusionState } from "../../src/diffusion/index.js";
import {
  allowedClasses,
  argmaxTypes,
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
} from "../../src/diffusion/index.js";
import { uniforms } from "../../src/runtime/index.js";
import { randomParameters, tinyConfig as config } from "../model/support.js";
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
const mask = Float32Array.from({ length: config.classCount }, (_, c) => Number(allowed.has(c)));
const classes = restrictTypes(schedule, allowedClasses(allowed).soften, allowedClasses(allowed).decide, mask);

const samplers = {
  "fast, second order": (denoise: Denoise) => fastSampler(denoise, start, schedule, noise, { steps: 6 }),
  "fast, first order, bounded": (denoise: Denoise) =>
    fastSampler(denoise, start, schedule, noise, { steps: 6, order: 1, coordEta: 1, latticeBound: 0.5 }),
  "fast, deterministic": (denoise: Denoise) => fastSampler(denoise, start, schedule, noise, { steps: 6, eta: 0 }),
  "predictor-corrector": (denoise: Denoise) => predictorCorrector(denoise, start, schedule, noise, { startTime: 6 }),
  "predictor-corrector, uncorrected": (denoise: Denoise) =>
    predictorCorrector(denoise, start, schedule, noise, { startTime: 6, predictorInput: "uncorrected" }),
};

describe.each(engines)("on $name", (engine) => {
  describe.each([true, false])("classes restricted: %s", (restricted) => {
    test.each(Object.keys(samplers) as (keyof typeof samplers)[])(
      "%s: one program or the host's steps",
      async (name) => {
        const parameters = randomParameters(config, 5);
        const network = blockNetwork(engine, { config, parameters, schedule }, shape);
        const guidance = { guidanceWeight: 1.5, guidanceInterval: [0.2, 1], timesteps: config.timesteps } as const;
        const guided = await guidedDenoise(network, condition, guidance);
        const denoise = constrainDenoise(guided, restricted ? [classes] : []);
        const onHost: Denoise = (state, t) => denoise(state, t);
        const whole = restricted ? denoise : guided;
        expect(whole.fused).toBeDefined();
        const [fused, host] = [await collect(samplers[name](whole)), await collect(samplers[name](onHost))];
        fused.steps.forEach(({ state }, i) => expectClose(state, host.steps[i].state));
        network.dispose();
      },
    );
  });
});

test("a constraint that the host must apply keeps steps from being fused", async () => {
  const network = blockNetwork(engines[0], { config, parameters: randomParameters(config, 5), schedule }, shape);
  const guided = await guidedDenoise(network, condition, { guidanceWeight: 1, timesteps: config.timesteps });
  const held = hold({ field: "lattice", values: start.lattice, rows: [true, true] }, schedule, noise);
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
  expect([...argmaxTypes(found)]).toEqual([...argmaxTypes(expected)]);
}
