#!/usr/bin/env node
/**
 * Tells Jupyter about the kernel; `dosmith kernel` is this, and a clone has it before it is built as
 * `node kernels/install.mjs install | uninstall | list [--prefix FOLDER]`. Writes a standard kernelspec (one small folder); nothing else is changed.
 */
import { access, copyFile, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";

/** @typedef {{ prefix?: string | undefined }} Place  a virtual or conda environment's folder; absent, the user's Jupyter data folder */

const kernelName = "dosmith";
const displayName = "dosmith (TypeScript)";
const here = dirname(fileURLToPath(import.meta.url));
const launcher = join(here, "dosmith-kernel.cjs");

/**
 * Installs the kernelspec and returns its folder. Doing it again replaces it.
 * @throws Error when there is no folder of that name
 * @param {Place} [options] with a prefix (a virtual or conda environment) into its share/jupyter, else
 * into the user's Jupyter data folder (JUPYTER_DATA_DIR where that is set)
 */
export async function installKernel(options = {}) {
  const { prefix } = options;
  if (prefix !== undefined && !(await exists(prefix))) throw new Error(`${prefix}: no such folder to install into`);
  const folder = kernelFolder(options);
  await mkdir(folder, { recursive: true });
  const unfinished = join(folder, `kernel.json.${process.pid}`);
  await writeFile(unfinished, `${JSON.stringify(kernelspec(), null, 2)}\n`);
  await copyFile(join(here, "logo-svg.svg"), join(folder, "logo-svg.svg"));
  await rename(unfinished, join(folder, "kernel.json"));
  return folder;
}

/** Removes the kernelspec; returns its folder, or undefined when there was none. @param {Place} [options] */
export async function uninstallKernel(options = {}) {
  const folder = kernelFolder(options);
  if (!(await exists(join(folder, "kernel.json")))) return undefined;
  await rm(folder, { recursive: true });
  return folder;
}

/**
 * The installed kernelspec of that place, if any: its folder, the launcher that it starts, and why it cannot work.
 * @param {Place} [options]
 * @returns {Promise<{ folder: string, launcher: string, problem?: string } | undefined>}
 */
export async function installedKernel(options = {}) {
  const folder = kernelFolder(options);
  const file = join(folder, "kernel.json");
  if (!(await exists(file))) return undefined;
  const spec = await readSpec(file);
  if (!spec) return { folder, launcher: "", problem: `${file} is not a kernelspec; install again` };
  const started = spec.argv.find((word) => word.endsWith(".cjs")) ?? "";
  for (const path of [spec.argv[0] ?? "", started])
    if (!(await exists(path))) return { folder, launcher: started, problem: `${path} does not exist; install again` };
  const current = JSON.stringify(spec) === JSON.stringify(kernelspec());
  return current ? { folder, launcher: started } : { folder, launcher: started, problem: outdated };
}

const outdated = "of another version, Node or place of dosmith; install again to use this one";

/** @param {Place} [options] */
function kernelFolder({ prefix } = {}) {
  const data = prefix === undefined ? userDataFolder() : join(resolve(prefix), "share", "jupyter");
  return join(data, "kernels", kernelName);
}

/** Where Jupyter itself looks for a user's kernels (`jupyter --data-dir`). */
function userDataFolder({ env, platform } = process) {
  if (env["JUPYTER_DATA_DIR"]) return resolve(env["JUPYTER_DATA_DIR"]);
  if (platform === "darwin") return join(homedir(), "Library", "Jupyter");
  if (platform === "win32") return join(env["APPDATA"] ?? join(homedir(), "AppData", "Roaming"), "jupyter");
  return join(env["XDG_DATA_HOME"] ?? join(homedir(), ".local", "share"), "jupyter");
}

function kernelspec() {
  return {
    // On Node 20 loading ES modules by require is still called experimental, in every first cell. The checks would abort
    // the kernel when Interrupt ends code that does not yield.
    argv: [
      process.execPath,
      "--disable-warning=ExperimentalWarning",
      "--no-force-async-hooks-checks",
      launcher,
      "{connection_file}",
    ],
    display_name: displayName,
    language: "typescript",
    interrupt_mode: "message",
    metadata: { debugger: false },
  };
}

/** @param {string} file @returns {Promise<{ argv: string[] } | undefined>} */
async function readSpec(file) {
  try {
    const spec = JSON.parse(await readFile(file, "utf8"));
    return Array.isArray(spec.argv) && spec.argv.every((/** @type {unknown} */ word) => typeof word === "string")
      ? spec
      : undefined;
  } catch {
    return undefined;
  }
}

/** @param {string} path */
function exists(path) {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** What `dosmith kernel` does: each does its work and returns the line to print. */
export const kernelCommands = {
  /** @param {Place} [options] */
  async install(options) {
    return `installed: ${displayName} in ${await installKernel(options)}`;
  },
  /** @param {Place} [options] */
  async uninstall(options) {
    const folder = await uninstallKernel(options);
    return folder ? `removed: ${folder}` : `nothing to remove in ${kernelFolder(options)}`;
  },
  /** @param {Place} [options] */
  async list(options = {}) {
    const places = options.prefix === undefined ? usualPlaces() : [options];
    const lines = await Promise.all(places.map(describePlace));
    return lines.filter(Boolean).join("\n") || `not installed in ${kernelFolder(options)}`;
  },
};

/** The user's folder, and the virtual or conda environment that is active. */
function usualPlaces({ env } = process) {
  const prefixes = [env["VIRTUAL_ENV"], env["CONDA_PREFIX"]].filter(Boolean);
  return [{}, ...prefixes.map((prefix) => ({ prefix }))];
}

/** @param {Place} options */
async function describePlace(options) {
  const found = await installedKernel(options);
  if (!found) return undefined;
  return found.problem ? `${found.folder}: ${found.problem}` : `${displayName}: ${found.folder} -> ${found.launcher}`;
}

const usage = "usage: node install.mjs install | uninstall | list [--prefix FOLDER]";

/** @param {string[]} args */
async function main([command = "", flag, prefix, ...rest]) {
  const perform = new Map(Object.entries(kernelCommands)).get(command);
  const wrong = !perform || rest.length > 0 || (flag !== undefined && (flag !== "--prefix" || prefix === undefined));
  if (wrong) {
    console.error(usage);
    process.exitCode = 2;
    return;
  }
  try {
    console.log(await perform({ prefix }));
  } catch (error) {
    console.error(`dosmith kernel ${command}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main(process.argv.slice(2));
