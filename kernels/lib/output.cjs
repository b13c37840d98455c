"use strict";
/** What cells print and show, as Jupyter messages of the cell that it belongs to. */
const { performance } = require("node:perf_hooks");
const process = require("node:process");
const { TextDecoder } = require("node:util");
const { currentExecution } = require("./execution.cjs");

const flushAfterMs = 50;
const flushAtLength = 1 << 16;

/** Output of one execution. Printed text is gathered into few messages: a message a line would be hundreds of times slower. */
class CellOutput {
  #text = "";
  #stream = "stdout";
  #flushedAt = -Infinity;
  #timer = false;
  #closed = false;

  /** @param {(messageType: string, content: object) => void} publish */
  constructor(publish) {
    this.publish = publish;
  }

  /** @param {string} stream @param {string} text */
  write(stream, text) {
    if (this.#closed) return;
    if (stream !== this.#stream) this.flush();
    this.#stream = stream;
    this.#text += text;
    // A cell that never yields still shows what it prints, because the time is looked at here too.
    if (this.#text.length > flushAtLength || performance.now() - this.#flushedAt > flushAfterMs) this.flush();
    else this.#flushSoon();
  }

  #flushSoon() {
    if (this.#timer) return;
    this.#timer = true;
    setTimeout(() => {
      this.#timer = false;
      this.flush();
    }, flushAfterMs);
  }

  flush() {
    const text = this.#text;
    this.#text = "";
    this.#flushedAt = performance.now();
    if (text) this.publish("stream", { name: this.#stream, text });
  }

  /** Sends a message in its place among the printed lines. @param {string} type @param {object} content */
  send(type, content) {
    if (this.#closed) return;
    this.flush();
    this.publish(type, content);
  }

  /** @param {object} data by media type @param {{ displayId?: string, update?: boolean }} [options] */
  display(data, { displayId, update = false } = {}) {
    const transient = displayId === undefined ? {} : { display_id: displayId };
    this.send(update ? "update_display_data" : "display_data", { data, metadata: {}, transient });
  }

  /** What an interrupted cell still does must not show among the outputs of later ones. */
  close() {
    this.flush();
    this.#closed = true;
  }
}

/** Leads everything that is printed or displayed to its cell. @param {import("./tslab.cjs").Tslab} tslab */
function routeOutput(tslab) {
  const decoder = new TextDecoder();
  for (const stream of /** @type {const} */ (["stdout", "stderr"])) {
    /** @param {Uint8Array | string} chunk @param {unknown} [encoding] @param {() => void} [done] */
    const write = (chunk, encoding, done) => {
      currentExecution()?.output.write(stream, typeof chunk === "string" ? chunk : decoder.decode(chunk));
      const callback = typeof encoding === "function" ? encoding : done;
      if (callback) process.nextTick(callback);
      return true;
    };
    process[stream].write = write;
  }
  Object.assign(globalThis, {
    /** @type {CellOutput["display"]} */
    __dosmith_display: (bundle, options) => currentExecution()?.output.display(bundle, options),
    __dosmith_clear_output: (wait = false) => currentExecution()?.output.send("clear_output", { wait }),
  });
  /** @param {object} content @param {boolean} update */
  tslab.jupyter.lastWriteDisplayData = (content, update) =>
    currentExecution()?.output.send(update ? "update_display_data" : "display_data", content);
}

module.exports = { CellOutput, routeOutput };
