import { createRequire } from "node:module";
import * as tf from "@tensorflow/tfjs";

/** The tfjs backends that run programs operation by operation. */
export type EagerBackend = "cpu" | "wasm" | "tensorflow" | "webgpu";

/** The packages that provide a backend, best first. "cpu" comes with tfjs. */
const PACKAGES: Record<EagerBackend, readonly string[]> = {
  cpu: [],
  wasm: ["@tensorflow/tfjs-backend-wasm"],
  tensorflow: ["@tensorflow/tfjs-node-gpu", "@tensorflow/tfjs-node"],
  webgpu: ["@tensorflow/tfjs-backend-webgpu"],
};

/**
 * Imports the package that registers a tfjs backend.
 * @throws Error saying which packages were tried and why they do not work here.
 */
export async function loadTfjsBackend(backend: EagerBackend): Promise<void> {
  // A package that is loaded later must not become the default of whoever uses tfjs beside us.
  await tfjsReady();
  if (tf.findBackendFactory(backend)) return;
  const reasons: string[] = [];
  for (const name of PACKAGES[backend]) {
    const reason = await importBackend(name);
    if (tf.findBackendFactory(backend)) return;
    reasons.push(`${name}: ${reason}`);
  }
  throw new Error(`tfjs backend "${backend}" is not available (${reasons.join("; ")})`);
}

/** Imports a package; returns why it brings no backend. */
async function importBackend(name: string): Promise<string> {
  const installed = installedName(name);
  if (installed === undefined) return "not installed";
  // package.json replaces tfjs-node by plain tfjs for danfojs; a second copy of tfjs would only register kernels twice.
  if (installed !== name) return `replaced by ${installed}`;
  try {
    await import(name);
    return "registers no such backend";
  } catch (error) {
    return `cannot be loaded: ${(error as Error).message.split("\n")[0]}`;
  }
}

function installedName(name: string): string | undefined {
  const require = createRequire(import.meta.url);
  try {
    return (require(`${name}/package.json`) as { name: string }).name;
  } catch {
    return undefined;
  }
}

/** tfjs with its default backend started, without the cpu backend's advertisement. */
export async function tfjsReady(): Promise<void> {
  await tf.ready();
  silenceCpuBanner();
}

let silenced = false;

/** tfjs's cpu backend prints a banner at its first use, but not in production mode, which is set for that use. */
function silenceCpuBanner(): void {
  if (silenced) return;
  silenced = true;
  const production = tf.env().getBool("PROD");
  tf.env().set("PROD", true);
  const cpu = tf.findBackend("cpu");
  cpu.disposeData(cpu.write(new Float32Array(1), [1], "float32"), true);
  tf.env().set("PROD", production);
}
