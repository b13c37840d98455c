import { Command } from "commander";
import type { StudyOptions } from "../../workbench/index.js";
import { interval, numberList, wholeNumber, wordList } from "../../workbench/setting-texts.js";
import type { Context } from "../context.js";
import { plainMessage } from "../../workbench/plain-message.js";
import {
  addOptions,
  examples,
  forceOption,
  group,
  judgeOptions,
  machineOptions,
  modelOption,
  targetOptions,
  type SourceCommand,
  type TargetCommand,
} from "../options.js";
import { follow, textTable } from "../terminal.js";

interface EvaluateCommand extends SourceCommand, TargetCommand, Omit<StudyOptions, "targets" | "use"> {
  readonly target?: string;
  readonly targets?: number;
  readonly qualityTable?: boolean;
}

export function evaluateCommand(context: Context): Command {
  const command = new Command("evaluate")
    .summary("validity and DOS match of structures; the quality table of a model")
    .description(
      "Judges existing structures: validity, symmetry and, with --target, how well their predicted DOS matches it. " +
        "With --quality-table: judges a model over the test split, beside the true structures, retrieval from the " +
        "training split and unconditional crystals. Finished cells are kept beside --out, and the same command continues.",
    )
    .argument("[path...]", "structure files, or folders of them");
  addOptions(targetOptions(command), "Quality table (with --quality-table):", {
    "--quality-table": ["run the study over the test split"],
    ...modelOption,
    "--targets <n>": ["how many test crystals, chosen by --seed (default: all)", wholeNumber(1)],
    "--count <n>": ["crystals for each target", wholeNumber(1), 8],
    "--weights <list>": ["guidance weights", numberList, [0, 0.5, 1, 2, 4]],
    "--samplers <list>": ["fast, predictor-corrector or both", wordList(["fast", "predictor-corrector"]), ["fast"]],
    "--steps <n>": ["evaluations of the fast sampler", wholeNumber(1), 100],
    "--guidance-interval <A,B>": ["share of the noise axis where the weight acts", interval(0, 1)],
    "--seed <n>": ["of the targets, the crystals and the standard errors", wholeNumber(0), 0],
  });
  addOptions(command, group.files, {
    "--out <file>": ["result: .csv of the structures, or .json of the quality table"],
    ...forceOption,
  });
  examples(
    machineOptions(judgeOptions(command)),
    "dosmith evaluate relaxed/ --target zincblende-BAs --out relaxed.csv",
    "dosmith evaluate --quality-table --targets 32 --weights 0,1,2 --out quality.json",
  );
  return command.action((paths: string[], options: EvaluateCommand) =>
    options.qualityTable ? study(paths, options, context) : structures(paths, options, context),
  );
}

async function study(paths: readonly string[], command: EvaluateCommand, context: Context): Promise<void> {
  const { terminal, signal } = context;
  const { out } = command;
  if (paths.length > 0)
    throw new Error(`evaluate: --quality-table makes its own structures; ${paths[0]} has no place here`);
  if (out === undefined) throw new Error("evaluate: --quality-table needs --out FILE.json");
  const { target, maskSites, energyWindow, broaden, use } = command;
  const ofTargets = { target, "mask-sites": maskSites, "energy-window": energyWindow, broaden };
  const given = Object.entries({ ...ofTargets, use: use === "both" ? undefined : use }).find(([, value]) => value);
  if (given)
    throw new Error(
      `evaluate: --quality-table takes the test split's spectra as they are; --${given[0]} has no place here`,
    );
  const { studyTable } = await import("../../workbench/index.js");
  const { openBench } = await import("../bench.js");
  await using bench = await openBench(command);
  const result = await follow(bench.study({ ...command, use: undefined, signal }), {
    terminal,
    opening: ({ kept }) => kept > 0 && terminal.note(`continuing: ${kept} finished cells are kept`),
  });
  textTable(studyTable(result)).forEach((line) => terminal.out(line));
  if (!(await bench.predictors()).independent)
    terminal.note("one predictor both ranked and reported: the best candidates look better than they are");
  terminal.out(`all columns, with standard errors: ${out}`);
}

async function structures(paths: readonly string[], command: EvaluateCommand, { terminal }: Context): Promise<void> {
  const { target: source, out, force } = command;
  if (paths.length === 0) throw new Error("evaluate: name structure files or folders, or ask for the --quality-table");
  const { assertNew, displayRow, findStructures, judgedRow, judgeStructures, toCsv } =
    await import("../../workbench/index.js");
  const { writeFileAtomic } = await import("../../data/index.js");
  const { openBench } = await import("../bench.js");
  if (out !== undefined) assertNew(out, force);
  const { found, unreadable } = await findStructures(paths);
  unreadable.forEach(({ error }) => terminal.note(plainMessage(error)));
  await using bench = await openBench(command);
  const target = source === undefined ? undefined : await bench.target(source, command);
  target?.notes.forEach((note) => terminal.note(note));
  const judged = await judgeStructures(bench, found, target);
  textTable(judged.map((item, k) => displayRow(item, k + 1, item.name))).forEach((line) => terminal.out(line));
  const valid = judged.filter(({ structural }) => structural).length;
  const rest = unreadable.length > 0 ? `; ${unreadable.length} could not be read` : "";
  terminal.out(`${valid} of ${found.length + unreadable.length} structures are structurally valid${rest}`);
  if (out === undefined) return;
  await writeFileAtomic(out, toCsv(judged.map((item, k) => ({ ...judgedRow(item, k + 1), file: item.name }))));
}
