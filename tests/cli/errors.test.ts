import { mkdtemp, readFile, writeFile, appendFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CommanderError } from "commander";
import { describe, expect, it } from "vitest";
import { commandLine } from "../../src/cli/context.js";
import { toCsv } from "../../src/cli/csv.js";
import { errorText, exitCode, Interrupted, plainMessage } from "../../src/cli/errors.js";
import { openLineStore } from "../../src/cli/files.js";
import { startProgress, textTable } from "../../src/cli/terminal.js";

describe("errors", () => {
  it("are one line, with a stack only when asked for", () => {
    const error = new Error("a.cif: bad\n  line 3\n");
    expect(errorText(error, false)).toBe("dosmith: a.cif: bad; line 3");
    expect(errorText(error, true)).toMatch(/at .*errors\.test\.ts/);
    expect(errorText(new Error("outer", { cause: new Error("inner") }), true)).toMatch(/caused by: Error: inner/);
  });
  it("says errors of the operating system in words", async () => {
    const missing = await readFile("/nowhere/at-all").catch((error: unknown) => error);
    expect(plainMessage(missing)).toBe("/nowhere/at-all: no such file or folder");
    expect(plainMessage(Object.assign(new Error("write"), { code: "ENOSPC" }))).toBe("the disk is full");
  });
  it("points at bugs, not at inputs", () => {
    expect(errorText(new TypeError("x is undefined"), false)).toMatch(/a bug in dosmith/);
    expect(errorText(new Error("x"), false)).toBe("dosmith: x");
  });
  it("have exit codes", () => {
    expect(exitCode(new Error("x"))).toBe(1);
    expect(exitCode(new CommanderError(1, "commander.unknownOption", "x"))).toBe(2);
    expect(exitCode(new CommanderError(0, "commander.helpDisplayed", "x"))).toBe(0);
    expect(exitCode(new Interrupted("stopped"))).toBe(130);
  });
});

describe("line store", () => {
  it("forgets half a line, and goes on after it", async () => {
    const path = join(await mkdtemp(join(tmpdir(), "dosmith-lines-")), "x.jsonl");
    const store = await openLineStore(path, Number);
    await store.append(1);
    await store.append(2);
    await appendFile(path, "3");
    const again = await openLineStore(path, Number);
    expect(again.kept).toEqual([1, 2]);
    await again.append(4);
    expect((await openLineStore(path, Number)).kept).toEqual([1, 2, 4]);
  });
  it("names the line that it cannot read", async () => {
    const path = join(await mkdtemp(join(tmpdir(), "dosmith-lines-")), "x.jsonl");
    await writeFile(path, "1\nnull\n");
    const refuse = (value: unknown) => {
      if (value === null) throw new Error("nothing");
      return value;
    };
    await expect(openLineStore(path, refuse)).rejects.toThrow(`${path}: line 2: nothing`);
  });
});

describe("texts", () => {
  it("quotes what CSV must quote", () => {
    expect(toCsv([{ a: 'x,"y"', b: null, c: true }])).toBe('a,b,c\n"x,""y""",,true\n');
  });
  it("writes a command line that a shell reads back", () => {
    expect(commandLine({ argv: ["generate", "--out", "it's mine", "--energy-window", "-4,2"] })).toBe(
      "dosmith generate --out 'it'\\''s mine' --energy-window -4,2",
    );
  });
  it("aligns columns, numbers to the right", () => {
    expect(
      textTable(
        ["name", "n"],
        [
          ["a", "10"],
          ["bcdef", "–"],
        ],
      ),
    ).toEqual(["name    n", "─────  ──", "a      10", "bcdef   –"]);
  });
  it("prints progress as few plain lines where no terminal is", () => {
    const lines: string[] = [];
    const terminal = { out: () => undefined, note: (line: string) => void lines.push(line), interactive: false };
    const progress = startProgress(terminal, { label: "generating", total: 100, unit: "crystal" });
    for (let i = 0; i <= 100; i++) progress.update(i);
    progress.update(100);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^generating: 100%, 100\/100 crystals/);
  });
});
