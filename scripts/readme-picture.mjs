// README's picture: node scripts/readme-picture.mjs      needs a build, GPAW, and Chromium or Chrome
// Generates crystals for the demo's target, computes the best four with GPAW, and photographs the report -> docs/report.png
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { demoTarget } from "./demo-parts.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const run = join(root, "out", "picture");
const browsers = [process.env.CHROME_PATH, "/usr/bin/chromium", "/usr/bin/google-chrome"];
const executablePath = browsers.find((path) => path && existsSync(path));
if (!executablePath) throw new Error("no Chromium or Chrome found: name one in CHROME_PATH");

const dosmith = (/** @type {string[]} */ ...args) =>
  execFileSync(process.execPath, [join(root, "dist/cli/main.js"), ...args], { stdio: "inherit" });
await rm(run, { recursive: true, force: true });
dosmith("generate", "--target", demoTarget, "--count", "16", "--seed", "1", "--out", run);
dosmith("verify", run, "--top", "4", "--processes", "2");

const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"],
});
const page = await browser.newPage({ viewport: { width: 1240, height: 1540 } });
await page.goto(pathToFileURL(join(run, "report.html")).href);
// The crystal is drawn after the page has loaded.
await setTimeout(4000);
await page.screenshot({ path: join(root, "docs/report.png") });
await browser.close();
