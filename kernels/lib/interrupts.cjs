"use strict";
/** Interrupt on the kernel's thread: a flag that running code looks at, and what happens when nothing looks. */
const process = require("node:process");
const { syncBuiltinESMExports } = require("node:module");
const timers = require("node:timers/promises");
const { executionOfCaller, lastExecution } = require("./execution.cjs");
const { checkName, flagName } = require("./interruptible.cjs");

/** Shared with the control thread: 1 when the user has pressed Interrupt, 2 when that was noticed, else 0. */
const flag = new Int32Array(new SharedArrayBuffer(4));
const [quiet, pressed, noticed] = [0, 1, 2];

/** Evaluated here by the control thread before it ends what runs; false means: not now. */
const permissionName = "__dosmith_may_terminate";
let precious = 0;

/** The running cell learns that it is to end. */
function interrupt() {
  Atomics.store(flag, 0, noticed);
  lastExecution()?.interrupt();
}

/** A press of the button is meant for the cell that runs, not for the next. */
function forgetInterrupt() {
  Atomics.store(flag, 0, quiet);
}

/**
 * What compiled cells call after every await, and in loops while the flag is up. Throws once their cell is interrupted.
 * @template T
 * @param {T} [value]
 */
function check(value) {
  const execution = executionOfCaller() ?? lastExecution();
  if (Atomics.load(flag, 0) === pressed && execution === lastExecution()) interrupt();
  execution?.signal.throwIfAborted();
  return value;
}

/**
 * The waits that Node offers as promises are such places too, so that a library's job ends at its next one, with its
 * `finally` blocks: our engines wait for the event loop before every run of a program.
 */
function checkTimers() {
  for (const name of /** @type {const} */ (["setImmediate", "setTimeout"])) {
    const original = /** @type {(...args: unknown[]) => Promise<unknown>} */ (timers[name]);
    Reflect.set(timers, name, async (/** @type {unknown[]} */ ...args) => {
      const value = await original(...args);
      executionOfCaller()?.signal.throwIfAborted();
      return value;
    });
  }
  syncBuiltinESMExports();
}

/** Runs `fn`, the compiler for one, whose state would not survive being ended midway. @template T @param {() => T} fn */
function uninterrupted(fn) {
  precious++;
  try {
    return fn();
  } finally {
    precious--;
  }
}

/** Node 20 and 22 abort the process over unbalanced async hooks after a termination, unless told that there are none. */
function mayTerminate() {
  if (precious > 0) return false;
  const { noDeprecation } = process;
  process.noDeprecation = true;
  try {
    const { async_hook_fields: fields, constants } = /** @type {any} */ (process).binding("async_wrap");
    fields[constants.kTotals] = fields[constants.kCheck] = 0;
  } catch {
    // Newer Node has no such binding and needs nothing but --no-force-async-hooks-checks.
  } finally {
    process.noDeprecation = noDeprecation;
  }
  return true;
}

/** Sets up what compiled cells and the control thread look for. */
function installInterrupts() {
  // Fixed properties cost loops nothing: the engine takes them for constants.
  Object.defineProperty(globalThis, flagName, { value: flag });
  Object.defineProperty(globalThis, checkName, { value: check });
  Object.defineProperty(globalThis, permissionName, { value: mayTerminate });
  checkTimers();
  process.on("SIGINT", interrupt);
}

module.exports = { flag, forgetInterrupt, installInterrupts, interrupt, permissionName, uninterrupted };
