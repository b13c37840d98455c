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
const zmq = require(workerData.zeromq);

const { address, key, flag, permissionName } = workerData;
const delimiter = "<IDS|MSG>";
/** How long JavaScript may run on without noticing. Native code, such as a step of training, is always waited for. */
const graceMs = 1000;

async function main() {
  const socket = new zmq.Router();
  await socket.bind(address);
  parentPort.on("message", (frames) => (frames === "close" ? socket.close() : void socket.send(frames)));
  parentPort.postMessage("bound");
  for await (const frames of socket) receive(socket, frames);
}

function receive(socket, frames) {
  const start = frames.findIndex((frame) => frame.toString() === delimiter);
  const [signature, ...parts] = frames.slice(start + 1);
  if (start < 0 || signature?.toString() !== sign(parts)) return;
  const header = JSON.parse(parts[0]);
  if (header.msg_type !== "interrupt_request") return parentPort.postMessage(frames);
  void insist();
  const reply = [{ ...header, msg_id: randomUUID(), msg_type: "interrupt_reply" }, header, {}, { status: "ok" }];
  const texts = reply.map((part) => JSON.stringify(part));
  void socket.send([...frames.slice(0, start), delimiter, sign(texts), ...texts]);
}

function sign(parts) {
  const hash = createHmac("sha256", key);
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

const unnoticed = () => Atomics.load(flag, 0) === 1;
let insisting = false;

async function insist() {
  Atomics.store(flag, 0, 1);
  parentPort.postMessage("interrupt");
  if (insisting) return;
  insisting = true;
  await sleep(graceMs / 4);
  if (unnoticed()) await withInspector(endWhatRuns);
  insisting = false;
}

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

async function withInspector(use) {
  const session = new Session();
  session.connectToMainThread();
  const ask = (method, parameters) =>
    new Promise((resolve, reject) =>
      session.post(method, parameters, (error, result) => (error ? reject(error) : resolve(result))),
    );
  try {
    await use(ask);
  } finally {
    session.disconnect();
  }
}

void main();
