import { CommanderError } from "commander";

/** The user stopped the command; what is finished is kept. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** Exit codes: 1 the work failed, 2 the command line is wrong, 130 stopped by Ctrl-C. */
export function exitCode(error: unknown): number {
  if (error instanceof Interrupted) return 130;
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return 1;
}

/** What is said of an error: one line, or with `debug` everything there is. Undefined when commander has said it. */
export function errorText(error: unknown, debug: boolean): string | undefined {
  if (error instanceof CommanderError) return undefined;
  if (error instanceof Interrupted) return `dosmith: ${error.message}`;
  if (debug) return `dosmith: ${stackWithCauses(error)}`;
  return `dosmith: ${plainMessage(error)}${isBug(error) ? " (a bug in dosmith, probably; --debug shows where)" : ""}`;
}

/** An error's message on one line; errors of the operating system in words. */
export function plainMessage(error: unknown): string {
  const { code, path, message } = (error ?? {}) as NodeJS.ErrnoException;
  const reason = code === undefined ? undefined : systemReasons[code];
  if (reason) return path === undefined ? reason : `${path}: ${reason}`;
  return (message ?? String(error))
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join("; ");
}

const systemReasons: Record<string, string> = {
  ENOENT: "no such file or folder",
  EISDIR: "expected a file, found a folder",
  ENOTDIR: "a part of the path is a file, not a folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  ENOSPC: "the disk is full",
  EROFS: "the file system is read-only",
  EMFILE: "too many open files",
};

/** Errors that no input should cause. */
function isBug(error: unknown): boolean {
  return error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
}

function stackWithCauses(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\ncaused by: ${stackWithCauses(error.cause)}`;
}
