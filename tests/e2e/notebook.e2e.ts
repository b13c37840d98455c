import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { executeNotebook, installKernels, jupyterEnvironment } from "./jupyter.js";
import { notebookFolder, notebookNames, outputText as text, readNotebook, type Output } from "./lab.js";

const names = notebookNames();

// The others are executed by browser.e2e.ts, in JupyterLab.
describe("01-quick-start.ipynb, executed by nbconvert with a small budget", () => {
  let folder: string;
  let file: string;
  let outputs: Output[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "dosmith-notebook-"));
    const dataFolder = join(folder, "jupyter");
    await jupyterEnvironment();
    await installKernels(dataFolder);
    file = join(folder, "quick-start.ipynb");
    const notebook = join(notebookFolder, "01-quick-start.ipynb");
    await executeNotebook(notebook, file, { dataFolder, env: { DOSMITH_BUDGET: "0.1" } });
    const { cells } = await readNotebook(file);
    outputs = cells.flatMap((cell) => cell.outputs ?? []);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const ofType = (mime: string): string[] =>
    outputs.flatMap(({ data }) => (data && mime in data ? [text(data[mime])] : []));

  it("has no error", () => expect(outputs.filter(({ output_type }) => output_type === "error")).toEqual([]));

  it("shows four charts, each as Vega-Lite and as an SVG with marks", () => {
    expect(ofType("application/vnd.vegalite.v5+json")).toHaveLength(4);
    const images = ofType("image/svg+xml");
    expect(images).toHaveLength(4);
    for (const svg of images) expect(svg.match(/<path/g)?.length).toBeGreaterThan(10);
    expect(images.join("")).not.toMatch(/NaN|undefined/);
  });

  it("shows two crystals in 3D and three tables", () => {
    const html = ofType("text/html");
    expect(html.join("").match(/<iframe /g)).toHaveLength(2);
    expect(html.filter((page) => page.includes('<table class="dosmith">'))).toHaveLength(3);
  });

  it("finishes its three progress bars", () => {
    const bars = ofType("text/plain").filter((line) => /: \d+%, /.test(line));
    expect(bars).toHaveLength(3);
    for (const bar of bars) expect(bar).toContain(": 100%, ");
  });

  it("stays under 3 MB", async () => expect((await stat(file)).size).toBeLessThan(3e6));
});

describe.each(names)("%s, as committed", (name) => {
  const path = join(notebookFolder, name);

  it("has the outputs of a full run without an error, for a kernelspec that other machines have", async () => {
    const { cells, metadata } = await readNotebook(path);
    expect(metadata.kernelspec).toMatchObject({ name: "dosmith", display_name: "dosmith (TypeScript)" });
    const code = cells.filter((cell) => cell.cell_type === "code");
    expect(code.map((cell) => cell.execution_count)).toEqual(code.map((_, i) => i + 1));
    const all = code.flatMap((cell) => cell.outputs ?? []);
    expect(all.filter(({ output_type }) => output_type === "error")).toEqual([]);
    expect(all.some(({ data }) => data && "application/vnd.vegalite.v5+json" in data)).toBe(true);
  });

  it("stays under 3 MB and names no folder of the machine that ran it", async () => {
    const content = await readFile(path, "utf8");
    expect(content.length).toBeLessThan(3e6);
    expect(/.{0,40}(\/home\/|\/root\/|\/work\/|[A-Z]:\\\\Users).{0,40}/.exec(content)?.[0]).toBeUndefined();
  });
});
