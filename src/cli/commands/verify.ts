import { Command } from "commander";
import type { VerifyRunOptions } from "../../workbench/index.js";
import { wholeNumber } from "../../workbench/setting-texts.js";
import { commandLine, type Context } from "../context.js";
import { addOptions, examples, group, machineOptions, type SourceCommand } from "../options.js";
import { follow } from "../terminal.js";

interface VerifyCommand extends SourceCommand, VerifyRunOptions {}

export function verifyCommand(context: Context): Command {
  const command = new Command("verify")
    .summary("compute the best crystals of a run by DFT")
    .description(
      "Computes site-projected DOS, energy, pressure and largest force of a run's best crystals from first principles, at the " +
        "data set's settings, and adds them to the run's summary.csv and report.html. Finished calculations are kept in the " +
        "run's folder dft/: Ctrl-C loses the unfinished ones only, and the same command continues.",
    )
    .argument("<folder>", "output of dosmith generate");
  addOptions(command, group.dft, {
    "--top <n>": ["how many of the best, structurally valid ones", wholeNumber(1), 4],
    "--code <name>": ["first-principles code", ["gpaw"], "gpaw"],
    "--relax <what>": ["what moves before the DOS is taken", ["none", "volume", "cell-and-positions"], "none"],
    "--prerelax <name>": ["relax cell and positions by a learned potential first", ["chgnet"]],
    "--processes <n>": ["calculations at a time, a core each", wholeNumber(1), 1],
    "--time-limit <s>": ["seconds for one crystal", wholeNumber(1), 600],
    "--python <program>": ["Python that has GPAW (default: the first that does)"],
    "--prerelax-python <program>": ["Python that has the potential (default: as --python)"],
  });
  examples(
    machineOptions(command),
    "dosmith verify out/bas",
    "dosmith verify out/bas --top 8 --relax volume --processes 2",
  );
  return command.action((folder: string, options: VerifyCommand) => verify(folder, options, context));
}

async function verify(folder: string, command: VerifyCommand, context: Context): Promise<void> {
  const { readRunFolder } = await import("../../workbench/index.js");
  const { openBench } = await import("../bench.js");
  const { printRun } = await import("../finished-run.js");
  const { terminal, signal } = context;
  const { backend, threads, ...options } = command;
  // The run's own predictors and data set judge it again.
  const { predictor, reportPredictor, dataset } = (await readRunFolder(folder)).file.judging;
  await using bench = await openBench({ predictor, reportPredictor, dataset, backend, threads });
  const run = await bench.openRun(folder);
  const hint = `The same command continues: ${commandLine(context)}`;
  await printRun(await follow(bench.verify(run, { ...options, signal }), { terminal, hint }), terminal);
}
