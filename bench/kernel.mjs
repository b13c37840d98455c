// The notebook kernel, through Jupyter's own client.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installKernel } from "../kernels/install.mjs";
import { lastLine, median } from "./measure.mjs";

const script = fileURLToPath(new URL("kernel.py", import.meta.url));

/**
 * Medians, in milliseconds, of what a notebook waits for: `readyMs` until a started kernel answers, `importMs` for a
 * first cell that imports the library, sent at that moment. Undefined where there is no Jupyter in `python`'s environment.
 * @param {string} python
 * @param {number} repeats
 */
export async function kernelStart(python, repeats) {
  if (!existsSync(python)) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "dosmith-bench-"));
  try {
    await installKernel({ prefix: folder });
    const env = { ...process.env, JUPYTER_PATH: join(folder, "share", "jupyter") };
    const runs = Array.from({ length: repeats }, () => startOnce(python, env));
    return { readyMs: median(runs.map((run) => run.readyMs)), importMs: median(runs.map((run) => run.importMs)) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * @param {string} python
 * @param {NodeJS.ProcessEnv} env
 * @returns {{ readyMs: number, importMs: number }}
 */
function startOnce(python, env) {
  const { status, stdout, stderr } = spawnSync(python, [script], { cwd: tmpdir(), env, encoding: "utf8" });
  if (status !== 0) throw new Error(`benchmark of the kernel failed: ${stderr}`);
  return JSON.parse(lastLine(stdout));
}
