// One notebook in JupyterLab, used as a person uses it: menus, toolbar, and looking at what is drawn.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, ElementHandle, Page } from "playwright-core";
import { expect } from "vitest";
import { root } from "./jupyter.js";
import type { LabServer } from "./lab.js";
import { chartMarks, scrollSize, scrollTo, viewMarks } from "./page-scripts.js";

/** Pictures of what the test saw; git ignores the folder. */
const screenshotFolder = join(root, "out", "screenshots");

export interface DrawnChart {
  readonly width: number;
  readonly height: number;
  readonly marks: number;
}

export interface DrawnView {
  readonly label: string;
  readonly marks: number;
}

export interface LabPage {
  readonly page: Page;
  /** Addresses asked for outside the server; there must be none. */
  readonly strayRequests: readonly string[];
  /** Chooses a menu entry: `menu("Run", "Run All Cells")`. */
  menu(...entries: readonly string[]): Promise<void>;
  /** Clicks a button of the notebook's toolbar by its command. */
  toolbar(command: string): Promise<void>;
  /** Runs all cells, and waits until they have. */
  runAll(seconds: number): Promise<void>;
  /** Selects the n-th cell. */
  select(cell: number): Promise<void>;
  /** Text of the n-th cell's outputs. */
  outputOf(cell: number): Promise<string>;
  /** Waits until no cell waits or runs and the kernel is idle. */
  finished(seconds: number): Promise<void>;
  save(): Promise<void>;
  /** What the charts and the views have drawn; views are scrolled to. */
  charts(): Promise<DrawnChart[]>;
  views(): Promise<DrawnView[]>;
  /** Pictures of the whole notebook, a screen each. */
  screenshots(name: string): Promise<void>;
  /** Ends the kernel and closes the window. */
  close(): Promise<void>;
}

const notebook = ".jp-Notebook";

/** Trajectories wait to be played: drawn by software, many at once would keep the machine from everything else. */
export const calm = { reducedMotion: "reduce" } as const;

/** Opens a notebook of the server's folder and waits for its kernel. */
export async function openInLab(browser: Browser, server: LabServer, name: string): Promise<LabPage> {
  const context = await browser.newContext({ viewport: { width: 1250, height: 1600 }, ...calm });
  const page = await context.newPage();
  const strayRequests: string[] = [];
  page.on("request", (request) => {
    if (/^(https?|wss?):/.test(request.url()) && !request.url().startsWith(server.url))
      strayRequests.push(request.url());
  });
  await page.goto(`${server.url}/lab/tree/${encodeURIComponent(name)}?reset`);
  await page.waitForSelector(`${notebook} .jp-Cell`, { timeout: 60_000 });
  await page.waitForSelector(`.jp-Notebook-ExecutionIndicator[data-status="idle"]`, { timeout: 120_000 });

  async function menu(...entries: readonly string[]): Promise<void> {
    const [first, ...rest] = entries;
    await page.locator(`#jp-MainMenu .lm-MenuBar-itemLabel`, { hasText: new RegExp(`^${first}$`) }).click();
    for (const entry of rest.slice(0, -1)) await menuEntry(page, entry).hover();
    // Its place is settled when it is there; a page that plays a trajectory is never still for long.
    await menuEntry(page, rest.at(-1) ?? "").click({ force: true });
  }

  const prompts = (text: RegExp) => page.locator(`${notebook} .jp-InputPrompt`, { hasText: text });

  async function finished(seconds: number): Promise<void> {
    // Between two cells the kernel is idle for a moment, and the last outputs arrive after it.
    let quiet = 0;
    await until(
      async () => {
        const busy =
          (await prompts(/\[\*\]/).count()) > 0 || (await server.kernelStates()).some((state) => state !== "idle");
        quiet = busy ? 0 : quiet + 1;
        return quiet >= 4;
      },
      seconds,
      "all cells to finish",
    );
  }

  return {
    page,
    strayRequests,
    menu,
    toolbar: (command) => page.locator(`.jp-NotebookPanel-toolbar [data-command="${command}"]`).first().click(),
    select: (cell) => page.locator(`${notebook} .jp-Cell`).nth(cell).locator(".jp-InputPrompt").click(),
    outputOf: (cell) => page.locator(`${notebook} .jp-Cell`).nth(cell).locator(".jp-OutputArea").innerText(),
    async runAll(seconds) {
      const started = async () => (await prompts(/\[(\*|\d+)\]/).count()) > 0;
      // JupyterLab forgets what is asked of it while it still lays out the notebook.
      for (let tries = 0; tries < 6 && !(await started()); tries++) {
        await page.locator(`${notebook} .jp-InputPrompt`).first().click();
        await menu("Run", "Run All Cells");
        await until(started, 15, "the first cell to run").catch(() => undefined);
      }
      expect(await started(), "Run All Cells did nothing").toBe(true);
      await finished(seconds);
    },
    finished,
    async save() {
      await menu("File", "Save Notebook");
      await until(async () => (await page.locator(".jp-mod-dirty").count()) === 0, 30, "the notebook to be saved");
    },
    charts: () => page.evaluate<DrawnChart[]>(chartMarks),
    views: () => drawnViews(page),
    async screenshots(picture) {
      await mkdir(screenshotFolder, { recursive: true });
      const scroller = page.locator(".jp-WindowedPanel-outer").first();
      const size = () => page.evaluate<{ height: number; screen: number }>(scrollSize);
      await page.evaluate(scrollTo(0));
      await page.waitForTimeout(1000);
      const { screen } = await size();
      // The height settles only as cells come into sight, after a change of the theme too.
      for (let at = 0, n = 1; n === 1 || at < (await size()).height - 60; at += screen - 60, n++) {
        await page.evaluate(scrollTo(at));
        await page.waitForTimeout(300);
        await scroller.screenshot({ path: join(screenshotFolder, `${picture}-${String(n).padStart(2, "0")}.png`) });
      }
    },
    async close() {
      const sessions = (await (await fetch(`${server.url}/api/sessions`)).json()) as { id: string }[];
      for (const { id } of sessions) await fetch(`${server.url}/api/sessions/${id}`, { method: "DELETE" });
      await context.close();
    },
  };
}

function menuEntry(page: Page, text: string) {
  return page.locator(".lm-Menu-itemLabel", { hasText: new RegExp(`^${text}$`) }).last();
}

async function drawnViews(page: Page): Promise<DrawnView[]> {
  const drawn: DrawnView[] = [];
  for (const frame of await page.locator(`${notebook} .jp-OutputArea iframe`).elementHandles()) {
    await frame.scrollIntoViewIfNeeded();
    drawn.push(await drawnView(frame));
  }
  return drawn;
}

/** Waits for the mark that the view sets when it has drawn, plays it if it can, and counts the pixels that are not transparent. */
export async function drawnView(element: ElementHandle): Promise<DrawnView> {
  const frame = await element.contentFrame();
  if (!frame) throw new Error("a view without a frame");
  await frame.waitForSelector("body[data-ready='1']", { state: "attached", timeout: 60_000 });
  const play = await frame.$("#controls:not([hidden]) #play");
  if (play) {
    const [first, label] = [await frame.textContent("#label"), frame.locator("#label")];
    await play.click();
    await until(async () => (await label.textContent()) !== first, 30, "the trajectory to move");
    await play.click();
  }
  return frame.evaluate<DrawnView>(viewMarks);
}

/** Asks every quarter of a second. */
export async function until(done: () => Promise<boolean>, seconds: number, what: string): Promise<void> {
  const deadline = Date.now() + 1000 * seconds;
  while (!(await done())) {
    if (Date.now() > deadline) throw new Error(`waited ${seconds} s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
