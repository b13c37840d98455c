import { Command } from "commander";
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
import { versions } from "./files.js";
import type { Terminal } from "./terminal.js";

/**
 * Runs a command line (without `node` and the script) and returns the exit code: 0, 1 when the work failed, 2 when the
 * command line is wrong, 130 after Ctrl-C. Every expected failure is one line on `terminal.note`.
 */
export async function run(
  argv: readonly string[],
  terminal: Terminal,
  signal: AbortSignal,
  debug = argv.includes("--debug"),
): Promise<number> {
  const context: Context = { terminal, signal, argv: argv.filter((word) => word !== "--debug") };
  try {
    await createProgram(context).parseAsync([...context.argv], { from: "user" });
    return 0;
  } catch (error) {
    const text = errorText(error, debug);
    if (text !== undefined) terminal.note(text);
    return exitCode(error);
  }
}

/** The `dosmith` command with all its subcommands. */
export function createProgram(context: Context): Command {
  const program = new Command("dosmith")
    .description(
      "Give a density of states, get crystals: a diffusion model over crystals conditioned on the site-projected electronic DOS.",
    )
    .version(versions().dosmith, "--version", "print the version")
    .helpOption("-h, --help", "print this help")
    .option("--debug", "show where an error comes from (also: DEBUG=1 in the environment)");
  for (const make of [
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
  ])
    program.addCommand(make(() => context));
  program.addHelpText("after", "\ndosmith COMMAND --help shows a command's options with an example.");
  for (const command of [program, ...program.commands, ...program.commands.flatMap((child) => child.commands)])
    prepare(command, context);
  return program;
}

/** Commander throws instead of exiting, and speaks through the terminal, errors on one line. */
function prepare(command: Command, { terminal }: Context): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => terminal.out(text.trimEnd()),
    writeErr: (text) => terminal.note(text.trimEnd()),
    outputError: (text, write) =>
      write(
        `dosmith: ${text
          .trim()
          .replace(/^error: /, "")
          .replaceAll("\n", " ")}`,
      ),
  });
  command.configureHelp({ showGlobalOptions: false, helpWidth: 110 });
}
