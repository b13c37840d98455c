import { Command } from "commander";
import type { Context } from "../context.js";
import type { PredictOptions } from "../predict.js";
import { examples, group, machineOptions, option } from "./common.js";

export function predictCommand(context: () => Context): Command {
  const command = new Command("predict")
    .summary("site-projected DOS of structures")
    .description(
      "Predicts the site-projected DOS of structures (states/eV/atom inside the atoms' spheres, both spins; energies in eV " +
        "from the Fermi level or valence-band maximum). Without --json or --out: a short table.",
    )
    .argument("<file...>", "structures: .cif, .vasp, POSCAR, .xyz, .extxyz")
    .addOption(
      option(
        group.files,
        "--json",
        "print one JSON object a line for each structure; one alone is a file for --target",
      ),
    )
    .addOption(option(group.files, "--out <file>", "write these lines to a file instead"))
    .addOption(option(group.files, "--force", "replace the file"))
    .addOption(option(group.files, "--predictor <file>", "DOS predictor (default: the bundled one)"));
  examples(machineOptions(command), "dosmith predict silica.cif --out silica-dos.json");
  return command.action(async (files: string[], options: PredictOptions) => {
    const { predict } = await import("../predict.js");
    await predict(files, options, context());
  });
}
