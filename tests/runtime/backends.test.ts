import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { BackendName, Engine } from "../../src/runtime/index.js";
import {
  backendNames,
  availableBackends,
  chooseBackend,
  createEngine,
  eagerEngine,
  measureEngine,
} from "../../src/runtime/index.js";

test("every backend works here or says why not", async () => {
  const statuses = await availableBackends();
  expect(statuses.map(({ name }) => name)).toEqual([...backendNames]);
  for (const name of ["compiled-cpu", "eager-cpu"]) expect(statuses).toContainEqual({ name, available: true });
  for (const status of statuses) expect(Boolean(status.reason)).toBe(!status.available);
  for (const { name, available, reason } of statuses) {
    if (available) expect((await createEngine(name)).name).toBe(name);
    else expect(reason).not.toContain("\n");
  }
});

test("auto is what works here, or what is chosen for it", async () => {
  expect((await availableBackends()).filter(({ available }) => available).map(({ name }) => name as string)).toContain((await createEngine()).name); // prettier-ignore
  expect((await createEngine("auto", () => Promise.resolve("eager-cpu"))).name).toBe("eager-cpu");
});

test("an engine that does not exist is refused with the list of those that do", async () => {
  await expect(createEngine("gpu" as BackendName)).rejects.toThrow('unknown engine "gpu": expected auto, compiled-cpu');
  await expect(eagerEngine("webgpu")).rejects.toThrow(
    '"webgpu" is not available (@tensorflow/tfjs-backend-webgpu: not',
  );
});

test("every engine gives timers and interrupts their turn between runs", async () => {
  for (const name of ["compiled-cpu", "eager-cpu"] as const) {
    const engine = await createEngine(name);
    const inputs = [{ shape: [2], dtype: "float32" }] as const;
    const program = await engine.compile({ name: "same", inputs, fn: (x) => [x.add(0)] });
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    const start = performance.now();
    while (performance.now() - start < 50) await program.run([Float32Array.of(1, 2)]);
    clearInterval(timer);
    expect([name, turns > 1]).toEqual([name, true]);
    engine.dispose();
  }
});

test("measures the speed of an engine", async () => {
  const [compiled, eager] = await Promise.all([createEngine("compiled-cpu"), createEngine("eager-cpu")]);
  const speed = await measureEngine(compiled, { n: 256, repeats: 3 });
  // Interpreted loops stay far below what a vectorised product reaches even on a busy machine.
  expect(speed).toBeGreaterThan(2 * (await measureEngine(eager, { n: 128, repeats: 1 })));
});

describe("chooseBackend", () => {
  /** Runs compiled-cpu under another name: so much slower, or wrong by so much. */
  const like =
    (make: (name: string) => { delay?: number; error?: number } | undefined) =>
    async (name: string): Promise<Engine> => {
      const how = make(name);
      if (!how) throw new Error("not on this machine");
      const engine = await createEngine("compiled-cpu");
      return {
        ...engine,
        compile: async (source) => {
          const program = await engine.compile(source);
          return {
            name: source.name,
            outputs: program.outputs,
            dispose: () => program.dispose(),
            [Symbol.dispose]: () => program.dispose(),
            run: async (inputs) => {
              const [values] = await program.run(inputs);
              await setTimeout(how.delay ?? 0);
              return [values.map((x, i) => (i === 0 ? x + (how.error ?? 0) : x))];
            },
          };
        },
      };
    };

  test("without a graphics processor nothing is tried", async () => {
    const never = () => Promise.reject(new Error("tried"));
    expect(await chooseBackend(never, () => false)).toEqual({ name: "compiled-cpu", trials: [] });
  });

  test("the clearly faster one of those that give the same results", async () => {
    const open = like((name) => ({
      delay: { "compiled-cpu": 300, "compiled-cuda": 280 }[name] ?? 0,
      error: name === "eager-tensorflow" ? 1 : 0,
    }));
    const { name, trials } = await chooseBackend(open, () => true);
    expect(name).toBe("compiled-webgpu");
    expect(trials.at(-1)).toEqual({
      name: "eager-tensorflow",
      reason: "its results differ from those of compiled-cpu",
    });
  });

  test("a backend with a number that is none is no choice", async () => {
    const { name, trials } = await chooseBackend(
      like((backend) => ({ delay: backend === "compiled-cpu" ? 300 : 0, error: backend === "compiled-cpu" ? 0 : NaN })),
      () => true,
    );
    expect([name, ...trials.slice(1).map(({ reason }) => reason)]).toEqual(["compiled-cpu", ...Array<string>(3).fill("its results differ from those of compiled-cpu")]); // prettier-ignore
  });

  test("compiled-cpu where the others do not work", async () => {
    const { name, trials } = await chooseBackend(like((backend) => (backend === "compiled-cpu" ? {} : undefined)), () => true); // prettier-ignore
    expect([name, trials[1].reason]).toEqual(["compiled-cpu", "not on this machine"]);
  });
});
