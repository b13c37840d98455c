import { afterAll, describe, expect, test } from "vitest";
import type { Fields } from "../../src/diffusion/index.js";
import {
  blockNetwork,
  cosineSchedule,
  evaluate,
  guidedDenoiser,
  startState,
  unconditionalDenoiser,
} from "../../src/diffusion/index.js";
import { compiledEngine, DisposedError, key, type ProgramSource } from "../../src/runtime/index.js";
import { randomParameters, tinyConfig, tinyReferenceConfig } from "../model/support.js";
import { expectAllClose } from "../support/close.js";
import { testEngines } from "../support/engines.js";

const engines = await testEngines();
afterAll(() => engines.forEach((engine) => engine.dispose()));

const [B, N] = [2, 3];
const shape = { batchSize: B, atomsPerCrystal: N, classCount: tinyConfig.classCount };
const schedule = cosineSchedule(tinyConfig.timesteps);
const condition = {
  siteDos: key(1)
    .fold(0, 0, 0)
    .uniforms(B * N * 100),
  siteMask: Float32Array.of(1, 1, 0, 1, 1, 1),
  energyMask: new Float32Array(B * 100).fill(1),
  totalDos: key(1)
    .fold(0, 0, 1)
    .uniforms(B * 100),
  totalMask: Float32Array.of(1, 0),
};
const state = startState(1, [0, 1], shape, 5);
const fields = ["types", "fracCoords", "lattice"] as const;

describe.each(engines)("on $name", (engine) => {
  test.each([
    ["masked", tinyConfig],
    ["linear", tinyReferenceConfig],
  ] as const)("one doubled batch equals two calls mixed by hand, %s encoder", async (_, config) => {
    const network = blockNetwork(engine, { config, parameters: randomParameters(config, 2), schedule }, shape);
    const said = async (guidanceWeight: number): Promise<Fields> =>
      evaluate(await guidedDenoiser(network, condition, { guidanceWeight }), state, 5);
    const conditional = await said(0);
    const unconditional = await evaluate(unconditionalDenoiser(network, config.hiddenDim), state, 5);
    for (const guidanceWeight of [1, 2.5, -0.5, 50]) {
      const guided = await said(guidanceWeight);
      for (const field of fields) {
        const mixed = conditional[field].map(
          (c, i) => (1 + guidanceWeight) * c - guidanceWeight * unconditional[field][i],
        );
        expectAllClose(guided[field], mixed, { tolerance: 5e-5 });
      }
    }
    expect(
      Math.max(...conditional.fracCoords.map((c, i) => Math.abs(c - unconditional.fracCoords[i]))),
    ).toBeGreaterThan(1e-3);
    network.dispose();
  });

  test("every crystal has its own weight, and a sum of branches is not a matter of the batch", async () => {
    const parameters = randomParameters(tinyConfig, 2);
    const network = blockNetwork(engine, { config: tinyConfig, parameters, schedule }, shape);
    const encoded = await network.encode(condition);
    const at = (w: readonly number[]): Promise<Fields> =>
      evaluate(
        network.denoiser(() => ({ branches: "guided", encoded, weights: Float32Array.from(w) })),
        state,
        5,
      );
    const [one, three, both] = [await at([1, 1]), await at([3, 3]), await at([1, 3])];
    expectAllClose(both.lattice.slice(0, 9), one.lattice.slice(0, 9), { tolerance: 1e-6 });
    expectAllClose(both.lattice.slice(9), three.lattice.slice(9), { tolerance: 1e-6 });
    network.dispose();
  });
});

test("which branches are computed: weight 0 the conditional one alone, and the interval is respected", async () => {
  const names: string[] = [];
  const engine = engines[0];
  const spy = { ...engine, compile: (source: ProgramSource) => (names.push(source.name), engine.compile(source)) };
  const fine = cosineSchedule(100);
  const config = { ...tinyConfig, timesteps: 100 };
  const network = blockNetwork(spy, { config, parameters: randomParameters(config, 2), schedule: fine }, shape);
  const branchesAt = async (guidanceWeight: number, times: number[], guidanceInterval?: [number, number]) => {
    const denoiser = await guidedDenoiser(network, condition, { guidanceWeight, guidanceInterval });
    return times.map((t) => denoiser.at(t).name);
  };
  expect(await branchesAt(0, [1, 50, 100])).toEqual(["conditional", "conditional", "conditional"]);
  expect(await branchesAt(2, [1, 100])).toEqual(["guided", "guided"]);
  expect(await branchesAt(2, [19, 20, 80, 81], [0.2, 0.8])).toEqual(["conditional", "guided", "guided", "conditional"]);
  const unconditional = unconditionalDenoiser(network, config.hiddenDim);
  expect(unconditional.at(1).name).toBe("unconditional");
  names.length = 0;
  await evaluate(unconditional, state, 1);
  expect(names).toEqual(["denoiser, unconditional, 2 x 3"]);
  network.dispose();
  await expect(evaluate(unconditional, state, 1)).rejects.toThrow(DisposedError);
});

test.for([
  ["int8", 0.1],
  ["float16", 0.005],
] as const)(
  "rounded products, %s: the network by so much, the encoder not at all",
  async ([precision, tolerance], context) => {
    const config = { ...tinyConfig, hiddenDim: 128 };
    const parameters = randomParameters(config, 2);
    const said = async (engine: Awaited<ReturnType<typeof compiledEngine>>) => {
      const network = blockNetwork(engine, { config, parameters, schedule }, shape);
      const encoded = await network.encode(condition);
      const guide = { branches: "guided", encoded, weights: new Float32Array(B).fill(1) } as const;
      const found = await evaluate(
        network.denoiser(() => guide),
        state,
        5,
      );
      network.dispose();
      engine.dispose();
      return { encoded, ...found };
    };
    const engine = await compiledEngine({ precision }).catch((error: Error) => error);
    // Where the processor has no 8-bit products.
    if (engine instanceof Error) return context.skip(engine.message);
    const [exact, rounded] = [await said(await compiledEngine()), await said(engine)];
    expect(rounded.encoded).toEqual(exact.encoded);
    for (const field of fields) {
      expectAllClose(rounded[field], exact[field], { tolerance });
      expect(rounded[field]).not.toEqual(exact[field]);
    }
  },
);
