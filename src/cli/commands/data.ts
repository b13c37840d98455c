import { Command } from "commander";
import type { Context } from "../context.js";
import type { BuildCommand, ExportCommand, ListCommand } from "../data.js";
import { choice, examples, group, option } from "./common.js";

const sides = ["train", "validation", "test"];

export function dataCommand(context: () => Context): Command {
  const command = new Command("data").summary("look at, build, export and import data sets");
  return command
    .addCommand(infoCommand(context))
    .addCommand(listCommand(context))
    .addCommand(buildCommand(context))
    .addCommand(exportCommand(context))
    .addCommand(importCommand(context));
}

function infoCommand(context: () => Context): Command {
  const command = new Command("info")
    .description("What a data set holds and how it was made.")
    .argument("[folder]", "data set (default: the bundled one)");
  return examples(command, "dosmith data info").action(async (folder: string | undefined) => {
    const { info } = await import("../data.js");
    await info(folder, context());
  });
}

function listCommand(context: () => Context): Command {
  const command = new Command("list")
    .description("The records of a data set, as ids for --target.")
    .argument("[folder]", "data set (default: the bundled one)")
    .addOption(choice(group.files, "--split <side>", "only this side of the fixed split", sides));
  return examples(command, "dosmith data list --split test").action(
    async (folder: string | undefined, options: ListCommand) => {
      const { list } = await import("../data.js");
      await list(folder, options, context());
    },
  );
}

function buildCommand(context: () => Context): Command {
  const command = new Command("build")
    .description("Begins a data set from files of records, or adds their new crystals to one.")
    .argument("<file...>", "JSON lines, .jsonl or .jsonl.gz, or JSON lists of records");
  examples(
    aboutOptions(command),
    "dosmith data build run1.jsonl.gz --out my-set --name my-set --licence CC-BY-4.0 --recipe 'PBE, VASP 6.4, 0.2 eV'",
  );
  return command.action(async (files: string[], options: BuildCommand) => {
    const { build } = await import("../data.js");
    await build(files, options, context());
  });
}

function importCommand(context: () => Context): Command {
  const command = new Command("import")
    .description(
      "Begins a data set from the reference's JSON list of {structure_id, cell, positions, atomic_numbers, y}, or adds to one.",
    )
    .argument("<file>", "JSON list of records");
  examples(
    aboutOptions(command),
    "dosmith data import mp.json --out mp --name mp --licence CC-BY-4.0 --recipe 'PBE, LORBIT = 11, 0.2 eV'",
  );
  return command.action(async (file: string, options: BuildCommand) => {
    const { build } = await import("../data.js");
    await build([file], options, context());
  });
}

function exportCommand(context: () => Context): Command {
  const command = new Command("export")
    .description("Writes a data set as the reference's JSON list, one record after the other.")
    .argument("[folder]", "data set (default: the bundled one)")
    .addOption(option(group.files, "--out <file>", "JSON file").makeOptionMandatory())
    .addOption(option(group.files, "--force", "replace the file"))
    .addOption(choice(group.files, "--split <side>", "only this side of the fixed split", sides));
  return examples(command, "dosmith data export --split train --out train.json").action(
    async (folder: string | undefined, options: ExportCommand) => {
      const { exportJson } = await import("../data.js");
      await exportJson(folder, options, context());
    },
  );
}

function aboutOptions(command: Command): Command {
  const about = "A new data set:";
  return command
    .addOption(option(group.files, "--out <folder>", "the data set's folder").makeOptionMandatory())
    .addOption(option(about, "--name <text>", "its name"))
    .addOption(option(about, "--licence <text>", "its licence, such as CC-BY-4.0"))
    .addOption(option(about, "--recipe <text>", "how the spectra were computed, in a sentence or two"))
    .addOption(
      option(
        about,
        "--elements <file>",
        "energies of the elements, {symbol: {energy_per_atom_eV, phase}}, for convex hulls",
      ),
    )
    .addOption(
      choice(
        about,
        "--split <rule>",
        "formula-hash: the bundled set's fixed split, whose reserved formulas are refused; none: split by a seed when training",
        ["formula-hash", "none"],
        "none",
      ),
    );
}
