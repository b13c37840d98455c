import { describe, expect, it } from "vitest";
import { Interrupted, task } from "../../src/workbench/index.js";

function counting() {
  const calls = { started: 0, finished: 0 };
  const count = task(async function* () {
    calls.started++;
    try {
      for (let i = 1; i <= 3; i++) yield await Promise.resolve(i);
      return "done";
    } finally {
      calls.finished++;
    }
  });
  return { count, calls };
}

describe("a task", () => {
  it("begins when it is asked for, and once", async () => {
    const { count, calls } = counting();
    expect(calls.started).toBe(0);
    expect(await Promise.all([count, count])).toEqual(["done", "done"]);
    expect(calls).toEqual({ started: 1, finished: 1 });
  });

  it("can be iterated, then awaited", async () => {
    const { count, calls } = counting();
    const seen: number[] = [];
    for await (const i of count) seen.push(i);
    expect([seen, await count, calls.started]).toEqual([[1, 2, 3], "done", 1]);
  });

  it("whose loop is left is stopped, and says so", async () => {
    const { count, calls } = counting();
    for await (const i of count) if (i === 2) break;
    expect(calls.finished).toBe(1);
    await expect(count).rejects.toThrow(Interrupted);
  });

  it("passes its error to the loop and to whoever awaits it", async () => {
    const failing = task(async function* () {
      yield await Promise.resolve(1);
      throw new Error("broken");
    });
    const loop = async () => {
      for await (const _ of failing);
    };
    await expect(loop()).rejects.toThrow("broken");
    await expect(failing).rejects.toThrow("broken");
  });
});
