import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installedKernel, uninstallKernel } from "../../kernels/install.mjs";
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
  runCells(list, { dataFolder, cwd: folder, kernel, timeout: kernel === "dosmith" ? 120 : 15, ...options });

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
    await writeFile(join(folder, "damaged.safetensors"), "no model");
    results = await cells([
      "function check(x: number) {\n  type Erased = string;\n\n  throw new RangeError(`bad ${x}`);\n}\nconst kept = 3;\ncheck(2)",
      "kept + 1",
      "const text: string = kept;",
      "throw 'only text'",
      "import * as nothing from 'no-such-package';",
      "void Promise.reject(new Error('nobody awaits me'));\nawait new Promise((go) => setTimeout(go, 50));",
      "console.log('alive')",
      "setTimeout(() => { throw new Error('too late'); }, 10);\nawait new Promise((go) => setTimeout(go, 50));",
      "import { loadDenoiser, openDataset } from 'dosmith';\nimport { bundledFile } from 'dosmith/notebook';",
      "(await openDataset(bundledFile('datasets/pbe-prototypes'))).get('zincblende-XX')",
      "import { nothing } from 'dosmith';",
      "import { none } from './no-such-file';",
      "await loadDenoiser('no-such-model.safetensors')",
      "await openDataset('nowhere')",
      "await loadDenoiser('damaged.safetensors')",
      "throw { code: 7, why: 'because' }",
      "function again(): number { return again(); }\nagain()",
      "const half = ;",
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

  it("of promises that nobody awaits are told with their place, and the kernel lives on", () => {
    expect(printed(results[5], "stderr")).toMatch(
      /^A promise that nobody awaited failed: .*Error.*: nobody awaits me\n {4}at cell 6, line 1: void Promise/,
    );
    expect(printed(results[6])).toBe("alive\n");
  });

  it("of timers are told with their place, and the kernel lives on", () =>
    expect(printed(results[7], "stderr")).toMatch(
      /^Uncaught: .*Error.*: too late\n {4}at .*cell 8, line 1: setTimeout/,
    ));

  it.each([
    ["a wrong target name", 9, "Error", /^no record "zincblende-XX" among \d+$/],
    ["a name that dosmith does not export", 10, "TypeScriptError", /no exported member 'nothing'/],
    ["a missing file of one's own", 11, "TypeScriptError", /Cannot find module '\.\/no-such-file'/],
    ["a missing model file", 12, "Error", /^no-such-model\.safetensors: no such model file$/],
    ["a data set that is not there", 13, "Error", /^nowhere\/dataset\.json: not found; is nowhere a data set's folder/],
    ["a damaged model file", 14, "Error", /damaged\.safetensors/],
    ["a thrown object", 15, "Thrown", /^\{ code: 7, why: 'because' \}$/],
    ["endless recursion", 16, "RangeError", /^Maximum call stack size exceeded$/],
    ["half a statement", 17, "TypeScriptError", /^Expression expected\.$/],
  ])("of dosmith and of TypeScript are clear: %s", (_, index, name, message) => {
    const { ename, evalue, traceback = [] } = errorOf(results[index])!;
    expect([ename, evalue]).toEqual([name, expect.stringMatching(message)]);
    expect(traceback.length).toBeLessThan(9);
    expect(traceback.join("\n")).not.toMatch(/node:|tslab|kernels\/lib/);
  });

  it("leave a kernel that works", () => expect(printed(results.at(-1)!)).toBe("alive\n"));
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

it("parts of an earlier value can be taken by a pattern that renames them", async () => {
  const results = await cells([
    "const earlier = { a: 1, list: [{ a: 2 }] };",
    "const { a: first, list: [{ a: second }] } = earlier;\nlet third = 0;\n({ a: third } = earlier);\n[first, second, third]",
  ]);
  expect(results[1].messages.at(-1)?.content.data).toEqual({ "text/plain": "[ 1, 2, 1 ]" });
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
  it("of fifty thousand lines arrives whole and in order", async () => {
    const [result] = await cells(["for (let i = 0; i < 50000; i++) console.log(i);\nconsole.error('end');"]);
    const lines = Array.from({ length: 50000 }, (_, i) => `${i}\n`).join("");
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

describe("help", () => {
  const ask = (what: "complete" | "inspect", code: string, at = code.length): CellJob => ({ code, ask: what, at });

  it("shows doc comments, of dosmith and of the notebook, and completes names", async () => {
    const results = await cells([
      "import * as dosmith from 'dosmith';\n/** Twice it.\n * @param x a number */\nconst twice = (x: number) => 2 * x;",
      ask("inspect", "twice(2)", 3),
      ask("inspect", "dosmith.openDataset('x')", 12),
      ask("complete", "dosmith.openData"),
      ask("complete", "const data = await dosmith.openDataset('x');\ndata.form"),
    ]);
    const text = (i: number) => results[i].messages.at(-1)?.content.data?.["text/plain"];
    expect(text(1)).toBe("const twice: (x: number) => number\n\nTwice it.\n\n@param x a number");
    expect(text(2)).toMatch(
      /openDataset\(folder: string\): Promise<.*Dataset>[^]*Opens a stored data set[^]*@throws Error/,
    );
    expect(results[3].messages.at(-1)?.content.matches).toEqual(["openDataset"]);
    expect(results[4].messages.at(-1)?.content.matches).toEqual(["formulas"]);
  });
});

describe("Interrupt", () => {
  const on = "console.log('on');";
  const pause = "const pause = (ms: number) => new Promise((go) => setTimeout(go, ms));";

  it("stops code that never yields, wherever it stands, and the variables live on", async () => {
    await writeFile(join(folder, "endless.cjs"), "exports.spin = () => { for (;;); };\n");
    await writeFile(join(folder, "endless.d.cts"), "export declare function spin(): void;\n");
    const endless = [
      `${on} while (true);`,
      `await pause(5); ${on} while (true);`,
      `await pause(5); ${on} for (;;) { try { for (const x of [1]) kept += x; } finally { kept += 0; } }`,
      `await pause(5); ${on} outer: do { continue outer; } while (true);`,
      `await pause(5); ${on} [1].forEach(function again(): void { again2(); function again2() { for (;;) kept++; } });`,
      `${on} spin();`,
      `await pause(5); ${on} spin();`,
      `await pause(5); setTimeout(() => { ${on} spin(); }, 5); await pause(60000);`,
    ];
    const results = await cells(
      [
        `import { spin } from './endless.cjs';\n${pause}\nlet kept = 0;`,
        ...endless.flatMap((code) => [{ code, interrupt: true }, "kept > -1"]),
      ],
      { timeout: 30 },
    );
    for (const [i, code] of endless.entries()) {
      expect([code, errorOf(results[2 * i + 1])?.ename]).toEqual([code, "Interrupted"]);
      expect(results[2 * i + 2].messages.at(-1)?.content.data).toEqual({ "text/plain": "true" });
    }
  });

  it("lets a loop's finally blocks run, loops in them included", async () => {
    const results = await cells([
      "const cleaned: number[] = [];",
      {
        code: `await null; ${on}\ntry { while (true); } finally { for (const i of [1, 2]) cleaned.push(i); }`,
        interrupt: true,
      },
      "cleaned",
    ]);
    expect(results[2].messages.at(-1)?.content.data).toEqual({ "text/plain": "[ 1, 2 ]" });
  });

  it("ends an asynchronous job cleanly, and nothing of it goes on", async () => {
    const results = await cells([
      `${pause}
let turns = 0;
let cleaned = false;
async function* job() { try { for (;;) { await pause(10); yield 1; } } finally { cleaned = true; } }`,
      { code: "console.log('on');\nfor await (const step of job()) turns += step;", interrupt: true },
      "const seen = turns; await pause(300); [turns - seen, cleaned]",
    ]);
    expect(errorOf(results[1])).toMatchObject({ ename: "Interrupted", evalue: "the cell was interrupted" });
    expect(results[2].messages.at(-1)?.content.data).toEqual({ "text/plain": "[ 0, true ]" });
  });

  it("ends training and sampling at once, and keeps the checkpoint", async () => {
    await writeFile(join(folder, "drain.cjs"), drainSource);
    await writeFile(join(folder, "drain.d.cts"), "export declare function drain(steps: AsyncIterable<{ step: number }>): Promise<void>;\nexport declare const state: { last: number; cleaned: boolean };\n"); // prettier-ignore
    const job = "trainWithFiles(engine, run, files)";
    const results = await cells([
      trainingCell,
      { code: `for await (const { step } of ${job}) { last = step; console.log(step); }`, interrupt: true },
      "const seen = last; const first = await saved(); await pause(500); [first! >= seen, first === (await saved())]",
      { code: `await drain(${job});`, interrupt: true },
      "const second = await saved(); await pause(500); [state.cleaned, second === state.last || second === state.last + 1, second === (await saved()), second! > first!]",
      samplingCell,
      { code: "for await (const p of generator.stream(null, many)) { steps++; console.log(steps); }", interrupt: true },
      { code: "sampling = generator.generate(null, many);\nconsole.log('on');\nawait sampling;", interrupt: true },
      "const before = steps; await pause(500); [steps > 0, steps === before, await sampling!.catch((e: Error) => e.name)]",
      `let more = 0; for await (const { step } of ${job}) { if (++more === 2) break; }\n(await saved())! > second!`,
    ]);
    for (const i of [1, 3, 6, 7]) expect([i, errorOf(results[i])?.ename]).toEqual([i, "Interrupted"]);
    const values = [2, 4, 8, 9].map((i) => results[i].messages.at(-1)?.content.data?.["text/plain"]);
    expect(values).toEqual(["[ true, true ]", "[ true, true, true, true ]", "[ true, true, 'Interrupted' ]", "true"]);
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

/** A library's job: it takes no signal, and no code of a cell stands in its way. */
const drainSource = `exports.state = { last: 0, cleaned: false };
exports.drain = async (steps) => {
  try { for await (const { step } of steps) { exports.state.last = step; console.log(step); } } finally { exports.state.cleaned = true; }
};
`;

/** A small network on real records, saved only when the run is left. */
const trainingCell = `import { openDataset } from "dosmith";
import { compiledEngine } from "dosmith/runtime";
import { bundledFile } from "dosmith/notebook";
import { defaultDenoiserOptions, denoiserRun, loadTrainerState, trainWithFiles } from "dosmith/train";
import { drain, state } from "./drain.cjs";
const records = [...(await openDataset(bundledFile("datasets/pbe-prototypes"))).split().train].slice(0, 24);
const config = { ...defaultDenoiserOptions.config, hiddenDim: 16, layerCount: 2, timesteps: 50 };
const run = denoiserRun(records, records.slice(0, 2), { ...defaultDenoiserOptions, config, steps: 1e6, batchSize: 6, validateEvery: 1e6 });
const files = { modelPath: "run-model.safetensors", statePath: "run-state.safetensors", saveEvery: 1e9, info: {} };
const engine = await compiledEngine({ threads: 1 });
const saved = async () => (await loadTrainerState(files.statePath, run))?.step;
const pause = (ms: number) => new Promise((go) => setTimeout(go, ms));
let last = 0;`;

const samplingCell = `import { crystalGenerator, loadDenoiser } from "dosmith";
const generator = crystalGenerator(engine, await loadDenoiser(bundledFile("models/denoiser.safetensors")));
const many = { count: 64, numAtoms: 4, steps: 1000 };
let steps = 0;
let sampling: Promise<unknown> | undefined;`;

describe("packages", () => {
  it("dosmith and what it brings can be imported in any folder", async () => {
    const results = await cells([
      "import * as dosmith from 'dosmith';\nimport { formula } from 'dosmith/crystal';\nformula([14, 14]) + typeof dosmith.openDataset",
      "import { DataFrame } from 'danfojs-node';\nnew DataFrame([{ a: 1 }]).shape",
      // Its type is one of an inner file of the package, which the next cell must find again.
      "const grouped = new DataFrame([{ a: 1, b: 'x' }]).groupby(['b']).agg({ a: 'mean' });",
      "grouped.columns",
    ]);
    expect(results[0].messages.at(-1)?.content.data).toEqual({ "text/plain": "'Sifunction'" });
    expect(results[1].messages.at(-1)?.content.data).toEqual({ "text/plain": "[ 1, 1 ]" });
    expect(results[3].messages.at(-1)?.content.data).toEqual({ "text/plain": "[ 'b', 'a_mean' ]" });
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
    await mkdir(prefix);
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
