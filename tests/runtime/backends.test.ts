import { expect, test } from "vitest";
import type { BackendName } from "../../src/runtime/index.js";
import { BACKENDS, availableBackends, createEngine, eagerEngine, measureEngine } from "../../src/runtime/index.js";

test("every backend works here or says why not", async () => {
  const statuses = await availableBackends();
  expect(statuses.map(({ name }) => name)).toEqual([...BACKENDS]);
  for (const name of ["compiled-cpu", "eager-cpu"]) expect(statuses).toContainEqual({ name, available: true });
  for (const status of statuses) expect(Boolean(status.reason)).toBe(!status.available);
  for (const { name, available, reason } of statuses) {
    if (available) expect((await createEngine(name)).name).toBe(name);
    else expect(reason).not.toContain("\n");
  }
});

test("auto is the compiled engine, or what a trial chooses", async () => {
  expect((await createEngine()).name).toBe("compiled-cpu");
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
