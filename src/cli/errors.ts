import { CommanderError } from "commander";
import { Interrupted } from "../workbench/interrupted.js";
import { plainMessage } from "../workbench/plain-message.js";

/** Exit codes: 1 the work failed, 2 the command line is wrong, 130 stopped by Ctrl-C. */
export function exitCode(error: unknown): number {
  if (error instanceof Interrupted) return 130;
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return 1;
}

/** An error as printed: one line, or with `debug` everything there is. Undefined when commander has printed it. */
export function errorText(error: unknown, debug: boolean): string | undefined {
  if (error instanceof CommanderError) return undefined;
  if (error instanceof Interrupted) return `dosmith: ${error.message}`;
  if (debug) return `dosmith: ${stackWithCauses(error)}`;
  return `dosmith: ${plainMessage(error)}${isBug(error) ? " (a bug in dosmith, probably; --debug shows where)" : ""}`;
}

/** Errors that no input should cause. */
function isBug(error: unknown): boolean {
  return error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
}

function stackWithCauses(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\ncaused by: ${stackWithCauses(error.cause)}`;
}
