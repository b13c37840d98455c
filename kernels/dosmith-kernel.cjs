"use strict";
/**
 * The kernel that Jupyter starts: `node dosmith-kernel.cjs CONNECTION_FILE`. tslab compiles the cells and speaks
 * Jupyter's protocol; what tslab gets wrong is done here instead (README.md says what and why).
 */
const process = require("node:process");
const { loadTslab } = require("./lib/tslab.cjs");
const { createCellRequire } = require("./lib/modules.cjs");
const { createExecutor } = require("./lib/executor.cjs");
const { currentExecution, isInterruption } = require("./lib/execution.cjs");
const { installInterrupts } = require("./lib/interrupts.cjs");
const { createServer } = require("./lib/server.cjs");
const { routeOutput } = require("./lib/output.cjs");

/** @param {string[]} args */
function main([connectionFile]) {
  if (!connectionFile) {
    console.error("usage: node dosmith-kernel.cjs CONNECTION_FILE (Jupyter does this; see README.md)");
    process.exit(2);
  }
  const tslab = loadTslab();
  const cellRequire = createCellRequire(process.cwd(), tslab);
  const executor = createExecutor(tslab, cellRequire);
  const server = createServer(tslab, executor, connectionFile);
  routeOutput(tslab);
  installInterrupts();
  const reportStray = (/** @type {string} */ what, /** @type {unknown} */ reason) => {
    if (isInterruption(reason)) return;
    const { content } = executor.describe(reason);
    currentExecution()?.output.write("stderr", `${what}: ${content.traceback.join("\n")}\n`);
  };
  // The kernel outlives whatever a cell leaves behind.
  process.on("uncaughtException", (error) => reportStray("Uncaught", error));
  process.on("unhandledRejection", (reason) => reportStray("A promise that nobody awaited failed", reason));
  executor.startCompiler();
  // In the time in which people look at their notebook.
  return server.init().then(() => setTimeout(() => executor.warmUp(), 300));
}

void main(process.argv.slice(2));
