import { run } from "../../src/cli/program.js";

export { fixture, makeWorkplace, type Workplace } from "../support/workplace.js";

/** A command line run in this process: exit code and what was said. */
export async function dosmith(
  argv: readonly string[],
  signal: AbortSignal = new AbortController().signal,
): Promise<{ code: number; out: string; notes: string[] }> {
  const out: string[] = [];
  const notes: string[] = [];
  const terminal = {
    out: (line: string) => void out.push(line),
    note: (line: string) => void notes.push(line),
    interactive: false,
  };
  return { code: await run(argv, { terminal, signal }), out: out.join("\n"), notes };
}
