import { Command } from "commander";
import type { Context } from "../context.js";
import type { GenerateCommand } from "../generate/settings.js";
import {
  cellComposition,
  elementList,
  fixedTypes,
  interval,
  numberIn,
  numberOrAll,
  templateKeep,
  wholeNumber,
} from "../parse.js";
import { choice, examples, group, judgeOptions, machineOptions, option, targetOptions } from "./common.js";

export function generateCommand(context: () => Context): Command {
  const command = new Command("generate")
    .summary("crystals whose DOS looks like a target")
    .description(
      "Makes crystals whose predicted site-projected density of states looks like a target, and ranks them. " +
        "Finished crystals are written as they come. Ctrl-C keeps them, and the same command continues the run; " +
        "a folder is never overwritten.",
    );
  targetOptions(command);
  const [needed] = command.options;
  needed.makeOptionMandatory();
  crystalOptions(command);
  samplingOptions(command);
  command
    .addOption(
      option(
        group.files,
        "--out <folder>",
        "folder for crystals/0001.cif ..., summary.csv, report.html, run.json",
      ).makeOptionMandatory(),
    )
    .addOption(option(group.files, "--model <file>", "denoiser (default: the bundled one)"));
  machineOptions(judgeOptions(command));
  examples(
    command,
    "dosmith generate --target zincblende-BAs --count 32 --out bas",
    "dosmith generate --target silica.cif --elements Si,O --guidance-weight 2 --seed 7 --out silica",
    "dosmith generate --target dos.json --composition Al4O6 --energy-window -6,0 --out alumina",
  );
  return command.action(async (options: GenerateCommand) => {
    const { generate } = await import("../generate/run.js");
    await generate(options, context());
  });
}

function crystalOptions(command: Command): void {
  command
    .addOption(
      option(
        group.crystal,
        "--num-atoms <n>",
        "atoms in the cell, where the target has no sites to tell",
        wholeNumber(1),
      ),
    )
    .addOption(
      option(
        group.crystal,
        "--elements <list>",
        "allowed elements: Si,O (default: those the model was trained on)",
        elementList,
      ),
    )
    .addOption(
      option(
        group.crystal,
        "--composition <formula>",
        "exact atoms of the cell, as written: Al2O3 is five atoms, Al4O6 ten",
        cellComposition,
      ),
    )
    .addOption(option(group.crystal, "--fix-types <list>", "elements of chosen sites, from 0: 0=Si,3=O", fixedTypes))
    .addOption(option(group.crystal, "--template <file>", "structure of which some parts stay as they are; see --keep"))
    .addOption(
      option(
        group.crystal,
        "--keep <parts>",
        "what of the template stays: lattice, coords, types; for chosen sites coords:0,1 or types:0,2",
        templateKeep,
      ),
    )
    .addOption(
      option(
        group.crystal,
        "--seed-crystal <file>",
        "start from this structure, noised, instead of from pure noise: keeps much of its geometry; the elements follow the target",
      ),
    )
    .addOption(
      option(
        group.crystal,
        "--seed-noise <share>",
        "how far the seed crystal is noised, 0 (not) to 1 (forgotten)",
        numberIn(0, 1),
        0.5,
      ),
    );
}

function samplingOptions(command: Command): void {
  command
    .addOption(option(group.sampling, "--count <n>", "crystals to make", wholeNumber(1), 8))
    .addOption(
      option(
        group.sampling,
        "--guidance-weight <w>",
        "w in (1 + w) eps_cond - w eps_uncond: 0 follows the target plainly, more insists on it",
        numberIn(-1, 100),
        1,
      ),
    )
    .addOption(
      option(
        group.sampling,
        "--guidance-interval <A,B>",
        "share of the noise axis where the weight acts, 0 (clean) to 1 (noise): 0.2,0.8",
        interval(0, 1),
      ),
    )
    .addOption(
      choice(
        group.sampling,
        "--sampler <name>",
        "fast: tens of evaluations; predictor-corrector: the reference's, two for each of the model's time steps",
        ["fast", "predictor-corrector"],
        "fast",
      ),
    )
    .addOption(option(group.sampling, "--steps <n>", "evaluations of the fast sampler (default: 100)", wholeNumber(1)))
    .addOption(
      option(
        group.sampling,
        "--coord-eta <x>",
        "fresh noise of the coordinates in the fast sampler: all (default) for regular crystals, 1 for more different ones",
        numberOrAll,
      ),
    )
    .addOption(option(group.sampling, "--seed <n>", "same seed, same crystals", wholeNumber(0), 0))
    .addOption(option(group.sampling, "--batch <n>", "crystals computed together", wholeNumber(1), 8));
}
