// Every notebook in real JupyterLab with a real browser: run all cells, look at what is drawn, export, interrupt.
import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser } from "./browser.js";
import { root } from "./jupyter.js";
import {
  copyWithoutOutputs,
  notebookFolder,
  notebookNames,
  outputText,
  readNotebook,
  startLab,
  writeCells,
} from "./lab.js";
import type { LabServer, Output } from "./lab.js";
import { calm, drawnView, openInLab, until, type LabPage } from "./lab-page.js";
import { imageWidths } from "./page-scripts.js";

const run = promisify(execFile);

let server: LabServer;
let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
  server = await startLab({ DOSMITH_BUDGET: process.env.DOSMITH_BUDGET ?? "0.1" });
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

describe.each(notebookNames())("%s in JupyterLab", (name) => {
  let lab: LabPage;
  let file: string;
  let outputs: Output[];
  const ofType = (mime: string): string[] =>
    outputs.flatMap(({ data }) => (data && mime in data ? [outputText(data[mime])] : []));

  beforeAll(async () => {
    file = join(server.folder, name);
    await copyWithoutOutputs(join(notebookFolder, name), file);
    lab = await openInLab(browser, server, name);
    await lab.runAll(500);
    await lab.save();
    outputs = (await readNotebook(file)).cells.flatMap((cell) => cell.outputs ?? []);
  });
  afterAll(() => lab?.close());

  it("runs every cell without an error", async () => {
    const errors = outputs.filter(({ output_type }) => output_type === "error");
    expect(errors.map(({ ename, evalue }) => `${ename}: ${evalue}`)).toEqual([]);
    const code = (await readNotebook(file)).cells.filter((cell) => cell.cell_type === "code");
    expect(code.filter((cell) => outputText(cell.source).trim() !== "" && !cell.execution_count)).toEqual([]);
  });

  it("draws every chart, as Vega-Lite here and as an SVG for elsewhere", async () => {
    const specs = ofType("application/vnd.vegalite.v5+json");
    const drawn = await lab.charts();
    expect(drawn).toHaveLength(specs.length);
    for (const { width, height, marks } of drawn) {
      expect(Math.min(width, height)).toBeGreaterThan(50);
      expect(marks).toBeGreaterThan(20);
    }
    const images = ofType("image/svg+xml");
    expect(images).toHaveLength(specs.length);
    for (const svg of images) expect(svg.match(/<path/g)?.length).toBeGreaterThan(5);
    expect(images.join("").match(/[^"]{0,80}(NaN|undefined)/)?.[0]).toBeUndefined();
  });

  it("draws every crystal", async () => {
    const views =
      ofType("text/html")
        .join("")
        .match(/<iframe /g) ?? [];
    const drawn = await lab.views();
    expect(drawn).toHaveLength(views.length);
    for (const { marks, label } of drawn) expect(marks, label).toBeGreaterThan(300);
  });

  it("brings its progress bars to their end, or says that they were stopped", () => {
    const bars = ofType("text/plain").filter((line) => /^[^\n]*: \d+%, /.test(line));
    for (const bar of bars) expect(bar).toMatch(/: 100%, .*took |: \d+%, .*stopped after /);
  });

  it("asks nobody but its server, and stays under 3 MB", async () => {
    expect(lab.strayRequests).toEqual([]);
    expect((await stat(file)).size).toBeLessThan(3e6);
  });

  it("is readable in the light and in the dark theme: pictures in out/screenshots", async () => {
    const picture = name.replace(".ipynb", "");
    await lab.screenshots(`${picture}-light`);
    await lab.menu("Settings", "Theme", "JupyterLab Dark");
    await lab.page.waitForSelector("body[data-jp-theme-light='false']", { state: "attached" });
    await lab.screenshots(`${picture}-dark`);
    await lab.menu("Settings", "Theme", "JupyterLab Light");
  });

  it("exports to an HTML page that shows all of it without a network", async () => {
    const page = file.replace(".ipynb", ".html");
    await run(join(root, ".venv", "bin", "jupyter-nbconvert"), ["--to", "html", "--output", page, file], {
      env: { ...process.env, JUPYTER_DATA_DIR: server.dataFolder },
    });
    const context = await browser.newContext(calm);
    const loaded: string[] = [];
    await context.route(/^https?:/, async (route) => {
      loaded.push(route.request().url());
      await route.abort();
    });
    const exported = await context.newPage();
    await exported.goto(pathToFileURL(page).href);
    const frames = await exported.locator("iframe[srcdoc]").elementHandles();
    expect(frames).toHaveLength(
      ofType("text/html")
        .join("")
        .match(/<iframe /g)?.length ?? 0,
    );
    for (const frame of frames) {
      await frame.scrollIntoViewIfNeeded();
      expect((await drawnView(frame)).marks).toBeGreaterThan(300);
    }
    const charts = await exported.evaluate<number[]>(imageWidths);
    expect(charts).toHaveLength(ofType("image/svg+xml").length);
    for (const width of charts) expect(width).toBeGreaterThan(50);
    // nbconvert's page asks for these; formulas are written out in TeX where they do not come. Nothing of ours is among them.
    expect(
      loaded.filter((url) => !/^https:\/\/cdnjs\.cloudflare\.com\/ajax\/libs\/(require\.js|mathjax|mermaid)/.test(url)),
    ).toEqual([]);
    await context.close();
  });
});

describe("Interrupt in JupyterLab", () => {
  const cells = [
    'import * as dosmith from "dosmith";\nimport { bundledFile, liveTraining } from "dosmith/notebook";',
    `const { train, validation } = (await dosmith.openDataset(bundledFile("datasets/pbe-prototypes"))).split();
const { defaultDenoiserOptions: defaults } = dosmith;
const config = { ...defaults.config, hiddenDim: 16, layerCount: 1 };
const run = dosmith.denoiserRun([...train].slice(0, 64), [...validation].slice(0, 16), { ...defaults, config, steps: 1e6, batchSize: 8, validateEvery: 20 });
const engine = await dosmith.createEngine();
let steps = 0;
for await (const p of liveTraining(dosmith.runTraining(engine, run.task, run.options))) steps = p.step;`,
    "for (;;) {}",
    'console.log("still here after", steps > 0 ? "some steps" : "no step", 6 * 7);',
  ];
  let lab: LabPage;
  beforeAll(async () => {
    await writeCells(join(server.folder, "interrupt.ipynb"), cells);
    lab = await openInLab(browser, server, "interrupt.ipynb");
    await lab.select(0);
    await lab.menu("Run", "Run Selected Cell");
    await lab.finished(60);
  });
  afterAll(() => lab?.close());

  async function runCell(cell: number): Promise<void> {
    await lab.select(cell);
    await lab.menu("Run", "Run Selected Cell and Do not Advance");
  }

  it("by the toolbar's button stops a training, whose display keeps its last step", async () => {
    await runCell(1);
    await until(async () => /\d\d\/1000000 steps/.test(await lab.outputOf(1)), 120, "some steps");
    await lab.toolbar("notebook:interrupt-kernel");
    await lab.finished(30);
    const shown = /(\d+)\/1000000 steps/.exec(await lab.outputOf(1));
    expect(Number(shown?.[1])).toBeGreaterThan(0);
    expect(await lab.outputOf(1)).toMatch(/interrupt/i);
  });

  it("by the menu stops a loop that never waits", async () => {
    await runCell(2);
    await until(async () => (await server.kernelStates()).includes("busy"), 30, "the loop to run");
    await lab.menu("Kernel", "Interrupt Kernel");
    await lab.finished(30);
    expect(await lab.outputOf(2)).toMatch(/interrupt/i);
  });

  it("leaves a kernel that prints", async () => {
    await runCell(3);
    await lab.finished(30);
    expect(await lab.outputOf(3)).toContain("still here after some steps 42");
    await lab.screenshots("interrupt");
  });
});
