// A report in a real browser, from a file: charts and crystals are drawn under its content security policy, nothing else runs.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderReport } from "../../src/notebook/index.js";
import { reportData } from "../notebook/samples.js";
import { launchBrowser } from "./browser.js";

let browser: Browser;
let folder: string;
beforeAll(async () => {
  browser = await launchBrowser();
  folder = await mkdtemp(join(tmpdir(), "dosmith-report-"));
});
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true });
});

/** Opens a page from a file; `problems` holds what the browser says of it. */
async function open(html: string): Promise<{ page: Page; problems: string[] }> {
  const file = join(folder, "report.html");
  await writeFile(file, html);
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  page.on("pageerror", ({ message }) => problems.push(message));
  await page.goto(pathToFileURL(file).href);
  await page.waitForSelector("body[data-ready]", { state: "attached", timeout: 120_000 });
  return { page, problems };
}

describe("the report", () => {
  it("draws charts, crystals and pictures, and changes them with the chosen row", async () => {
    const { page, problems } = await open(await renderReport(reportData()));
    expect(problems).toEqual([]);
    expect(await page.locator("#chart svg.marks path[d]").count()).toBeGreaterThan(20);
    expect(await page.locator("#view canvas").count()).toBe(1);
    expect(await page.locator("#gallery img").count()).toBe(3);
    await page.locator("tr[data-index='1'] td").first().click();
    expect(await page.locator("#selected").textContent()).toMatch(/^No\. 2:/);
    expect(problems).toEqual([]);
    await page.close();
  });

  it("runs no script but its own, whatever markup it might hold", async () => {
    const hostile = `<img src="x" onerror="document.title = 'run'"><script>document.title = "run"</script>`;
    const html = (await renderReport(reportData())).replace("<main>", `<main>${hostile}`);
    const { page, problems } = await open(html);
    expect(await page.title()).toBe(reportData().title);
    expect(problems.filter((text) => text.includes("Content Security Policy")).length).toBeGreaterThanOrEqual(2);
    await page.close();
  });
});
