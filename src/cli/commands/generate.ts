import { Command } from "commander";
import type { RunSettings } from "../../workbench/index.js";
import {
  interval,
  numberIn,
  numberOrAll,
  parseComposition,
  parseElements,
  parseFixedTypes,
  parseTemplateKeep,
  wholeNumber,
} from "../../workbench/setting-texts.js";
import { commandLine, type Context } from "../context.js";
import {
  addOptions,
  examples,
  group,
  judgeOptions,
  machineOptions,
  modelOption,
  needsOut,
  targetOptions,
  type SourceCommand,
  type TargetCommand,
} from "../options.js";
import { follow } from "../terminal.js";

/** The options of `dosmith generate`, as commander gives them. */
interface GenerateCommand extends SourceCommand, TargetCommand, Omit<RunSettings, "template" | "initStructure"> {
  readonly target: string;
  readonly out: string;
  readonly template?: string;
  readonly keep?: NonNullable<RunSettings["template"]>["keep"];
  readonly initStructure?: string;
}

export function generateCommand(context: Context): Command {
  const command = new Command("generate")
    .summary("crystals whose DOS looks like a target")
    .description(
      "Makes crystals whose predicted site-projected density of states looks like a target, and ranks them. " +
        "Finished crystals are written as they come. Ctrl-C keeps them, and the same command continues the run; " +
        "a folder is never overwritten.",
    );
  crystalOptions(targetOptions(command, true));
  samplingOptions(command);
  const out = needsOut("folder for crystals/0001.cif ..., summary.csv, report.html, run.json");
  machineOptions(judgeOptions(addOptions(command, group.files, { ...out, ...modelOption })));
  examples(
    command,
    "dosmith generate --target zincblende-BAs --count 32 --out bas",
    "dosmith generate --target silica.cif --elements Si,O --guidance-weight 2 --seed 7 --out silica",
    "dosmith generate --target dos.json --composition Al4O6 --energy-window -6,0 --out alumina",
  );
  return command.action((options: GenerateCommand) => generate(options, context));
}

async function generate(options: GenerateCommand, context: Context): Promise<void> {
  const { terminal, signal } = context;
  const settings = runSettings(options);
  const { openBench } = await import("../bench.js");
  const { printRun } = await import("../finished-run.js");
  await using bench = await openBench(options);
  const target = await bench.target(options.target, options);
  target.notes.forEach((note) => terminal.note(note));
  const command = commandLine(context);
  const { out } = options;
  const run = await follow(bench.generate(target, { ...settings, out, command, signal }), {
    terminal,
    hint: `The same command continues: ${command}`,
    opening: ({ kept, total }) => {
      if (kept >= total) terminal.note(`${out}: all ${total} crystals are there`);
      else if (kept > 0) terminal.note(`${out}: continuing after ${kept} of ${total} crystals`);
    },
  });
  await printRun(run, terminal);
}

/** @throws Error when --template comes without --keep, or the other way round */
function runSettings(command: GenerateCommand): RunSettings {
  const { count, seed, guidanceWeight, guidanceInterval, numAtoms, elements, composition, fixTypes } = command;
  const { template, keep, initStructure, initNoise, sampler, steps, coordEta, batchSize } = command;
  if ((template === undefined) !== (keep === undefined))
    throw new Error("--template and --keep go together: a structure file, and which of its parts stay");
  return {
    ...{ count, seed, guidanceWeight, guidanceInterval, numAtoms, elements, composition, fixTypes },
    ...{ sampler, steps, coordEta, batchSize },
    ...(template && { template: { crystal: template, keep: keep! } }),
    ...(initStructure && { initStructure, initNoise }),
  };
}

function crystalOptions(command: Command): Command {
  return addOptions(command, group.crystal, {
    "--num-atoms <n>": ["atoms in the cell, where the target has no sites to tell", wholeNumber(1)],
    "--elements <list>": ["allowed elements: Si,O (default: those the model was trained on)", parseElements],
    "--composition <formula>": [
      "exact atoms of the cell, as written: Al2O3 is five atoms, Al4O6 ten",
      parseComposition,
    ],
    "--fix-types <list>": ["elements of chosen sites, from 0: 0=Si,3=O", parseFixedTypes],
    "--template <file>": ["structure to keep parts of; see --keep"],
    "--keep <parts>": [
      "which parts of the template stay: lattice, coords, types; for chosen sites coords:0,1 or types:0,2",
      parseTemplateKeep,
    ],
    "--init-structure <file>": [
      "start from this structure, noised, instead of from pure noise: keeps much of its geometry; the elements follow the target",
    ],
    "--init-noise <share>": [
      "how far --init-structure is noised, 0 (not at all) to 1 (forgotten)",
      numberIn(0, 1),
      0.5,
    ],
  });
}

function samplingOptions(command: Command): Command {
  return addOptions(command, group.sampling, {
    "--count <n>": ["crystals to make", wholeNumber(1), 8],
    "--guidance-weight <w>": [
      "w in (1 + w) eps_cond - w eps_uncond: 0 follows the target plainly, more insists on it",
      numberIn(-1, 100),
      1,
    ],
    "--guidance-interval <A,B>": [
      "share of the noise axis where the weight acts, 0 (clean) to 1 (noise): 0.2,0.8",
      interval(0, 1),
    ],
    "--sampler <name>": [
      "fast: tens of evaluations; predictor-corrector: the reference's, two for each of the model's time steps",
      ["fast", "predictor-corrector"],
      "fast",
    ],
    "--steps <n>": ["evaluations of the fast sampler (default: 100)", wholeNumber(1)],
    "--coord-eta <x>": [
      "fresh noise of the coordinates in the fast sampler: all (default) for regular crystals, 1 for more different ones",
      numberOrAll,
    ],
    "--seed <n>": ["same seed, same crystals", wholeNumber(0), 0],
    "--batch-size <n>": ["crystals computed together", wholeNumber(1), 8],
  });
}
