// From a clone to the first notebook with one command:   npm run lab            (options of jupyter lab: npm run lab -- --no-browser)
// Makes .venv with JupyterLab, installs the kernel there, trusts the shipped notebooks, starts JupyterLab. What is done
// already is not done again.
import { spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { installedKernel, installKernel } from "../kernels/install.mjs";
import { root, say, setUp, stop } from "./setup.mjs";

/** @typedef {{ command: string, version: string, venv: boolean }} Python  `venv`: whether it can make virtual environments */

const firstNotebook = join("notebooks", "01-quick-start.ipynb");
const requirements = join(root, "kernels", "requirements.txt");
const minimumPython = /** @type {const} */ ([3, 10]);

async function main() {
  setUp();
  const venv = join(root, ".venv");
  try {
    await prepareJupyter(venv);
  } catch (error) {
    stop(error instanceof Error ? error.message : String(error));
  }
  const args = labArguments(process.argv.slice(2));
  say(`jupyter lab ${args.join(" ")}   (Ctrl-C stops it)`);
  // Ctrl-C reaches JupyterLab too, which asks whether to stop.
  process.on("SIGINT", () => undefined);
  const lab = spawn(tool(venv, "jupyter-lab"), args, { cwd: root, stdio: "inherit" });
  process.on("SIGTERM", () => lab.kill("SIGTERM"));
  lab.on("error", (error) => stop(`JupyterLab did not start: ${error.message}`));
  lab.on("close", (code) => (process.exitCode = code ?? 1));
}

/** The arguments of jupyter lab: the user's, and the first notebook unless they name one. @param {readonly string[]} args */
export function labArguments(args) {
  return args.some((arg) => arg.endsWith(".ipynb")) ? args : [firstNotebook, ...args];
}

/**
 * Makes a virtual environment ready: JupyterLab, the kernel, trust in the shipped notebooks.
 * @throws Error that says what is missing and what to do
 * @param {string} venv
 */
export async function prepareJupyter(venv) {
  onChange(venv, "requirements", readFileSync(requirements, "utf8"), () => installJupyter(venv));
  const kernel = await installedKernel({ prefix: venv });
  if (!kernel || kernel.problem) say(`kernel installed in ${await installKernel({ prefix: venv })}`);
  const notebooks = shippedNotebooks();
  onChange(venv, "trusted", notebooks.map(stamp).join("\n"), () => {
    say("trusting the shipped notebooks, so that their charts and crystals show before you run them ...");
    // The whole file counts for Jupyter: notebooks that you change stay as trusted as you make them.
    run(tool(venv, "jupyter-trust"), notebooks, "jupyter trust failed");
  });
}

/**
 * Does `work` unless it was done for the same state; a run that was cut off counts as not done.
 * @param {string} venv
 * @param {string} name
 * @param {string} state
 * @param {() => void} work
 */
function onChange(venv, name, state, work) {
  const file = join(venv, `.dosmith-${name}`);
  if (existsSync(file) && readFileSync(file, "utf8") === state) return;
  work();
  writeFileSync(file, state);
}

/** @param {string} venv */
function installJupyter(venv) {
  if (!existsSync(tool(venv, "python"))) {
    const python = findPython();
    say(`making a virtual environment in ${venv} (${python.command} ${python.version}) ...`);
    makeEnvironment(python.command, venv);
  }
  say("installing JupyterLab there (pip, a minute) ...");
  // JupyterLab runs CommonJS files with Node, which would take them for modules by the package.json above.
  writeFileSync(join(venv, "package.json"), '{ "private": true, "type": "commonjs" }\n');
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements];
  run(tool(venv, "python"), pip, "pip failed; what it says above names the cause");
  // This environment's default: no question about fetching news over the network.
  const settings = join(venv, "share", "jupyter", "lab", "settings");
  mkdirSync(settings, { recursive: true });
  const quiet = { "@jupyterlab/apputils-extension:notification": { fetchNews: "false" } };
  writeFileSync(join(settings, "overrides.json"), `${JSON.stringify(quiet)}\n`);
}

/** @param {string} python @param {string} venv */
function makeEnvironment(python, venv) {
  try {
    run(python, ["-m", "venv", venv], "python -m venv failed; what it says above names the cause");
  } catch (error) {
    // Half an environment would be taken for a whole one.
    rmSync(venv, { recursive: true, force: true });
    throw error;
  }
}

/** The first usable Python on the path. @throws Error with what to install */
function findPython() {
  const found = ["python3", "python", "py"].flatMap((command) => probe(command) ?? []);
  const usable = found.find((python) => !pythonProblem(python));
  if (usable) return usable;
  throw new Error(pythonProblem(found[0]));
}

const question =
  "import sys, importlib.util as u; print(*sys.version_info[:3], all(map(u.find_spec, ('venv', 'ensurepip'))))";

/** What a command says of itself, if it is a Python 3. @param {string} command @returns {Python | undefined} */
function probe(command) {
  const { status, stdout } = spawnSync(command, ["-c", question], { encoding: "utf8" });
  const words = status === 0 ? /^(3) (\d+) (\d+) (True|False)\s*$/.exec(stdout) : null;
  return words ? { command, version: words.slice(1, 4).join("."), venv: words[4] === "True" } : undefined;
}

/** What is wrong with a Python, and what to do; undefined when it will do. @param {Python | undefined} python */
export function pythonProblem(python) {
  const wanted = minimumPython.join(".");
  const again = "then run the same command again";
  if (!python)
    return `the notebooks need Python ${wanted} or newer, and there is no python3 here. Install it (https://python.org, or your system's packages, such as apt install python3-venv), ${again}. All else of dosmith works without it.`;
  const { command, version, venv } = python;
  const [, minor = 0] = version.split(".").map(Number);
  if (minor < minimumPython[1])
    return `the notebooks need Python ${wanted} or newer, and ${command} is ${version}. Install a newer one, ${again}.`;
  if (!venv)
    return `${command} ${version} cannot make virtual environments: its venv and ensurepip are not installed. On Debian and Ubuntu: apt install python3-venv, ${again}.`;
  return undefined;
}

function shippedNotebooks() {
  const folder = join(root, "notebooks");
  const names = readdirSync(folder).filter((name) => name.endsWith(".ipynb"));
  return names.sort().map((name) => join(folder, name));
}

/** @param {string} path */
function stamp(path) {
  const { mtimeMs, size } = statSync(path);
  return `${path} ${mtimeMs} ${size}`;
}

/** @param {string} venv @param {string} name */
function tool(venv, name) {
  return process.platform === "win32" ? join(venv, "Scripts", `${name}.exe`) : join(venv, "bin", name);
}

/** @param {string} command @param {string[]} args @param {string} problem */
function run(command, args, problem) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) throw new Error(`${problem}${error ? ` (${error.message})` : ""}.`);
}

// Last, so that every constant above has its value.
if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await main();
