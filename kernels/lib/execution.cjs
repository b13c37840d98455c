"use strict";
/** Running cells: which one a piece of code belongs to, however late it runs, and how it is interrupted. */
const { AsyncLocalStorage } = require("node:async_hooks");

/** @type {AsyncLocalStorage<Execution>} */
const storage = new AsyncLocalStorage();
/** @type {Execution | undefined} */
let last;

/** Thrown into a cell that the user interrupts. */
class Interrupted extends Error {
  /** @override */
  name = "Interrupted";
}

/** One run of one cell. */
class Execution {
  #controller = new AbortController();

  /** @param {import("./output.cjs").CellOutput} output */
  constructor(output) {
    this.output = output;
    /** Rejects when the cell is interrupted, and otherwise never settles. @type {Promise<never>} */
    this.interruption = new Promise((_, reject) => {
      this.signal.addEventListener("abort", () => reject(this.signal.reason), { once: true });
    });
    this.interruption.catch(() => {});
  }

  /** @returns {AbortSignal} */
  get signal() {
    return this.#controller.signal;
  }

  interrupt() {
    this.#controller.abort(new Interrupted("the cell was interrupted"));
  }

  /** Runs `fn` so that everything it starts knows this execution. @template T @param {() => T} fn */
  run(fn) {
    last = this;
    return storage.run(this, fn);
  }
}

/** The execution that the calling code belongs to, where that is known. */
function executionOfCaller() {
  return storage.getStore();
}

/** The execution that the calling code belongs to, else the latest. */
function currentExecution() {
  return executionOfCaller() ?? last;
}

function lastExecution() {
  return last;
}

/** @param {unknown} error */
function isInterruption(error) {
  return error instanceof Interrupted;
}

/** For code that a cell calls: the AbortSignal of the cell that it belongs to. */
Object.defineProperty(globalThis, "__dosmith_signal", { get: () => currentExecution()?.signal });

module.exports = { Execution, currentExecution, executionOfCaller, isInterruption, lastExecution };
