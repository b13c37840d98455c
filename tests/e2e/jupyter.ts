import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const root = fileURLToPath(new URL("../../", import.meta.url));
const run = promisify(execFile);
const bin = (name: string): string =>
  process.platform === "win32" ? join(root, ".venv", "Scripts", `${name}.exe`) : join(root, ".venv", "bin", name);

/** A virtual environment with Jupyter in `.venv`, made once. @throws Error where there is no Python or no package index */
export async function jupyterEnvironment(): Promise<void> {
  if (!existsSync(bin("python"))) await run("python3", ["-m", "venv", join(root, ".venv")]);
  if (!existsSync(bin("jupyter-lab")) || !existsSync(bin("jupyter-nbconvert")))
    await run(bin("python"), ["-m", "pip", "install", "--quiet", "-r", join(root, "kernels", "requirements.txt")]);
}

/** Jupyter finds the kernels of that folder, before any that the virtual environment has. */
function jupyterEnv(dataFolder: string): NodeJS.ProcessEnv {
  return { ...process.env, JUPYTER_DATA_DIR: dataFolder, JUPYTER_PREFER_ENV_PATH: "0" };
}

/** Installs our kernelspec in a folder of the test's, with the stock kernel as "stock-tslab" beside it to compare with. */
export async function installKernels(dataFolder: string, prefix?: string): Promise<string> {
  const env = jupyterEnv(dataFolder);
  const args = [join(root, "kernels", "install.mjs"), "install", ...(prefix ? ["--prefix", prefix] : [])];
  const { stdout } = await run(process.execPath, args, { env });
  const stock = join(dataFolder, "kernels", "stock-tslab");
  await mkdir(stock, { recursive: true });
  const tslab = join(root, "node_modules", "tslab", "bin", "tslab");
  const argv = [process.execPath, tslab, "kernel", "--config-path={connection_file}"];
  await writeFile(
    join(stock, "kernel.json"),
    JSON.stringify({ argv, display_name: "stock tslab", language: "typescript" }),
  );
  return stdout;
}

/** What a Jupyter front end sees of one cell. */
export interface CellResult {
  readonly status: "ok" | "error" | "aborted" | null;
  readonly seconds: number;
  readonly messages: readonly { readonly type: string; readonly content: Content }[];
}

export interface Content {
  readonly name?: string;
  readonly text?: string;
  readonly ename?: string;
  readonly evalue?: string;
  readonly traceback?: readonly string[];
  readonly data?: Readonly<Record<string, unknown>>;
  readonly transient?: { readonly display_id?: string };
  readonly wait?: boolean;
  readonly matches?: readonly string[];
}

export interface CellJob {
  readonly code: string;
  /** Interrupt as soon as the cell has printed something. */
  readonly interrupt?: boolean;
  readonly stop_on_error?: boolean;
  /** Asks about a place in the code instead of running it. */
  readonly ask?: "complete" | "inspect";
  readonly at?: number;
}

/** Runs cells in a fresh kernel through jupyter_client, as Jupyter's own front ends do. */
export async function runCells(
  cells: readonly (string | CellJob)[],
  options: { dataFolder: string; cwd: string; kernel?: string; together?: boolean; timeout?: number },
): Promise<CellResult[]> {
  const { dataFolder, kernel = "dosmith", ...rest } = options;
  const job = { ...rest, kernel, cells: cells.map((cell) => (typeof cell === "string" ? { code: cell } : cell)) };
  const script = join(root, "tests", "e2e", "run_cells.py");
  return JSON.parse(await pythonOutput([script], JSON.stringify(job), dataFolder)) as CellResult[];
}

/** Executes a notebook with nbconvert and returns it, read. Fails like nbconvert when a cell fails. */
export async function executeNotebook(
  path: string,
  output: string,
  { dataFolder, env = {} }: { dataFolder: string; env?: Record<string, string> },
): Promise<void> {
  const args = ["--to", "notebook", "--execute", "--ExecutePreprocessor.timeout=900", "--output", output, path];
  await run(bin("jupyter-nbconvert"), args, { env: { ...jupyterEnv(dataFolder), ...env } });
}

export const printed = ({ messages }: CellResult, stream = "stdout"): string =>
  messages.map(({ type, content }) => (type === "stream" && content.name === stream ? content.text : "")).join("");

export const errorOf = ({ messages }: CellResult): Content | undefined =>
  messages.find(({ type }) => type === "error")?.content;

function pythonOutput(args: readonly string[], input: string, dataFolder: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(bin("python"), args, { env: jupyterEnv(dataFolder) });
    const [out, errors]: [string[], string[]] = [[], []];
    child.stdout.on("data", (text) => out.push(String(text)));
    child.stderr.on("data", (text) => errors.push(String(text)));
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(out.join("")) : reject(new Error(errors.join("")))));
    child.stdin.end(input);
  });
}
