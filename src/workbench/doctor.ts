import { availableParallelism, cpus, totalmem } from "node:os";
import { openDataset } from "../data/index.js";
import { loadModel, parameterCount } from "../model/index.js";
import {
  availableBackends,
  chooseBackend,
  createEngine,
  measureEngine,
  type BackendChoice,
  type BackendName,
  type BackendStatus,
} from "../runtime/index.js";
import { bundled } from "./bundled.js";
import { Interrupted } from "./interrupted.js";
import { versions } from "./versions.js";

/** What works on this machine, and how fast. */
export interface MachineReport {
  readonly versions: Readonly<Record<string, string>>;
  /** Platform, cores, processor and memory. */
  readonly machine: string;
  readonly backends: readonly MeasuredBackend[];
  /** What "auto" chooses here, and by which trials. */
  readonly choice: BackendChoice;
  readonly files: readonly BundledFileReport[];
}

/** A backend of this machine and how fast it is. */
export interface MeasuredBackend {
  readonly name: BackendName;
  readonly available: boolean;
  /** Why it is not available. */
  readonly reason?: string;
  /** What brings a missing backend. */
  readonly remedy?: string;
  /** Speed of a product of matrices, GFLOP/s; absent for a missing backend. */
  readonly gigaflops?: number;
}

/** A file of the package: what it holds, or why it cannot be used. */
export interface BundledFileReport {
  readonly what: string;
  readonly text?: string;
  readonly error?: Error;
}

const remedies: Partial<Record<BackendName, string>> = {
  "compiled-cpu-int8": "needs a processor with 8-bit products (VNNI or AMX)",
  "compiled-webgpu": "needs a graphics driver with Vulkan, Metal or Direct3D 12; nothing to install from npm",
  "compiled-webgpu-fp16": "needs what compiled-webgpu needs, and half precision in shaders",
  "compiled-cuda":
    "needs onnxruntime's CUDA libraries of the same version beside its binding in onnxruntime-node/bin (Linux, CUDA 12, cuDNN 9)",
  "compiled-cuda-fp16": "needs what compiled-cuda needs",
  "eager-wasm": "npm install @tensorflow/tfjs-backend-wasm@4.22.0",
  "eager-tensorflow": "npm install @tensorflow/tfjs-node-gpu@4.22.0   (or @tensorflow/tfjs-node@4.22.0, without a GPU)",
};

/** Tries every backend and every bundled file. @throws Interrupted when `signal` is aborted */
export async function examineMachine({ signal }: { readonly signal?: AbortSignal } = {}): Promise<MachineReport> {
  const backends: MeasuredBackend[] = [];
  for (const status of await availableBackends()) {
    if (signal?.aborted) throw new Interrupted("stopped");
    backends.push(await measured(status));
  }
  const memory = Math.round(totalmem() / 2 ** 30);
  return {
    versions: versions(),
    machine: `${process.platform} ${process.arch}, ${availableParallelism()} cores (${cpus()[0]?.model ?? "unknown"}), ${memory} GiB`,
    backends,
    choice: await chooseBackend(createEngine),
    files: await Promise.all([
      examined("denoiser", bundled.denoiser, describeModel),
      examined("predictor that ranks", bundled.rankPredictor, describeModel),
      examined("predictor that reports", bundled.reportPredictor, describeModel),
      examined("data set", bundled.dataset, describeDataset),
    ]),
  };
}

/** Small matrices for plain JavaScript, which is a thousand times slower. */
async function measured({ name, available, reason }: BackendStatus): Promise<MeasuredBackend> {
  const remedy = remedies[name];
  if (!available) return { name, available, ...(reason && { reason }), ...(remedy && { remedy }) };
  const engine = await createEngine(name);
  try {
    const size = name === "eager-cpu" ? { n: 128, repeats: 2 } : { repeats: 3 };
    return { name, available, gigaflops: await measureEngine(engine, size) };
  } finally {
    engine.dispose();
  }
}

async function examined(
  what: string,
  path: string,
  read: (path: string) => Promise<string>,
): Promise<BundledFileReport> {
  return read(path).then(
    (text) => ({ what, text }),
    (error: Error) => ({ what, error }),
  );
}

async function describeModel(path: string): Promise<string> {
  const { kind, parameters, info } = await loadModel(path);
  return `${kind}, ${parameterCount(parameters)} parameters, trained on ${info.data ?? info.source ?? "unknown data"}`;
}

async function describeDataset(path: string): Promise<string> {
  const { info, length } = await openDataset(path);
  return `${info?.name} version ${info?.version}, ${length} crystals`;
}
