import { Command } from "commander";
import { versions } from "../workbench/versions.js";
import { dataCommand } from "./commands/data.js";
import { doctorCommand } from "./commands/doctor.js";
import { dosCommand } from "./commands/dos.js";
import { evaluateCommand } from "./commands/evaluate.js";
import { generateCommand } from "./commands/generate.js";
import { importCommand } from "./commands/import.js";
import { kernelCommand } from "./commands/kernel.js";
import { predictCommand } from "./commands/predict.js";
import { trainCommand } from "./commands/train.js";
import { verifyCommand } from "./commands/verify.js";
import type { Context } from "./context.js";
import { errorText, exitCode } from "./errors.js";
import { processTerminal, safeTerminal, type Terminal } from "./terminal.js";

/** Makes a subcommand; its action works in the context. */
export type MakeCommand = (context: Context) => Command;

/** The subcommands, in the order of the help. This is where a new one is added. */
export const commands: readonly MakeCommand[] = [
  generateCommand,
  predictCommand,
  dosCommand,
  verifyCommand,
  evaluateCommand,
  trainCommand,
  dataCommand,
  importCommand,
  doctorCommand,
  kernelCommand,
];

/** What the command line runs with: its streams and further commands. */
export interface RunOptions {
  /** Default: the process's streams. */
  readonly terminal?: Terminal;
  /** Stops the command; what is finished is kept. */
  readonly signal?: AbortSignal;
  /** Show where an error comes from. */
  readonly debug?: boolean;
  /** Default: dosmith's own. */
  readonly commands?: readonly MakeCommand[];
}

/**
 * Runs a command line (without `node` and the script) and returns the exit code: 0, 1 when the work failed, 2 when the
 * command line is wrong, 130 after Ctrl-C. Every expected failure is one line on `terminal.note`.
 *
 * @example
 *     import { Command } from "commander";
 *     const greet: MakeCommand = ({ terminal }) => new Command("greet").action(() => terminal.out("hello"));
 *     await run(["greet"], { commands: [...commands, greet] });
 */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<number> {
  const { signal = new AbortController().signal, debug = argv.includes("--debug") } = options;
  const terminal = safeTerminal(options.terminal ?? processTerminal());
  const context: Context = { terminal, signal, argv: argv.filter((word) => word !== "--debug") };
  try {
    await createProgram(context, options.commands).parseAsync([...context.argv], { from: "user" });
    return 0;
  } catch (error) {
    const text = errorText(error, debug);
    if (text !== undefined) terminal.note(text);
    return exitCode(error);
  }
}

/** The `dosmith` command with all its subcommands. */
export function createProgram(context: Context, list: readonly MakeCommand[] = commands): Command {
  const program = new Command("dosmith")
    .description(
      "Give a density of states, get crystals: a diffusion model over crystals conditioned on the site-projected electronic DOS.",
    )
    .version(versions().dosmith, "--version", "print the version")
    .helpOption("-h, --help", "print this help")
    .option("--debug", "show where an error comes from (also: DEBUG=1 in the environment)");
  for (const make of list) program.addCommand(make(context));
  program.addHelpText("after", "\ndosmith COMMAND --help shows a command's options with an example.");
  for (const command of [program, ...program.commands, ...program.commands.flatMap((child) => child.commands)])
    prepare(command, context);
  return program;
}

/** Options that have another name today. */
const renamed: Readonly<Record<string, string>> = {
  "--batch": "--batch-size",
  "--data": "--dataset",
  "--seed-crystal": "--init-structure",
  "--seed-noise": "--init-noise",
};

/** Commander throws instead of exiting, and speaks through the terminal, errors on one line. */
function prepare(command: Command, { terminal }: Context): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => terminal.out(text.trimEnd()),
    writeErr: (text) => terminal.note(text.trimEnd()),
    outputError: (text, write) => write(`dosmith: ${errorLine(text)}`),
  });
  command.configureHelp({ showGlobalOptions: false, helpWidth: 110 });
}

function errorLine(text: string): string {
  const line = text
    .trim()
    .replace(/^error: /, "")
    .replaceAll("\n", " ");
  const today = renamed[/^unknown option '(--[\w-]+)/.exec(line)?.[1] ?? ""];
  return today ? `${line.replace(/ \(Did you mean .*\)$/, "")}: it is ${today} now` : line;
}
