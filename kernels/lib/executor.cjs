"use strict";
/** Compiles and runs cells one after the other in one global scope. */
const { setImmediate } = require("node:timers/promises");
const vm = require("node:vm");
const { CellError, CellSources } = require("./errors.cjs");
const { isInterruption } = require("./execution.cjs");
const { expandShorthand } = require("./shorthand.cjs");

/**
 * @returns an executor for tslab's handler: `execute` runs a cell and returns the value of its last expression, or
 * throws a CellError; `complete` and `inspect` answer the editor.
 */
function createExecutor(tslab, modules) {
  const sources = new CellSources(tslab.originalPosition);
  const scope = cellScope();
  globalThis.__tslab__ = { exports: scope, require: modules.require };
  let started;
  const converter = () => (started ??= tslab.createConverter({ isJS: false, isBrowser: false }));
  let declarations = "";

  async function execute(code, number, execution) {
    const expanded = expandShorthand(tslab.ts, code);
    const { output, declOutput = "", ...cell } = converter().convert(declarations, expanded.code);
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
      await Promise.race([runCode(output, sources.nameOf(number)), execution.interruption]);
      return await lastValue(scope, cell.lastExpressionVar, execution);
    } catch (error) {
      if (isInterruption(error)) execution.interrupt();
      throw CellError.of(error, sources);
    }
  }

  return {
    execute,
    complete: (code, position) => converter().complete(declarations, code, position),
    inspect: (code, position) => converter().inspect(declarations, code, position),
    warmUp: () => void converter(),
    close: () => started?.close(),
  };
}

// Always asynchronous: until its first await such a function runs like any other, and tslab overlooks some awaits.
const opening = "(async function(exports, require) { ";

/** The opening shares the code's first line, so that line numbers stay. */
function runCode(code, filename) {
  const source = `${opening}${code}\n})(__tslab__.exports, __tslab__.require)`;
  return vm.runInThisContext(source, { filename, breakOnSigint: true });
}

/** The value of the cell's last expression; a promise is awaited, so that a forgotten `await` still shows its outcome. */
async function lastValue(scope, name, { interruption }) {
  if (!name) return undefined;
  const value = scope[name];
  delete scope[name];
  return Promise.race([value, interruption]);
}

/** The cells' variables. TypeScript exports imports as getters; as plain values they can be assigned anew. */
function cellScope() {
  const values = {};
  return new Proxy(values, {
    defineProperty(_, name, descriptor) {
      if (name !== "__esModule") values[name] = descriptor.get ? descriptor.get() : descriptor.value;
      return true;
    },
  });
}

module.exports = { createExecutor };
