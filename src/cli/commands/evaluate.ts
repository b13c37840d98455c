import { Command } from "commander";
import type { Context } from "../context.js";
import type { EvaluateOptions } from "../evaluate/options.js";
import { interval, numberList, wholeNumber, wordList } from "../parse.js";
import { examples, group, judgeOptions, machineOptions, option, targetOptions } from "./common.js";

const study = "Quality table (with --quality-table):";

export function evaluateCommand(context: () => Context): Command {
  const command = new Command("evaluate")
    .summary("validity and DOS match of structures; the quality table of a model")
    .description(
      "Judges existing structures: validity, symmetry and, with --target, how well their predicted DOS matches it. " +
        "With --quality-table: judges a model over the test split, beside the floor (the true crystals), retrieval from the " +
        "training split and unconditional crystals. Finished cells are kept beside --out, and the same command continues.",
    )
    .argument("[path...]", "structure files, or folders of them");
  targetOptions(command);
  command
    .addOption(option(study, "--quality-table", "run the study over the test split"))
    .addOption(option(study, "--model <file>", "denoiser (default: the bundled one)"))
    .addOption(
      option(study, "--targets <n>", "how many test crystals, chosen by --seed (default: all)", wholeNumber(1)),
    )
    .addOption(option(study, "--count <n>", "crystals for each target", wholeNumber(1), 8))
    .addOption(option(study, "--weights <list>", "guidance weights", numberList, [0, 0.5, 1, 2, 4]))
    .addOption(
      option(
        study,
        "--samplers <list>",
        "fast, predictor-corrector or both",
        wordList(["fast", "predictor-corrector"]),
        ["fast"],
      ),
    )
    .addOption(option(study, "--steps <n>", "evaluations of the fast sampler", wholeNumber(1), 100))
    .addOption(
      option(study, "--guidance-interval <A,B>", "share of the noise axis where the weight acts", interval(0, 1)),
    )
    .addOption(option(study, "--seed <n>", "of the targets, the crystals and the standard errors", wholeNumber(0), 0))
    .addOption(option(group.files, "--out <file>", "result: .csv of the structures, or .json of the quality table"))
    .addOption(option(group.files, "--force", "replace the file"));
  machineOptions(judgeOptions(command));
  examples(
    command,
    "dosmith evaluate relaxed/ --target zincblende-BAs --out relaxed.csv",
    "dosmith evaluate --quality-table --targets 32 --weights 0,1,2 --out quality.json",
  );
  return command.action(async (paths: string[], options: EvaluateOptions) => {
    const { evaluateStructures } = await import("../evaluate/structures.js");
    const { evaluateModel } = await import("../evaluate/study.js");
    await (options.qualityTable
      ? evaluateModel(paths, options, context())
      : evaluateStructures(paths, options, context()));
  });
}
