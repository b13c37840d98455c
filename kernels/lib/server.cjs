"use strict";
/** Jupyter's protocol where tslab falls short of it: errors, queued requests after an error, displays, many messages. */
const process = require("node:process");
const { setTimeout: sleep } = require("node:timers/promises");
const { inspect } = require("node:util");
const { CellError } = require("./errors.cjs");
const { startControl } = require("./control.cjs");
const { Execution, lastExecution } = require("./execution.cjs");
const { forgetInterrupt } = require("./interrupts.cjs");
const { CellOutput } = require("./output.cjs");
const { packageRequire } = require("./tslab.cjs");

/** Requests that were sent before an error became known have arrived by then. */
const collectMs = 20;

/**
 * Jupyter's messages, as far as they are looked at here.
 * @typedef {{ code: string, silent?: boolean, stop_on_error?: boolean }} ExecuteRequest
 * @typedef {object} Message
 * @property {ExecuteRequest} content
 * @property {() => { header: { msg_type: string }, content: object, signAndSend: (key: string, socket: unknown) => void }} createReply
 * @typedef {import("./executor.cjs").Executor} Executor
 */

/**
 * @param {import("./tslab.cjs").Tslab} tslab
 * @param {Executor} executor
 * @param {string} connectionFile
 * @returns tslab's server for one connection, repaired; `init()` starts it.
 */
function createServer(tslab, executor, connectionFile) {
  const { JupyterHandlerImpl, ZmqServer } = tslab.jupyter;

  class Handler extends JupyterHandlerImpl {
    handleKernel() {
      const info = super.handleKernel();
      const { version } = packageRequire("./package.json");
      const language_info = { ...info.language_info, version: tslab.ts.version };
      const banner = `dosmith ${version} (TypeScript ${tslab.ts.version}, Node ${process.versions.node})`;
      return {
        ...info,
        status: "ok",
        implementation: "dosmith",
        implementation_version: version,
        banner,
        language_info,
      };
    }

    // A failing look-up of the editor must not leave it waiting.
    /** @param {{ cursor_pos: number }} request */
    handleComplete(request) {
      const { cursor_pos: cursor } = request;
      const nothing = { status: "ok", matches: [], cursor_start: cursor, cursor_end: cursor, metadata: {} };
      return orElse(() => super.handleComplete(request), nothing);
    }

    /** @param {{ code: string, cursor_pos: number }} request */
    handleInspect(request) {
      const nothing = { status: "ok", found: false, data: {}, metadata: {} };
      return orElse(() => {
        const info = executor.inspect(request.code, request.cursor_pos);
        return info ? { ...nothing, found: true, data: { "text/plain": helpText(tslab.ts, info) } } : nothing;
      }, nothing);
    }
  }

  class Server extends ZmqServer {
    #cells = new CellQueue(executor);
    /** @type {{ close: () => void } | undefined} */
    #control;

    /** @param {{ sendHighWaterMark: number }} socket @param {number} port */
    async bindSocket(socket, port) {
      if (socket === this.control) {
        /** @type {Parameters<typeof startControl>[2]} */
        const onMessage = (answering, frames) => this.handleShellMessage(answering, ...frames);
        this.#control = await startControl(this.connInfo, tslab.zeromq, onMessage);
        return;
      }
      // Without this a burst of messages is silently cut off at the thousandth.
      socket.sendHighWaterMark = 0;
      return super.bindSocket(socket, port);
    }

    /** @param {unknown} socket @param {Message} message */
    async handleExecute(socket, message) {
      const output = new CellOutput((type, content) => this.#send(this.iopub, message, type, content));
      this.#send(socket, message, "execute_reply", await this.#cells.execute(message.content, output));
    }

    /** @param {unknown} socket @param {Message} message */
    handleCommInfoRequest(socket, message) {
      this.#send(socket, message, "comm_info_reply", { status: "ok", comms: {} });
    }

    close() {
      lastExecution()?.interrupt();
      super.close();
      this.#control?.close();
      // A job that does not notice must not keep the process.
      setTimeout(() => process.exit(0), 500);
    }

    /** @param {unknown} socket @param {Message} parent @param {string} type @param {object} content */
    #send(socket, parent, type, content) {
      const message = parent.createReply();
      message.header.msg_type = type;
      message.content = content;
      message.signAndSend(this.connInfo.key, socket);
    }
  }

  return new Server(new Handler(executor, false), connectionFile);
}

/** Cells in the order of their requests. After an error those already waiting are aborted, unless told otherwise. */
class CellQueue {
  /** @type {Promise<unknown>} */
  #last = Promise.resolve();
  #count = 0;
  #errors = 0;

  /** @param {Executor} executor */
  constructor(executor) {
    this.executor = executor;
  }

  /** Resolves with the reply's content; outputs go to `output`. @param {ExecuteRequest} request @param {CellOutput} output */
  execute(request, output) {
    const errorsBefore = this.#errors;
    const turn = this.#last.then(() =>
      this.#errors === errorsBefore ? this.#run(request, output) : { status: "aborted" },
    );
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** @param {ExecuteRequest} request @param {CellOutput} output */
  async #run({ code, silent = false, stop_on_error: stops = true }, output) {
    const number = silent ? this.#count : ++this.#count;
    if (!silent) output.send("execute_input", { code, execution_count: number });
    const execution = new Execution(output);
    forgetInterrupt();
    try {
      const value = await execution.run(() => this.executor.execute(code, number, execution));
      if (value !== undefined && value !== null) output.send("execute_result", resultOf(value, number));
      output.flush();
      return { status: "ok", execution_count: number, user_expressions: {}, payload: [] };
    } catch (error) {
      const { content } = error instanceof CellError ? error : new CellError("KernelError", inspect(error), []);
      output.send("error", content);
      if (execution.signal.aborted) output.close();
      if (stops) await this.#abortWaiting();
      return { status: "error", execution_count: number, ...content };
    }
  }

  /** The reply is held back meanwhile: whoever waits for it before sending the next cell is never aborted. */
  async #abortWaiting() {
    await sleep(collectMs);
    this.#errors++;
  }
}

/** @param {unknown} value @param {number} executionCount */
function resultOf(value, executionCount) {
  return { execution_count: executionCount, data: { "text/plain": inspect(value) }, metadata: {} };
}

/**
 * Signature and doc comment, tags with their names.
 * @param {typeof import("typescript")} ts
 * @param {import("typescript").QuickInfo} info
 */
function helpText(ts, { displayParts, documentation, tags = [] }) {
  const text = (/** @type {import("typescript").SymbolDisplayPart[] | undefined} */ parts) =>
    ts.displayPartsToString(parts);
  const lines = tags.map(({ name, text: parts }) => `@${name} ${text(parts)}`.trimEnd());
  return [text(displayParts), text(documentation), lines.join("\n")].filter(Boolean).join("\n\n");
}

/** @template T @param {() => T} answer @param {T} otherwise */
function orElse(answer, otherwise) {
  try {
    return answer();
  } catch {
    return otherwise;
  }
}

module.exports = { createServer };
