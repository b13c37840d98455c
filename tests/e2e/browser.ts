// A Chromium to test with: the one there is, or else one from the package registry, kept in node_modules/.cache.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { chromium, type Browser } from "playwright-core";
import { root } from "./jupyter.js";

const run = promisify(execFile);

/** A headless Chromium for Linux x64 inside a package, with the libraries that a bare machine lacks. */
const packagedBrowser = "@sparticuz/chromium@153.0.0";
const cache = join(root, "node_modules", ".cache", "dosmith-browser");

const usualNames = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const usualPlaces = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

interface Installed {
  readonly executablePath: string;
  readonly env?: Record<string, string>;
}

/** Starts a Chromium whose WebGL is software, so that it draws on any machine. */
export async function launchBrowser(): Promise<Browser> {
  const { executablePath, env = {} } = await browserForTests();
  const args = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"];
  return chromium.launch({ executablePath, args, env: { ...(process.env as Record<string, string>), ...env } });
}

/**
 * CHROME_PATH, else an installed Chromium or Chrome, else playwright's, else the packaged one, installed on first use.
 *
 * @throws Error that names the command to run where none of these works.
 */
async function browserForTests(): Promise<Installed> {
  const { CHROME_PATH, PATH = "" } = process.env;
  if (CHROME_PATH) {
    if (existsSync(CHROME_PATH)) return { executablePath: CHROME_PATH };
    throw new Error(`CHROME_PATH: there is no file ${CHROME_PATH}`);
  }
  const onPath = PATH.split(delimiter).flatMap((folder) => usualNames.map((name) => join(folder, name)));
  const found = [...onPath, ...usualPlaces, chromium.executablePath()].find((path) => existsSync(path));
  if (found) return { executablePath: found };
  if (process.platform === "linux" && process.arch === "x64") return packaged();
  throw new Error(
    "the browser test needs Chromium or Chrome: run `npx playwright-core install chromium`, or set CHROME_PATH to one",
  );
}

/** Installs the packaged browser once. It unpacks itself into the folder for temporary files, so that is the cache. */
async function packaged(): Promise<Installed> {
  const unpacked = join(cache, "unpacked");
  await mkdir(unpacked, { recursive: true });
  if (!existsSync(join(cache, "node_modules", "@sparticuz", "chromium", "package.json")))
    await run("npm", ["install", "--prefix", cache, "--no-save", "--no-audit", "--no-fund", packagedBrowser]);
  const script = 'import c from "@sparticuz/chromium"; process.stdout.write(await c.executablePath())';
  // It brings its libraries along only where it believes to be in the cloud.
  const env = { ...process.env, TMPDIR: unpacked, AWS_EXECUTION_ENV: "AWS_Lambda_nodejs22.x" };
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", script], { cwd: cache, env });
  const fonts = join(cache, "fonts.conf");
  await writeFile(fonts, fontSettings(join(unpacked, "fonts", "fonts")));
  return { executablePath: stdout, env: { LD_LIBRARY_PATH: join(unpacked, "al2023", "lib"), FONTCONFIG_FILE: fonts } };
}

/** Without any font Chromium ends; the package has one, which its own settings look for elsewhere. */
function fontSettings(folder: string): string {
  const folders = [folder, "/usr/share/fonts"].map((path) => `<dir>${path}</dir>`).join("");
  return `<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>${folders}<cachedir>${join(cache, "font-cache")}</cachedir></fontconfig>\n`;
}
