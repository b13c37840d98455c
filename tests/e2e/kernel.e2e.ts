import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installedKernel, uninstallKernel } from "./kernelspec.js";
import {
  errorOf,
  installKernels,
  jupyterEnvironment,
  printed,
  runCells,
  type CellJob,
  type CellResult,
} from "./jupyter.js";

/**
 * What our kernel does that stock tslab does not. `DOSMITH_TEST_KERNEL=stock-tslab` runs the same tests on the stock
 * kernel, where all but those marked (both) fail.
 */
const kernel = process.env["DOSMITH_TEST_KERNEL"] ?? "dosmith";

let folder: string;
let dataFolder: string;
const cells = (list: readonly (string | CellJob)[], options: { together?: boolean; timeout?: number } = {}) =>
  runCells(list, { dataFolder, cwd: folder, kernel, ...options });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dosmith-kernel-"));
  dataFolder = join(folder, "jupyter");
  await jupyterEnvironment();
  await installKernels(dataFolder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("errors", () => {
  let results: CellResult[];
  beforeAll(async () => {
    results = await cells([
      "function check(x: number) {\n  type Erased = string;\n\n  throw new RangeError(`bad ${x}`);\n}\nconst kept = 3;\ncheck(2)",
      "kept + 1",
      "const text: string = kept;",
      "throw 'only text'",
      "import * as nothing from 'no-such-package';",
      "void Promise.reject(new Error('nobody awaits me'));\nawait new Promise((go) => setTimeout(go, 50));",
      "console.log('alive')",
    ]);
  });

  it("are Jupyter error messages with a trace in terms of the cell's TypeScript", () => {
    const { ename, evalue, traceback = [] } = errorOf(results[0])!;
    expect([results[0].status, ename, evalue]).toEqual(["error", "RangeError", "bad 2"]);
    expect(traceback.slice(1)).toEqual([
      "    at check, cell 1, line 4: throw new RangeError(`bad ${x}`);",
      "    at cell 1, line 7: check(2)",
    ]);
  });

  it("leave the variables of the cell that failed to the next", () => {
    expect(results[1].messages.find(({ type }) => type === "execute_result")?.content.data).toEqual({
      "text/plain": "4",
    });
  });

  it("of types name the line and show it", () => {
    const { ename, traceback = [] } = errorOf(results[2])!;
    expect(ename).toBe("TypeScriptError");
    expect(traceback.slice(1)).toEqual([
      "line 1: Type 'number' is not assignable to type 'string'.",
      "    const text: string = kept;",
      "          ^",
    ]);
  });

  it("may be anything that is thrown", () =>
    expect(errorOf(results[3])).toMatchObject({ ename: "Thrown", evalue: "'only text'" }));

  it("of imports name the package", () => expect(errorOf(results[4])?.evalue).toContain("'no-such-package'"));

  it("of promises that nobody awaits are told, and the kernel lives on", () => {
    expect(printed(results[5], "stderr")).toContain("nobody awaits me");
    expect(printed(results[6])).toBe("alive\n");
  });
});

it("variables of earlier cells can be used in every form", async () => {
  const results = await cells([
    "const title = 'a', size = 1;",
    "[{ title, size }, `${title}`, [title].map((x) => ({ x, title }))[0].title]",
    "const again = { title, size, more: nowhere };",
  ]);
  expect(results[1].messages.at(-1)?.content.data).toEqual({ "text/plain": "[ { title: 'a', size: 1 }, 'a', 'a' ]" });
  expect(errorOf(results[2])?.traceback?.slice(1)).toEqual([
    "line 1: Cannot find name 'nowhere'.",
    "    const again = { title, size, more: nowhere };",
    `    ${" ".repeat("const again = { title, size, more: ".length)}^`,
  ]);
});

describe("cells after an error", () => {
  const around: CellJob[] = ["console.log(1)", "throw new Error('stop')", "console.log(3)"].map((code) => ({ code }));

  it("run at once, one after the other", async () => {
    const results = await cells(around);
    expect(results.map(({ status }) => status)).toEqual(["ok", "error", "ok"]);
    expect(printed(results[2])).toBe("3\n");
  });

  it("run in Run All when errors are allowed", async () => {
    const results = await cells(
      around.map((cell) => ({ ...cell, stop_on_error: false })),
      { together: true },
    );
    expect(results.map(({ status }) => status)).toEqual(["ok", "error", "ok"]);
    expect(printed(results[2])).toBe("3\n");
  });

  it("are aborted in Run All otherwise, as Jupyter does", async () => {
    const results = await cells(around, { together: true });
    expect(results.map(({ status }) => status)).toEqual(["ok", "error", "aborted"]);
  });
});

describe("output", () => {
  it("of ten thousand lines arrives whole and in order", async () => {
    const [result] = await cells(["for (let i = 0; i < 10000; i++) console.log(i);\nconsole.error('end');"]);
    const lines = Array.from({ length: 10000 }, (_, i) => `${i}\n`).join("");
    expect(result.status).toBe("ok");
    expect(printed(result) === lines).toBe(true);
    expect(printed(result, "stderr")).toBe("end\n");
  });

  it("may have several types, be replaced in place, and be cleared", async () => {
    const [result] = await cells([
      `const hooks = globalThis as any;
hooks.__dosmith_display({ "text/html": "<b>1</b>", "text/plain": "1" }, { displayId: "d" });
console.log("between");
hooks.__dosmith_display({ "text/plain": "2" }, { displayId: "d", update: true });
hooks.__dosmith_clear_output(true);`,
    ]);
    const shown = result.messages
      .filter(({ type }) => type !== "execute_input")
      .map(({ type, content }) => [type, content.data]);
    expect(shown).toEqual([
      ["display_data", { "text/html": "<b>1</b>", "text/plain": "1" }],
      ["stream", undefined],
      ["update_display_data", { "text/plain": "2" }],
      ["clear_output", undefined],
    ]);
    const ids = result.messages.flatMap(({ content }) => content.transient?.display_id ?? []);
    expect(ids).toEqual(["d", "d"]);
  });

  it("through tslab's own display still works (both)", async () => {
    const [result] = await cells(["import { display } from 'tslab';\ndisplay.html('<i>x</i>');"]);
    expect(result.messages.find(({ type }) => type === "display_data")?.content.data).toEqual({
      "text/html": "<i>x</i>",
    });
  });

  it("of a promise at a cell's end is its outcome", async () => {
    const [result] = await cells(["const later = async () => 42;\nlater()"]);
    expect(result.messages.at(-1)?.content.data).toEqual({ "text/plain": "42" });
  });
});

describe("Interrupt", () => {
  it("stops code that never yields, and later cells run", async () => {
    const [stopped, after] = await cells([
      { code: "console.log('on');\nwhile (true);", interrupt: true },
      "console.log('alive')",
    ]);
    expect(stopped.status).toBe("error");
    expect(printed(after)).toBe("alive\n");
  });

  it("ends an asynchronous job cleanly, and nothing of it goes on", async () => {
    const results = await cells([
      `const pause = (ms: number) => new Promise((go) => setTimeout(go, ms));
let turns = 0;
let cleaned = false;
async function* job() { try { for (;;) { await pause(10); yield 1; } } finally { cleaned = true; } }`,
      { code: "console.log('on');\nfor await (const step of job()) turns += step;", interrupt: true },
      "const seen = turns; await pause(300); [turns - seen, cleaned]",
    ]);
    expect(errorOf(results[1])).toMatchObject({ ename: "Interrupted", evalue: "the cell was interrupted" });
    expect(results[2].messages.at(-1)?.content.data).toEqual({ "text/plain": "[ 0, true ]" });
  });

  it("aborts the signal that functions may take, of this cell alone", async () => {
    const [stopped, after] = await cells([
      {
        code: `const signal = (globalThis as any).__dosmith_signal as AbortSignal;
console.log("on");
await new Promise((_, stop) => signal.addEventListener("abort", () => { (globalThis as any).heard = true; stop(signal.reason); }));`,
        interrupt: true,
      },
      "[(globalThis as any).heard, (globalThis as any).__dosmith_signal.aborted]",
    ]);
    expect(errorOf(stopped)?.ename).toBe("Interrupted");
    expect(after.messages.at(-1)?.content.data).toEqual({ "text/plain": "[ true, false ]" });
  });
});

describe("packages", () => {
  it("dosmith and what it brings can be imported in any folder", async () => {
    const results = await cells([
      "import * as dosmith from 'dosmith';\nimport { formula } from 'dosmith/crystal';\nformula([14, 14]) + typeof dosmith.openDataset",
      "import { DataFrame } from 'danfojs-node';\nnew DataFrame([{ a: 1 }]).shape",
    ]);
    expect(results[0].messages.at(-1)?.content.data).toEqual({ "text/plain": "'Sifunction'" });
    expect(results[1].messages.at(-1)?.content.data).toEqual({ "text/plain": "[ 1, 1 ]" });
  });

  it("with exports maps, of ES modules, and with top-level await can be imported", async () => {
    await installPackage("only-esm", { exports: { "./part": { types: "./part.d.ts", import: "./part.js" } } }, [
      ["part.js", "export const answer = await Promise.resolve(42);"],
      ["part.d.ts", "export declare const answer: number;"],
    ]);
    const [result] = await cells(["import { answer } from 'only-esm/part';\nanswer"]);
    expect(result.messages.at(-1)?.content.data).toEqual({ "text/plain": "42" });
  });

  it("TypeScript files beside the notebook can be imported (both)", async () => {
    await writeFile(join(folder, "helper.ts"), "export const twice = (x: number): number => 2 * x;\n");
    const [result] = await cells(["import { twice } from './helper';\nconsole.log(twice(21));"]);
    expect(printed(result)).toBe("42\n");
  });

  async function installPackage(name: string, manifest: object, files: readonly (readonly [string, string])[]) {
    const place = join(folder, "node_modules", name);
    await mkdir(place, { recursive: true });
    await writeFile(
      join(place, "package.json"),
      JSON.stringify({ name, version: "1.0.0", type: "module", ...manifest }),
    );
    for (const [file, text] of files) await writeFile(join(place, file), text);
  }
});

describe("the kernelspec", () => {
  it("is installed, found and removed in a prefix, and a broken one says so", async () => {
    const prefix = join(folder, "prefix");
    expect(await installedKernel({ prefix })).toBeUndefined();
    expect(await uninstallKernel({ prefix })).toBeUndefined();
    const place = await installKernels(dataFolder, prefix);
    expect(place).toContain(
      `installed: dosmith (TypeScript) in ${join(prefix, "share", "jupyter", "kernels", "dosmith")}`,
    );
    const found = await installedKernel({ prefix });
    expect(found?.problem).toBeUndefined();
    await writeFile(
      join(found!.folder, "kernel.json"),
      JSON.stringify({ argv: ["/no/node", "/no/dosmith-kernel.cjs"] }),
    );
    expect((await installedKernel({ prefix }))?.problem).toBe("/no/node does not exist; install again");
    expect(await uninstallKernel({ prefix })).toBe(found!.folder);
    expect(await installedKernel({ prefix })).toBeUndefined();
  });
});
