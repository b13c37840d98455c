// Sets up a clone: installs the packages that package-lock.json names and builds dist/. Does nothing that is done already.
// Runs before anything is installed, so it imports nothing but Node.   npm run setup
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { prepareBundled } from "./bundled.mjs";

/** The clone's folder. */
export const root = fileURLToPath(new URL("..", import.meta.url));
const minimumNode = /** @type {const} */ ([20, 19]);
const buildStamp = join(root, "dist", ".built");

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) setUp();

/** Makes the clone ready to run; ends the process with 1 and a reason where that fails. */
export function setUp() {
  const problem = nodeProblem(process.versions.node);
  if (problem) stop(problem);
  if (missingPackages(readLock("package-lock.json"), readLock("node_modules/.package-lock.json")).length > 0) install();
  prepareBundled(root);
  const sources = sourcesDigest();
  if (!existsSync(buildStamp) || readFileSync(buildStamp, "utf8") !== sources) build(sources);
  say("ready");
}

/** What is wrong with a Node version; undefined when it will do. @param {string} version */
export function nodeProblem(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [wantedMajor, wantedMinor] = minimumNode;
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return undefined;
  return (
    `dosmith needs Node.js ${minimumNode.join(".")} or newer, and this is ${version} (${process.execPath}). ` +
    "Install a newer one (https://nodejs.org, or a version manager such as nvm or fnm) and run the same command again."
  );
}

/**
 * The packages of a lock file that are not installed in that version. npm writes node_modules/.package-lock.json last,
 * so an installation that was cut off counts as missing; an optional package may be missing for good.
 * @param {Lock} wanted
 * @param {Lock} installed
 * @typedef {{ packages: Readonly<Record<string, { version?: string, optional?: boolean, link?: boolean }>> }} Lock
 */
export function missingPackages(wanted, installed) {
  return Object.entries(wanted.packages).flatMap(([path, { version, optional, link }]) =>
    path === "" || optional || link || installed.packages[path]?.version === version ? [] : [path],
  );
}

/** @param {string} name @returns {Lock} */
function readLock(name) {
  const path = join(root, name);
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : { packages: {} };
}

function install() {
  say("installing packages (npm ci) ...");
  // The package holds what the CPU and WebGPU need; its install script would download CUDA libraries, or fail offline.
  const env = { ONNXRUNTIME_NODE_INSTALL: "skip", ...process.env };
  const { npm_execpath: npm } = process.env;
  const [command, args] = npm ? [process.execPath, [npm, "ci"]] : ["npm", ["ci"]];
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit", env, shell: !npm });
  if (status !== 0) stop(`npm ci failed${error ? ` (${error.message})` : ""}; what it says above names the cause.`);
}

/** @param {string} sources */
function build(sources) {
  say("building dist/ ...");
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const { status } = spawnSync(process.execPath, [compiler, "-p", "tsconfig.build.json"], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) stop("the build failed; the compiler's messages are above.");
  writeFileSync(buildStamp, sources);
}

/** Changes when a file that the build reads is changed, added or removed. */
function sourcesDigest() {
  const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .map((name) => join("src", name))
    .filter((name) => name.endsWith(".ts"));
  const hash = createHash("sha256");
  for (const name of ["tsconfig.json", "tsconfig.build.json", "package-lock.json", ...files.sort()]) {
    const { mtimeMs, size } = statSync(join(root, name));
    hash.update(`${name} ${mtimeMs} ${size}\n`);
  }
  return hash.digest("hex");
}

/** Prints a line of the set-up, apart from what the command itself prints. @param {string} text */
export function say(text) {
  console.error(`[dosmith] ${text}`);
}

/** Ends the process with a reason. @param {string} reason @returns {never} */
export function stop(reason) {
  say(reason);
  process.exit(1);
}
