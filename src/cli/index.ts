// The command line as a function: for commands of one's own beside those of dosmith.
export { commandLine, type Context } from "./context.js";
export { commands, createProgram, run, type MakeCommand, type RunOptions } from "./program.js";
export { processTerminal, type Terminal } from "./terminal.js";
