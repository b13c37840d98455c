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
import type { Context } from "./context.js";
import { Interrupted, plainMessage } from "./errors.js";
import { bundled, versions } from "./files.js";
import { textTable } from "./terminal.js";

/** What brings a backend that is missing. */
const remedies: Partial<Record<BackendName, string>> = {
  "compiled-cpu-int8": "needs a processor with 8-bit products (VNNI or AMX)",
  "compiled-webgpu": "needs a graphics driver with Vulkan, Metal or Direct3D 12; nothing to install from npm",
  "compiled-webgpu-fp16": "needs what compiled-webgpu needs, and half precision in shaders",
  "compiled-cuda": "npm install onnxruntime-node --onnxruntime-node-install=cuda12   (Linux, CUDA 12, cuDNN 9)",
  "compiled-cuda-fp16": "needs what compiled-cuda needs",
  "eager-wasm": "npm install @tensorflow/tfjs-backend-wasm@4.22.0",
  "eager-tensorflow": "npm install @tensorflow/tfjs-node-gpu@4.22.0   (or @tensorflow/tfjs-node@4.22.0, without a GPU)",
};

/** `dosmith doctor`. */
export async function doctor({ terminal, signal }: Context): Promise<void> {
  for (const [name, version] of Object.entries(versions())) terminal.out(`${name} ${version}`);
  const memory = Math.round(totalmem() / 2 ** 30);
  terminal.out(
    `${process.platform} ${process.arch}, ${availableParallelism()} cores (${cpus()[0]?.model ?? "unknown"}), ${memory} GiB`,
  );
  terminal.out("");
  terminal.note("trying the backends ...");
  const statuses = await availableBackends();
  const speeds: string[][] = [];
  for (const status of statuses) {
    if (signal.aborted) throw new Interrupted("stopped");
    speeds.push([status.name, status.available ? "works" : "no", await speed(status)]);
  }
  textTable(["backend", "here", "GFLOP/s"], speeds).forEach((line) => terminal.out(line));
  for (const line of choiceLines(await chooseBackend(createEngine))) terminal.out(line);
  terminal.out("");
  for (const line of await bundledFiles()) terminal.out(line);
  const missing = statuses.filter(({ available }) => !available);
  if (missing.length > 0) terminal.out("\nNot here (compiled-cpu is enough):");
  for (const { name, reason } of missing) terminal.out(`  ${name}: ${reason}\n    ${remedies[name] ?? ""}`);
}

/** Of a product of matrices: small ones for plain JavaScript, which is a thousand times slower. */
async function speed({ name, available }: BackendStatus): Promise<string> {
  if (!available) return "–";
  const engine = await createEngine(name);
  try {
    return (await measureEngine(engine, name === "eager-cpu" ? { n: 128, repeats: 2 } : { repeats: 3 })).toPrecision(3);
  } finally {
    engine.dispose();
  }
}

function choiceLines({ name, trials }: BackendChoice): string[] {
  if (trials.length === 0) return [`--backend auto: ${name} (no graphics processor)`];
  const found = trials.map((trial) => `${trial.name} ${trial.reason ?? `${trial.ms!.toFixed(1)} ms`}`);
  return [`--backend auto: ${name} (trial: ${found.join("; ")})`];
}

async function bundledFiles(): Promise<string[]> {
  return Promise.all([
    describe("denoiser", bundled.denoiser, describeModel),
    describe("predictor that ranks", bundled.rankPredictor, describeModel),
    describe("predictor that reports", bundled.reportPredictor, describeModel),
    describe("data set", bundled.dataset, describeDataset),
  ]);
}

async function describe(what: string, path: string, read: (path: string) => Promise<string>): Promise<string> {
  return read(path).then(
    (text) => `${what}: ${text}`,
    (error: unknown) =>
      `${what}: NOT USABLE: ${plainMessage(error)}\n  npm install dosmith@${versions().dosmith} brings it back`,
  );
}

async function describeModel(path: string): Promise<string> {
  const { kind, parameters, info } = await loadModel(path);
  return `${kind}, ${parameterCount(parameters)} parameters, trained on ${info.data ?? info.source ?? "data that it does not name"}`;
}

async function describeDataset(path: string): Promise<string> {
  const { info, length } = await openDataset(path);
  return `${info?.name} version ${info?.version}, ${length} crystals`;
}
