"use strict";
/** Errors of cells as Jupyter wants them: a name, a message, and a short trace in terms of what the user wrote. */
const { inspect } = require("node:util");
const { isInterruption } = require("./execution.cjs");
const { root } = require("./tslab.cjs");

const framesShown = 6;
const cellPlace = /\bcell (\d+):(\d+):(\d+)/;

/**
 * @typedef {import("./tslab.cjs").Tslab["originalPosition"]} OriginalPosition
 * @typedef {{ start: { line: number, character: number }, messageText: string, fileName?: string }} Diagnostic
 * @typedef {{ ename: string, evalue: string, traceback: string[] }} ErrorContent
 */

/** What was written in each cell and what was compiled from it, by execution number. */
class CellSources {
  /** @type {Map<number, { lines: string[], output: string, length: number, shift: number }>} */
  #cells = new Map();

  /** @param {OriginalPosition} originalPosition */
  constructor(originalPosition) {
    this.originalPosition = originalPosition;
  }

  /**
   * @param {number} number
   * @param {string} code as the user wrote it
   * @param {string} output as it was compiled
   * @param {number} shift columns that stand before `output` in the first line that runs
   */
  add(number, code, output, shift) {
    this.#cells.set(number, { lines: code.split("\n"), output, length: output.split("\n").length, shift });
  }

  /** @param {number} number */
  nameOf(number) {
    return `cell ${number}`;
  }

  /**
   * "cell 3, line 2: const x = f();" for a place in compiled code; undefined for what the kernel put around it.
   * @param {number} number
   * @param {number} line
   * @param {number} column
   */
  describe(number, line, column) {
    const cell = this.#cells.get(number);
    if (cell && line > cell.length) return undefined;
    const at = cell && this.originalPosition(cell.output, line, Math.max(1, line === 1 ? column - cell.shift : column));
    if (!at) return `cell ${number}`;
    const text = cell.lines[at.line - 1]?.trim();
    return `cell ${number}, line ${at.line}${text ? `: ${text}` : ""}`;
  }
}

/** The content of an `error` message. */
class CellError extends Error {
  /**
   * @param {string} ename
   * @param {string} evalue
   * @param {string[]} trace
   */
  constructor(ename, evalue, trace) {
    super(evalue);
    /** @type {ErrorContent} */
    this.content = { ename, evalue, traceback: [`\u001b[31m${ename}\u001b[39m: ${evalue}`, ...trace] };
  }

  /** @param {unknown} error @param {CellSources} sources */
  static of(error, sources) {
    if (isInterruption(error)) return new CellError("Interrupted", "the cell was interrupted", []);
    if (!isErrorLike(error)) return new CellError("Thrown", inspect(error), ["(a value that is no Error was thrown)"]);
    return new CellError(error.name, messageOf(error), [...traceOf(error, sources), ...causes(error)]);
  }

  /**
   * What the type checker says, each with its line of the cell.
   * @param {readonly Diagnostic[]} diagnostics
   * @param {string} code
   * @param {(line: number, column: number) => number} columnOf
   */
  static ofDiagnostics(diagnostics, code, columnOf) {
    const lines = code.split("\n");
    const trace = diagnostics.flatMap(({ start, messageText, fileName }) => [
      `${fileName ? `${fileName}, ` : ""}line ${start.line + 1}: ${messageText}`,
      ...(fileName
        ? []
        : [`    ${lines[start.line] ?? ""}`, `    ${" ".repeat(columnOf(start.line, start.character))}^`]),
    ]);
    return new CellError("TypeScriptError", diagnostics[0]?.messageText ?? "", trace);
  }
}

/** Variables of earlier cells are properties of `exports` to the engine, which says so. @param {Error} error */
function messageOf({ message }) {
  return String(message).replace(/\bexports\.(?=[\w$]+ is not )/g, "");
}

/** @param {unknown} error @returns {error is Error & { stack: string }} */
function isErrorLike(error) {
  return (
    typeof error === "object" &&
    error !== null &&
    "stack" in error &&
    typeof error.stack === "string" &&
    "message" in error
  );
}

/**
 * The frames of the cells, and of this package where the error began; the kernel's, Node's and libraries' are left out.
 * @param {{ stack: string }} error
 * @param {CellSources} sources
 */
function traceOf({ stack }, sources) {
  const frames = stack.split("\n").filter((line) => /^\s+at /.test(line));
  const short = frames.flatMap((frame) => shortFrame(frame, sources) || []);
  return short.filter((frame, i) => frame !== short[i - 1]).slice(0, framesShown);
}

/** @param {string} frame @param {CellSources} sources */
function shortFrame(frame, sources) {
  const name = /^\s+at (?:async )?(?:(?:Proxy|Object)\.)?([\w.$<> #[\]]+) \(/.exec(frame)?.[1];
  const cell = cellPlace.exec(frame);
  if (cell) {
    const place = sources.describe(Number(cell[1]), Number(cell[2]), Number(cell[3]));
    return place && `    at ${name ? `${name}, ` : ""}${place}`;
  }
  const own = frame.split(`${root}/dist/`)[1] ?? frame.split(`${root}\\dist\\`)[1];
  return own && `    at ${name ? `${name}, ` : ""}dosmith/${own.replace(/\)$/, "")}`;
}

/** @param {Error} error @returns {string[]} */
function causes({ cause }) {
  return isErrorLike(cause) ? [`caused by ${cause.name}: ${messageOf(cause)}`, ...causes(cause)] : [];
}

module.exports = { CellError, CellSources };
