"use strict";
/**
 * Jupyter's control channel on a thread of its own, which hears Interrupt while a cell keeps the kernel's thread busy.
 * First it raises a flag, which ends cells and everything that awaits cleanly. If JavaScript goes on running without
 * noticing, that is ended where it stands, through V8's inspector.
 */
const { createHmac, randomUUID } = require("node:crypto");
const { Session } = require("node:inspector");
const { setTimeout: sleep } = require("node:timers/promises");
const { parentPort, workerData } = require("node:worker_threads");
if (!parentPort) throw new Error("control-thread.cjs: runs as a worker only");
const port = parentPort;
const zmq = require(workerData.zeromq);

/** @type {{ address: string, key: string, flag: Int32Array, permissionName: string }} */
const { address, key, flag, permissionName } = workerData;
const delimiter = "<IDS|MSG>";
/** How long JavaScript may run on without noticing. Native code, such as a step of training, is always waited for. */
const graceMs = 1000;

async function main() {
  const socket = new zmq.Router();
  await socket.bind(address);
  port.on("message", (frames) => (frames === "close" ? socket.close() : void socket.send(frames)));
  port.postMessage("bound");
  for await (const frames of socket) receive(socket, frames);
}

/**
 * @param {{ send: (frames: (Buffer | string)[]) => Promise<void> }} socket
 * @param {Buffer[]} frames
 */
function receive(socket, frames) {
  const start = frames.findIndex((frame) => frame.toString() === delimiter);
  const [signature, ...parts] = frames.slice(start + 1);
  if (start < 0 || signature?.toString() !== sign(parts)) return;
  const header = JSON.parse(String(parts[0]));
  if (header.msg_type !== "interrupt_request") return port.postMessage(frames);
  void insist();
  const reply = [{ ...header, msg_id: randomUUID(), msg_type: "interrupt_reply" }, header, {}, { status: "ok" }];
  const texts = reply.map((part) => JSON.stringify(part));
  void socket.send([...frames.slice(0, start), delimiter, sign(texts), ...texts]);
}

/** @param {(Buffer | string)[]} parts */
function sign(parts) {
  const hash = createHmac("sha256", key);
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

const unnoticed = () => Atomics.load(flag, 0) === 1;
let insisting = false;

async function insist() {
  Atomics.store(flag, 0, 1);
  port.postMessage("interrupt");
  if (insisting) return;
  insisting = true;
  await sleep(graceMs / 4);
  if (unnoticed()) await withInspector(endWhatRuns);
  insisting = false;
}

/** @typedef {(method: string, parameters?: object) => Promise<{ result: { value?: unknown } }>} Ask  the kernel's thread, by the inspector */

/** @param {Ask} ask */
async function endWhatRuns(ask) {
  while (unnoticed()) {
    // Answered by the kernel's thread as soon as it runs JavaScript, be it an endless loop.
    await ask("Runtime.evaluate", { expression: "0" });
    await sleep(graceMs);
    if (!unnoticed()) return;
    const { result } = await ask("Runtime.evaluate", { expression: `${permissionName}()` });
    if (result.value && unnoticed()) await ask("Runtime.terminateExecution");
  }
}

/** @param {(ask: Ask) => Promise<void>} use */
async function withInspector(use) {
  const session = new Session();
  session.connectToMainThread();
  /** @type {Ask} */
  const ask = (method, parameters) =>
    new Promise((resolve, reject) =>
      session.post(method, parameters, (error, result) =>
        error ? reject(error) : resolve(/** @type {Awaited<ReturnType<Ask>>} */ (result)),
      ),
    );
  try {
    await use(ask);
  } finally {
    session.disconnect();
  }
}

void main();
