// From nothing to a chart:  node bench/lab.mjs       clones this checkout into an empty folder, runs `npm run lab` there and waits until
// Chromium (CHROME_PATH, or the one on the path) shows the first chart of the first notebook. Prints the seconds, installs included.
import { execFileSync, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { get } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { setTimeout as wait } from "node:timers/promises";
import { chromium } from "playwright-core";

const limit = 300;
const folder = await mkdtemp(join(tmpdir(), "dosmith-lab-"));
const port = await freePort();
const started = performance.now();
const seconds = () => (performance.now() - started) / 1000;

execFileSync("git", ["clone", "--quiet", fileURLToPath(new URL("..", import.meta.url)), folder]);
const options = ["--no-browser", `--port=${port}`, "--IdentityProvider.token=", "--allow-root"];
const lab = spawn("npm", ["run", "lab", "--", ...options], {
  cwd: folder,
  detached: true,
  stdio: ["ignore", "ignore", "inherit"],
});
const browser = await chromium.launch({
  executablePath: process.env.CHROME_PATH ?? execFileSync("which", ["chromium"], { encoding: "utf8" }).trim(),
  args: ["--no-sandbox"],
});
try {
  const url = `http://localhost:${port}`;
  while (!(await answers(`${url}/api`))) {
    if (seconds() > limit || lab.exitCode !== null) throw new Error(`JupyterLab did not start within ${limit} s`);
    await wait(250);
  }
  console.log(`npm run lab, fresh clone: JupyterLab answers after ${seconds().toFixed(0)} s`);
  const page = await browser.newPage();
  await page.goto(`${url}/lab/tree/01-quick-start.ipynb`);
  // JupyterLab draws what is in sight only: scroll towards it.
  await page
    .locator(".jp-WindowedPanel-outer")
    .first()
    .waitFor({ timeout: limit * 1000 });
  while ((await page.locator(".jp-Notebook .vega-embed").count()) === 0) {
    if (seconds() > limit) throw new Error(`no chart within ${limit} s`);
    await page.evaluate('document.querySelector(".jp-WindowedPanel-outer").scrollBy(0, 400)');
    await wait(200);
  }
  console.log(`first chart of the first notebook after ${seconds().toFixed(0)} s`);
} finally {
  await browser.close();
  if (lab.exitCode === null && lab.pid) process.kill(-lab.pid, "SIGKILL");
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 500 });
}

/** @param {string} url @returns {Promise<boolean>} */
function answers(url) {
  return new Promise((resolve) =>
    get(url, (response) => resolve(response.resume().statusCode === 200)).on("error", () => resolve(false)),
  );
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, () => {
      const address = server.address();
      if (address === null || typeof address === "string") throw new Error("the server has no port");
      server.close(() => resolve(address.port));
    });
  });
}
