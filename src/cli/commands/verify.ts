import { Command } from "commander";
import type { Context } from "../context.js";
import { wholeNumber } from "../parse.js";
import type { VerifyCommand } from "../verify/verify.js";
import { choice, examples, group, machineOptions, option } from "./common.js";

export function verifyCommand(context: () => Context): Command {
  const command = new Command("verify")
    .summary("compute the best crystals of a run by DFT")
    .description(
      "Computes site-projected DOS, energy, pressure and largest force of a run's best crystals from first principles, at the " +
        "data set's settings, and adds them to the run's summary.csv and report.html. Finished calculations are kept in the " +
        "run's folder dft/: Ctrl-C loses the unfinished ones only, and the same command continues.",
    )
    .argument("<folder>", "output of dosmith generate")
    .addOption(option(group.dft, "--top <n>", "how many of the best, structurally valid ones", wholeNumber(1), 4))
    .addOption(choice(group.dft, "--code <name>", "what computes", ["gpaw"], "gpaw"))
    .addOption(
      choice(
        group.dft,
        "--relax <what>",
        "what moves before the DOS is taken",
        ["none", "volume", "cell-and-positions"],
        "none",
      ),
    )
    .addOption(
      choice(group.dft, "--prerelax <name>", "relax cell and positions by a learned potential first", ["chgnet"]),
    )
    .addOption(option(group.dft, "--processes <n>", "calculations at a time, a core each", wholeNumber(1), 1))
    .addOption(option(group.dft, "--time-limit <s>", "seconds for one crystal", wholeNumber(1), 600))
    .addOption(option(group.dft, "--python <program>", "Python that has GPAW (default: the first that does)"))
    .addOption(
      option(group.dft, "--prerelax-python <program>", "Python that has the potential (default: as --python)"),
    );
  examples(
    machineOptions(command),
    "dosmith verify out/bas",
    "dosmith verify out/bas --top 8 --relax volume --processes 2",
  );
  return command.action(async (folder: string, options: VerifyCommand) => {
    const { verifyRun } = await import("../verify/verify.js");
    await verifyRun(folder, options, context());
  });
}
