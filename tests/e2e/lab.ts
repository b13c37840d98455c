// A JupyterLab server of the test's own: its settings, kernels and files lie in a temporary folder.
import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installKernels, jupyterEnvironment, root } from "./jupyter.js";

export interface Cell {
  readonly cell_type: string;
  readonly source: string | readonly string[];
  readonly execution_count?: number | null;
  readonly outputs?: readonly Output[];
  readonly [key: string]: unknown;
}

export interface Output {
  readonly output_type: string;
  readonly ename?: string;
  readonly evalue?: string;
  readonly text?: string | readonly string[];
  readonly data?: Readonly<Record<string, unknown>>;
}

export interface Notebook {
  readonly cells: readonly Cell[];
  readonly metadata: { readonly kernelspec?: object };
  readonly [key: string]: unknown;
}

export interface LabServer {
  readonly url: string;
  /** Where notebooks are opened from. */
  readonly folder: string;
  readonly dataFolder: string;
  /** Execution states of the running kernels. */
  kernelStates(): Promise<string[]>;
  stop(): Promise<void>;
}

/** Starts JupyterLab on a free port and waits until it answers. */
export async function startLab(env: Record<string, string>): Promise<LabServer> {
  await jupyterEnvironment();
  const home = await mkdtemp(join(tmpdir(), "dosmith-lab-"));
  const inHome = (name: string) => join(home, name);
  await Promise.all(["config", "data", "runtime", "notebooks"].map((name) => mkdir(inHome(name))));
  await installKernels(inHome("data"));
  await answerNewsQuestion(inHome("config"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = spawn(join(root, ".venv", "bin", "jupyter-lab"), labArguments(port, inHome("notebooks")), {
    env: {
      ...process.env,
      JUPYTER_CONFIG_DIR: inHome("config"),
      JUPYTER_DATA_DIR: inHome("data"),
      JUPYTER_RUNTIME_DIR: inHome("runtime"),
      ...env,
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const log: string[] = [];
  server.stderr.on("data", (text) => log.push(String(text)));
  await answered(server, `${url}/api/status`, log);
  return {
    url,
    folder: inHome("notebooks"),
    dataFolder: inHome("data"),
    async kernelStates() {
      const kernels = (await (await fetch(`${url}/api/kernels`)).json()) as { execution_state: string }[];
      return kernels.map(({ execution_state }) => execution_state);
    },
    async stop() {
      await ended(server);
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** Where our notebooks are. */
export const notebookFolder = join(root, "notebooks");

/** File names of our notebooks, in order. */
export function notebookNames(): string[] {
  return readdirSync(notebookFolder)
    .filter((name) => name.endsWith(".ipynb"))
    .sort();
}

export async function readNotebook(path: string): Promise<Notebook> {
  return JSON.parse(await readFile(path, "utf8")) as Notebook;
}

/** Copies a notebook without its outputs, so that whatever is there afterwards was made by the test. */
export async function copyWithoutOutputs(from: string, to: string): Promise<void> {
  const notebook = await readNotebook(from);
  const cells = notebook.cells.map((cell) =>
    cell.cell_type === "code" ? { ...cell, outputs: [], execution_count: null } : cell,
  );
  await writeFile(to, JSON.stringify({ ...notebook, cells }));
}

/** A notebook of code cells for our kernel. */
export async function writeCells(path: string, cells: readonly string[]): Promise<void> {
  const metadata = { kernelspec: { name: "dosmith", display_name: "dosmith (TypeScript)", language: "typescript" } };
  const written = cells.map((source, i) => ({
    cell_type: "code",
    id: `cell-${i}`,
    metadata: {},
    source,
    outputs: [],
    execution_count: null,
  }));
  await writeFile(path, JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata, cells: written }));
}

/** Notebook files keep text as a list of lines, and JSON types as they are. */
export function outputText(content: unknown): string {
  if (typeof content === "string") return content;
  return Array.isArray(content) ? content.join("") : JSON.stringify(content);
}

function labArguments(port: number, folder: string): string[] {
  return [
    "--no-browser",
    "--allow-root",
    `--port=${port}`,
    "--ServerApp.port_retries=0",
    "--ServerApp.ip=127.0.0.1",
    `--ServerApp.root_dir=${folder}`,
    "--IdentityProvider.token=",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
  ];
}

/** JupyterLab asks at its first start whether it may fetch news; here it may not. */
async function answerNewsQuestion(configFolder: string): Promise<void> {
  const folder = join(configFolder, "lab", "user-settings", "@jupyterlab", "apputils-extension");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "notification.jupyterlab-settings"), JSON.stringify({ fetchNews: "false" }));
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** The server ends its kernels first; one that does not come to its end is ended. */
async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exit = new Promise((resolve) => server.once("exit", resolve));
  const impatience = setTimeout(() => server.kill("SIGKILL"), 10_000);
  server.kill("SIGTERM");
  await exit;
  clearTimeout(impatience);
}

async function answered(server: ChildProcess, url: string, log: readonly string[]): Promise<void> {
  const deadline = Date.now() + 90_000;
  while (Date.now() < deadline && server.exitCode === null) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  server.kill("SIGKILL");
  throw new Error(`JupyterLab did not start:\n${log.join("").slice(-3000)}`);
}
