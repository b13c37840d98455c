import { readFile } from "node:fs/promises";
import { CommanderError } from "commander";
import { describe, expect, it } from "vitest";
import { commandLine } from "../../src/cli/context.js";
import { errorText, exitCode } from "../../src/cli/errors.js";
import { Interrupted, plainMessage } from "../../src/workbench/index.js";
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

describe("texts", () => {
  it("writes a command line that a shell reads back", () => {
    expect(commandLine({ argv: ["generate", "--out", "it's mine", "--energy-window", "-4,2"] })).toBe(
      "dosmith generate --out 'it'\\''s mine' --energy-window -4,2",
    );
  });
  it("aligns columns, numbers to the right", () => {
    expect(
      textTable([
        { name: "a", n: "10" },
        { name: "bcdef", n: "–" },
      ]),
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
