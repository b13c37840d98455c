"use strict";
/** The kernel's end of the control thread. */
const path = require("node:path");
const { Worker } = require("node:worker_threads");
const { flag, interrupt, permissionName } = require("./interrupts.cjs");

/**
 * Starts the thread and resolves when the control channel is bound.
 * @param {{ transport: string, ip: string, control_port: number, key: string }} connection
 * @param {string} zeromq the module's file
 * @param {(answering: { send: (frames: Frames) => void }, frames: Buffer[]) => unknown} onMessage called with what answers (`send(frames)`) and the frames of every message but interrupt requests
 * @returns {Promise<{ close: () => void }>}
 * @typedef {(Uint8Array | string)[]} Frames
 */
function startControl({ transport, ip, control_port: port, key }, zeromq, onMessage) {
  const workerData = { address: `${transport}://${ip}:${port}`, key, zeromq, flag, permissionName };
  const thread = new Worker(path.join(__dirname, "control-thread.cjs"), { workerData });
  const answering = { send: (/** @type {Frames} */ frames) => thread.postMessage(frames) };
  return new Promise((resolve, reject) => {
    thread.once("error", reject);
    thread.on("message", (message) => {
      if (message === "bound") resolve({ close: () => thread.postMessage("close") });
      else if (message === "interrupt") interrupt();
      else
        void onMessage(
          answering,
          message.map((/** @type {Uint8Array} */ frame) => Buffer.from(frame)),
        );
    });
  });
}

module.exports = { startControl };
