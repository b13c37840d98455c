import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "vitest";
import { Sidecar } from "../../src/verify/sidecar.js";

const script = fileURLToPath(new URL("answering.mjs", import.meta.url));
const sidecar = new Sidecar({ program: process.execPath, args: [script] });
afterEach(() => sidecar.close());
const ask = (question: Record<string, unknown>, limit = 20, signal?: AbortSignal) =>
  sidecar.ask(question, limit, signal) as Promise<{ x?: number; pid: number }>;

it("answers question after question with one process", async () => {
  const first = await ask({ x: 1 });
  const second = await ask({ x: 2 });
  expect([first.x, second.x]).toEqual([1, 2]);
  expect(second.pid).toBe(first.pid);
});

it.each([1e7, Infinity])("a limit of %s s is not at once over", async (limit) => {
  expect((await ask({ x: 5 }, limit)).x).toBe(5);
});

it("a refusal has the sidecar's reason, and the process goes on", async () => {
  const { pid } = await ask({ x: 1 });
  await expect(ask({ deed: "refuse" })).rejects.toMatchObject({ reason: "no-setup", message: "no setup for Uue" });
  expect((await ask({ x: 2 })).pid).toBe(pid);
});

it.each([
  ["die", "crashed", "Segmentation fault"],
  ["babble", "crashed", "expected a line of JSON, found Converged"],
  ["sleep", "time-limit", "not finished within 1 s"],
])("a process that does this: %s, is named and replaced", async (deed, reason, message) => {
  const { pid } = await ask({ x: 1 });
  const failed = await ask({ deed }, deed === "sleep" ? 1 : 20).catch((error: unknown) => error);
  expect(failed).toMatchObject({ name: "SidecarError", reason });
  expect((failed as Error).message).toContain(message);
  const next = await ask({ x: 3 });
  expect(next.x).toBe(3);
  expect(next.pid).not.toBe(pid);
});

it.each([
  ["null", "expected an answer {id, result} or {id, error}, found null"],
  ["[]", "found []"],
  ["7", "found 7"],
  ["{}", "neither a result nor an error"],
  [`{"id": 2, "result": null}`, "neither a result nor an error"],
  [`{"id": 2, "error": "no memory"}`, "error: Invalid input"],
  [`{"id": 2, "error": {"reason": 5, "message": "m"}}`, "error.reason: Invalid input"],
  [`{"id": 99, "result": {}}`, "expected the answer to question 2, found one to 99"],
  ["\u001b[31m", "expected a line of JSON, found \\u001b[31m"],
])("an answer of %s is a crash with words, and the process is replaced", async (line, message) => {
  const own = new Sidecar({ program: process.execPath, args: [script] });
  const { pid } = (await own.ask({ x: 1 }, 20)) as { pid: number };
  const failed = await own.ask({ deed: "say", line }, 20).catch((error: unknown) => error);
  expect(failed).toMatchObject({ name: "SidecarError", reason: "crashed" });
  expect((failed as Error).message).toContain(message);
  expect(((await own.ask({ x: 3 }, 20)) as { pid: number }).pid).not.toBe(pid);
  own.close();
});

it("a program that does not exist is a crash, not an exception out of nowhere", async () => {
  const missing = new Sidecar({ program: "no-such-program-here", args: [] });
  await expect(missing.ask({}, 20)).rejects.toMatchObject({ reason: "crashed" });
});

it("an aborted question rejects with the signal's reason and ends the process", async () => {
  const controller = new AbortController();
  const asked = ask({ deed: "sleep" }, 20, controller.signal);
  setTimeout(() => controller.abort(new Error("enough")), 200);
  await expect(asked).rejects.toThrow("enough");
  expect((await ask({ x: 4 })).x).toBe(4);
});
