// A sampler and a constraint added from outside, through the built package's public names alone.
import * as tf from "@tensorflow/tfjs";
import { afterAll, describe, expect, test } from "vitest";
import type { Constraint, Sampler } from "../../src/diffusion/index.js";
import { target, tinyModel } from "./support.js";

// As a user imports them; by a computed name, so that types come from the sources and not from the last build.
const room = (name: string): Promise<unknown> => import(`dosmith/${name}`);
const { crystalGenerator, samplers } = (await room("generate")) as typeof import("../../src/generate/index.js");
const { fastSampler } = (await room("diffusion")) as typeof import("../../src/diffusion/index.js");
const { compiledEngine } = (await room("runtime")) as typeof import("../../src/runtime/index.js");

const engine = await compiledEngine({ threads: 1 });
const generator = crystalGenerator(engine, tinyModel(1));
afterAll(() => {
  generator.dispose();
  engine.dispose();
});

/** Jumps to the clean estimate and back to the next noise level: consistency sampling (Song et al., arXiv:2303.01469). */
function jump(steps: number): Sampler<"signal" | "spread" | "sigma"> {
  return {
    name: "jump",
    times: (schedule, startTime) => fastSampler({ steps }).times(schedule, startTime),
    factors: ({ next }, { alphasCumprod: ab, coordSigmas }) => ({
      signal: Math.sqrt(ab[next]),
      spread: Math.sqrt(1 - ab[next]),
      sigma: coordSigmas[next],
    }),
    draws: { jump: { types: "spread", lattice: "spread", fracCoords: "sigma" } },
    step({ x, denoise, f, noise }) {
      const denoised = denoise(x);
      const land = (field: "types" | "lattice") => denoised[field].mul(f.signal).add(noise.jump[field]);
      const fracCoords = x.fracCoords.add(denoised.fracCoords).add(noise.jump.fracCoords);
      return { x: { types: land("types"), lattice: land("lattice"), fracCoords }, denoised };
    },
  };
}

/** All atoms at one height. */
const flat: Constraint = {
  name: "flat",
  after: (clean, { x }) => {
    const [a, b, c] = tf.split(x.fracCoords.add(clean.fracCoords), 3, 2);
    return { ...clean, fracCoords: tf.concat([a, b, tf.zerosLike(c).add(0.25)], 2).sub(x.fracCoords) };
  },
  finish: (state) => ({ ...state, fracCoords: state.fracCoords.map((v, i) => (i % 3 === 2 ? 0.25 : v)) }),
};

const options = { count: 2, batchSize: 2, steps: 5 };

describe("a sampler from outside", () => {
  test("runs as an option, and by its name once it is registered", async () => {
    const own = await generator.generate(target(3), { ...options, sampler: jump(5) });
    samplers.set("jump", ({ steps = 10 }) => jump(steps));
    expect(await generator.generate(target(3), { ...options, sampler: "jump" })).toEqual(own);
    samplers.delete("jump");
    expect(await generator.generate(target(3), options)).not.toEqual(own);
    await expect(generator.generate(target(3), { ...options, sampler: "jump" })).rejects.toThrow(
      "sampler: expected fast or predictor-corrector, found jump",
    );
  });
});

describe("a constraint from outside", () => {
  test.each(["fast", "predictor-corrector"])("is obeyed, at every step and in the end: %s", async (sampler) => {
    const run = generator.stream(target(3), { ...options, sampler, constraints: [() => [flat]], frameEvery: 1 });
    const heights: number[] = [];
    for await (const { denoised } of run)
      for (const { crystal } of denoised ?? []) heights.push(...crystal.fracCoords.map(([, , z]) => z));
    expect(heights.length).toBeGreaterThan(30);
    for (const z of heights) expect(z).toBeCloseTo(0.25, 5);
  });

  test("is named when it throws", async () => {
    const broken: Constraint = { ...flat, name: "broken", after: () => expect.fail("on purpose") };
    const made = generator.generate(target(3), { ...options, constraints: [() => [broken]] });
    await expect(made).rejects.toThrow('constraint "broken": on purpose');
  });
});
