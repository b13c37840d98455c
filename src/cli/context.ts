import type { Terminal } from "./terminal.js";

/** What every command gets besides its options. */
export interface Context {
  readonly terminal: Terminal;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** The command line after `dosmith`, to be shown and kept. */
  readonly argv: readonly string[];
}

/** The command line as one would type it. */
export function commandLine({ argv }: Pick<Context, "argv">): string {
  return ["dosmith", ...argv.map(quoted)].join(" ");
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
