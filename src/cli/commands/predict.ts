import { Command } from "commander";
import type { Context } from "../context.js";
import { addOptions, examples, forceOption, group, machineOptions, type SourceCommand } from "../options.js";
import { textTable } from "../terminal.js";

interface PredictCommand extends SourceCommand {
  readonly json?: boolean;
  readonly out?: string;
  readonly force?: boolean;
}

export function predictCommand(context: Context): Command {
  const command = new Command("predict")
    .summary("site-projected DOS of structures")
    .description(
      "Predicts the site-projected DOS of structures (states/eV/atom inside the atoms' spheres, both spins; energies in eV " +
        "from the Fermi level or valence-band maximum). Without --json or --out: a short table.",
    )
    .argument("<file...>", "structures: .cif, .vasp, POSCAR, .xyz, .extxyz");
  addOptions(command, group.files, {
    "--json": ["print one JSON object a line for each structure; one alone is a file for --target"],
    "--out <file>": ["write these lines to a file instead"],
    ...forceOption,
    "--predictor <file>": ["DOS predictor (default: the bundled one)"],
  });
  examples(machineOptions(command), "dosmith predict silica.cif --out silica-dos.json");
  return command.action((files: string[], options: PredictCommand) => predict(files, options, context));
}

async function predict(files: readonly string[], options: PredictCommand, { terminal }: Context): Promise<void> {
  const { assertNew, plainPrediction, predictionRows, predictionTitle, readStructures } =
    await import("../../workbench/index.js");
  const { openBench } = await import("../bench.js");
  const { writeFileAtomic } = await import("../../data/index.js");
  if (options.out !== undefined) assertNew(options.out, options.force);
  const structures = await readStructures(files);
  await using bench = await openBench(options);
  const predicted = await (await bench.predictors()).rank.predict(structures);
  const lines = () => structures.map((structure, i) => JSON.stringify(plainPrediction(structure, predicted[i])));
  if (options.out !== undefined) return writeFileAtomic(options.out, `${lines().join("\n")}\n`);
  if (options.json) return lines().forEach((line) => terminal.out(line));
  structures.forEach((structure, i) => {
    terminal.out(predictionTitle(structure, predicted[i]));
    [...textTable(predictionRows(structure, predicted[i])), ""].forEach((line) => terminal.out(line));
  });
}
