import { expect, test } from "vitest";
import type { Engine, ProgramSource } from "../../src/runtime/index.js";
import { createProgramCache, DisposedError } from "../../src/runtime/index.js";

/** Notes what is compiled and disposed. */
function recordingEngine(): Engine & { log: string[] } {
  const log: string[] = [];
  const compile = ({ name }: ProgramSource) => {
    log.push(`compile ${name}`);
    if (name === "bad") return Promise.reject(new Error("cannot compile"));
    return Promise.resolve({
      name,
      outputs: [],
      run: () => Promise.resolve([]),
      dispose: () => void log.push(`dispose ${name}`),
      [Symbol.dispose]: () => undefined,
    });
  };
  return { name: "recording", log, compile, dispose: () => undefined, [Symbol.dispose]: () => undefined };
}
const source = (name: string) => () => ({ name, fn: () => [], inputs: [] });

test("compiles once per key, also when asked concurrently, and evicts the least recently used", async () => {
  const engine = recordingEngine();
  const cache = createProgramCache(engine, 2);
  const [a, again] = await Promise.all([cache.get("a", source("a")), cache.get("a", source("a"))]);
  expect(a).toBe(again);
  await cache.get("b", source("b"));
  await cache.get("a", source("a"));
  await cache.get("c", source("c"));
  await Promise.resolve();
  expect(engine.log).toEqual(["compile a", "compile b", "compile c", "dispose b"]);
  expect(cache.size).toBe(2);
  cache.dispose();
  await Promise.resolve();
  expect(engine.log.slice(4).sort()).toEqual(["dispose a", "dispose c"]);
  expect(cache.size).toBe(0);
});

test("forgets a program that failed to compile", async () => {
  const engine = recordingEngine();
  const cache = createProgramCache(engine, 2);
  await expect(cache.get("k", source("bad"))).rejects.toThrow("cannot compile");
  await expect(cache.get("k", source("good"))).resolves.toMatchObject({ name: "good" });
  await expect(
    cache.get("x", () => {
      throw new Error("no source");
    }),
  ).rejects.toThrow("no source");
  expect(cache.size).toBe(1);
  expect(() => createProgramCache(engine, 0)).toThrow("expected a capacity of at least 1, found 0");
});

test("a disposed cache stays disposed", async () => {
  const engine = recordingEngine();
  const cache = createProgramCache(engine);
  cache.dispose();
  await expect(cache.get("a", source("a"))).rejects.toThrow(new DisposedError("program cache"));
  expect(engine.log).toEqual([]);
});
