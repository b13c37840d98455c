"use strict";
/** Compiles and runs cells one after the other in one global scope. */
const { setImmediate, setTimeout: sleep } = require("node:timers/promises");
const vm = require("node:vm");
const { CellError, CellSources } = require("./errors.cjs");
const { uninterrupted } = require("./interrupts.cjs");
const { expandShorthand } = require("./shorthand.cjs");

/**
 * @param {import("./tslab.cjs").Tslab} tslab
 * @param {import("./modules.cjs").CellModules} modules
 * @returns an executor for tslab's handler: `execute` runs a cell and returns the value of its last expression, or
 * throws a CellError, which `describe` makes of any error; `complete` and `inspect` answer the editor.
 */
function createExecutor(tslab, modules) {
  const sources = new CellSources(tslab.originalPosition);
  const scope = cellScope();
  Reflect.set(globalThis, "__tslab__", { exports: scope, require: modules.require });
  /** @type {ReturnType<typeof tslab.createConverter> | undefined} */
  let started;
  const converter = () => (started ??= tslab.createConverter({ isJS: false, isBrowser: false }));
  let declarations = "";
  let used = false;

  /** @param {string} code @param {number} number @param {import("./execution.cjs").Execution} execution */
  async function execute(code, number, execution) {
    used = true;
    const expanded = expandShorthand(tslab.ts, code);
    const { output, declOutput = "", ...cell } = uninterrupted(() => converter().convert(declarations, expanded.code));
    modules.update(cell.sideOutputs);
    if (cell.diagnostics.length > 0) throw CellError.ofDiagnostics(cell.diagnostics, code, expanded.columnOf);
    await modules.prepare(code);
    // Compiling may have taken a second. Whoever interrupted meanwhile is heard when the event loop has polled once.
    for (let turn = 0; turn < 2; turn++) await setImmediate();
    sources.add(number, code, output, opening.length);
    // Kept even when the cell fails or is interrupted: what it had made by then stays usable.
    declarations = declOutput;
    try {
      execution.signal.throwIfAborted();
      await unlessInterrupted(runCode(output, sources.nameOf(number), scope, modules.require), execution);
      return await unlessInterrupted(takeValue(scope, cell.lastExpressionVar), execution);
    } catch (error) {
      throw CellError.of(error, sources);
    }
  }

  return {
    execute,
    describe: (/** @type {unknown} */ error) => CellError.of(error, sources),
    complete: (/** @type {string} */ code, /** @type {number} */ position) =>
      uninterrupted(() => converter().complete(declarations, code, position)),
    inspect: (/** @type {string} */ code, /** @type {number} */ position) =>
      uninterrupted(() => converter().inspect(declarations, code, position)),
    startCompiler: () => void uninterrupted(converter),
    /** Reads the library's types, which nearly every notebook needs, unless a cell was quicker. */
    warmUp: () => used || uninterrupted(() => converter().convert("", 'import "dosmith";')),
    close: () => started?.close(),
  };
}

// Always asynchronous: until its first await such a function runs like any other, and tslab overlooks some awaits.
const opening = "(async function(exports, require) { ";

/**
 * The opening shares the code's first line, so that line numbers stay. The code begins in a turn of its own: ended where
 * it stands, it takes nothing of the kernel with it.
 * @param {string} code
 * @param {string} filename
 * @param {Scope} scope
 * @param {(id: string) => unknown} load
 */
async function runCode(code, filename, scope, load) {
  const source = `${opening}${code}\n})`;
  const run = vm.runInThisContext(source, { filename });
  return new Promise((resolve) => setTimeout(() => resolve(run(scope, load)), 0));
}

/** An interrupted job has this long for its `finally` blocks, such as saving a checkpoint, before the cell ends without it. */
const cleanUpMs = 2000;

/**
 * Settles like `job`; interrupted, it throws when the job has ended or has had its time.
 * @template T
 * @param {Promise<T> | T} job
 * @param {import("./execution.cjs").Execution} execution
 * @returns {Promise<T>}
 */
function unlessInterrupted(job, { interruption }) {
  const ended = async (/** @type {unknown} */ reason) => {
    await Promise.race([Promise.resolve(job).catch(() => {}), sleep(cleanUpMs)]);
    throw reason;
  };
  return Promise.race([job, interruption.catch(ended)]);
}

/**
 * The value of the cell's last expression; a promise is awaited, so that a forgotten `await` still shows its outcome.
 * @param {Scope} scope
 * @param {string | undefined} name
 */
function takeValue(scope, name) {
  if (!name) return undefined;
  const value = scope[name];
  delete scope[name];
  return value;
}

/** @typedef {Record<string, unknown>} Scope */

/** The cells' variables. TypeScript exports imports as getters; as plain values they can be assigned anew. @returns {Scope} */
function cellScope() {
  /** @type {Scope} */
  const values = {};
  return new Proxy(values, {
    defineProperty(_, name, descriptor) {
      if (typeof name === "string" && name !== "__esModule")
        values[name] = descriptor.get ? descriptor.get() : descriptor.value;
      return true;
    },
  });
}

/** @typedef {ReturnType<typeof createExecutor>} Executor */

module.exports = { createExecutor };
