import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isPrintable } from "../../src/base/printable.js";
import { Interrupted, task, type WorkProgress } from "../../src/workbench/index.js";
import { follow, safeTerminal } from "../../src/cli/terminal.js";
import { dosmith, fixture } from "./support.js";

const silent = { out: () => undefined, note: () => undefined, interactive: false };

describe("what is printed", () => {
  it("holds nothing that a terminal obeys, wherever it came from", async () => {
    const folder = await mkdtemp(join(tmpdir(), "dosmith-escape-"));
    const evil = "evil\u001b]0;owned\u0007\u009b31m\u202e";
    const [line] = (await readFile(fixture("data/records.jsonl"), "utf8")).split("\n");
    const record = JSON.parse(line) as Record<string, unknown>;
    await writeFile(join(folder, "dos.json"), JSON.stringify([{ ...record, structure_id: evil }, record]));
    const inTable = await dosmith(["dos", join(folder, "dos.json")]);
    const inError = await dosmith(["dos", `${join(folder, "dos.json")}#${evil}x`]);
    const inHelp = await dosmith(["data", "list", evil]);
    for (const { out, notes } of [inTable, inError, inHelp])
      for (const line of [out, ...notes].join("\n").split("\n")) expect(isPrintable(line)).toBe(true);
    expect([inTable.out, ...inTable.notes].join("\n")).toContain("evil\\u001b]0;owned");
  });

  it("keeps its lines", () => {
    const lines: string[] = [];
    safeTerminal({ ...silent, out: (line) => void lines.push(line) }).out("a\nb\u001bc");
    expect(lines).toEqual(["a\nb\\u001bc"]);
  });
});

describe("a task on a terminal", () => {
  const progress = (done: number): WorkProgress => ({ label: "counting", unit: "thing", done, total: 3, from: 0 });

  it("is followed to its result", async () => {
    const counted = task(async function* () {
      for (let i = 0; i <= 3; i++) yield await Promise.resolve(progress(i));
      return "three";
    });
    const seen: number[] = [];
    const result = await follow(counted, { terminal: silent, opening: ({ done }) => void seen.push(done) });
    expect([result, seen]).toEqual(["three", [0]]);
  });

  it("that was stopped says how to continue", async () => {
    const stopped = task(async function* () {
      yield await Promise.resolve(progress(1));
      throw new Interrupted("stopped: 1 of 3");
    });
    await expect(follow(stopped, { terminal: silent, hint: "Do it again." })).rejects.toThrow(
      "stopped: 1 of 3. Do it again.",
    );
  });
});
