#!/usr/bin/env node
import { errorText } from "./errors.js";
import { interruptSignal } from "./interrupt.js";
import { run } from "./program.js";
import { processTerminal, safeTerminal } from "./terminal.js";

const terminal = safeTerminal(processTerminal());
const argv = process.argv.slice(2);
const debug = Boolean(process.env.DEBUG) || argv.includes("--debug");

// `dosmith ... | head` closes the pipe early; that is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

// What escapes every catch is one line too.
process.on("uncaughtException", (error) => {
  terminal.note(errorText(error, debug) ?? "");
  process.exit(1);
});

const code = await run(argv, { terminal, signal: interruptSignal(), debug });
// Writing to a pipe goes on in the background: wait until the reader has it all.
for (const stream of [process.stdout, process.stderr])
  await new Promise((resolve) => stream.write("", () => resolve(undefined)));
// Engines may keep threads alive.
process.exit(code);
