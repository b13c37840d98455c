import { Command } from "commander";
import type { BuildReport, SplitName } from "../../data/index.js";
import type { BuildFilesOptions, ExportOptions } from "../../workbench/index.js";
import type { Context } from "../context.js";
import { addOptions, examples, forceOption, group, needed, needsOut } from "../options.js";
import { textTable } from "../terminal.js";

const sideOption = {
  "--split <side>": ["only this side of the fixed split", ["train", "validation", "test"]],
} as const;

export function dataCommand(context: Context): Command {
  const command = new Command("data").summary("look at, build, export and import data sets");
  for (const make of [infoCommand, listCommand, buildCommand, exportCommand, importCommand])
    command.addCommand(make(context));
  return command;
}

function subcommand(name: string, description: string): Command {
  return new Command(name).description(description);
}

function ofDataset(command: Command): Command {
  return command.argument("[folder]", "data set (default: the bundled one)");
}

async function open(folder: string | undefined) {
  const [{ openDataset }, { bundledOr }] = [
    await import("../../data/index.js"),
    await import("../../workbench/index.js"),
  ];
  const path = bundledOr(folder, "dataset", "its folder");
  return { path, dataset: await openDataset(path) };
}

function infoCommand({ terminal }: Context): Command {
  const command = ofDataset(subcommand("info", "What a data set holds and how it was made."));
  return examples(command, "dosmith data info").action(async (folder: string | undefined) => {
    const { censusMarkdown, takeCensus } = await import("../../data/index.js");
    const { path, dataset } = await open(folder);
    const { name, version, licence, recipe, split, units } = dataset.info!;
    for (const line of [
      `${name}, version ${version}, ${licence} (${path})`,
      recipe,
      `Split: ${split === "formula-hash" ? "fixed, by formula" : "none of its own"}.`,
      ...Object.entries(units).map(([field, unit]) => `${field}: ${unit}`),
      censusMarkdown(takeCensus(dataset)),
    ])
      terminal.out(line);
  });
}

function listCommand({ terminal }: Context): Command {
  const command = ofDataset(subcommand("list", "The records of a data set, as ids for --target."));
  return examples(addOptions(command, group.files, sideOption), "dosmith data list --split test").action(
    async (folder: string | undefined, { split }: { split?: SplitName }) => {
      const { splitOfFormula } = await import("../../data/index.js");
      const { dataset } = await open(folder);
      const rows = Array.from(split ? dataset.split()[split] : dataset, ({ id, formula, crystal }) => {
        return { id, formula, atoms: String(crystal.atomicNumbers.length), split: splitOfFormula(formula) };
      });
      textTable(rows).forEach((line) => terminal.out(line));
    },
  );
}

function exportCommand({ terminal, signal }: Context): Command {
  const command = subcommand("export", "Writes a data set as the reference's JSON list, one record after the other.");
  const out = { "--out <file>": ["JSON file", undefined, needed] } as const;
  addOptions(ofDataset(command), group.files, { ...out, ...forceOption, ...sideOption });
  return examples(command, "dosmith data export --split train --out train.json").action(
    async (folder: string | undefined, options: ExportOptions) => {
      const { exportRecords } = await import("../../workbench/index.js");
      terminal.out(`${options.out}: ${await exportRecords(folder, { ...options, signal })} records`);
    },
  );
}

function buildCommand(context: Context): Command {
  const command = subcommand("build", "Begins a data set from files of records, or adds their new crystals to one.");
  const example =
    "dosmith data build run1.jsonl.gz --out my-set --name my-set --licence CC-BY-4.0 --recipe 'PBE, VASP 6.4, 0.2 eV'";
  return building(command, example, context);
}

function importCommand(context: Context): Command {
  const description =
    "Begins a data set from the reference's JSON list of {structure_id, cell, positions, atomic_numbers, y}, or adds to one.";
  const example =
    "dosmith data import mp.json --out mp --name mp --licence CC-BY-4.0 --recipe 'PBE, LORBIT = 11, 0.2 eV'";
  return building(subcommand("import", description), example, context);
}

function building(command: Command, example: string, { terminal }: Context): Command {
  command.argument("<file...>", "JSON lists of records, or JSON lines, .jsonl or .jsonl.gz");
  return examples(aboutOptions(command), example).action(async (files: string[], options: BuildFilesOptions) => {
    const { buildFromFiles } = await import("../../workbench/index.js");
    buildLines(await buildFromFiles(files, options), options.out).forEach((line) => terminal.out(line));
  });
}

function aboutOptions(command: Command): Command {
  addOptions(command, group.files, needsOut("the data set's folder"));
  return addOptions(command, "A new data set:", {
    "--name <text>": ["its name"],
    "--licence <text>": ["its licence, such as CC-BY-4.0"],
    "--recipe <text>": ["how the spectra were computed, in a sentence or two"],
    "--elements <file>": ["energies of the elements, {symbol: {energy_per_atom_eV, phase}}, for convex hulls"],
    "--split <rule>": [
      "formula-hash: the bundled set's fixed split, whose reserved formulas are refused; none: split by a seed when training",
      ["formula-hash", "none"],
      "none",
    ],
  });
}

function buildLines(report: BuildReport, out: string): string[] {
  const { added, total, repeatedIds, sameCrystals, unfinished, newParts } = report;
  const names = sameCrystals.slice(0, 5).join(", ");
  return [
    `${out}: ${added} crystals added in ${newParts.length} parts, ${total} in all`,
    ...(repeatedIds > 0 ? [`left out: ${repeatedIds} ids that are there already`] : []),
    ...(sameCrystals.length > 0
      ? [`left out: ${sameCrystals.length} crystals that are there under another name (${names})`]
      : []),
    ...unfinished.map(({ file, line }) => `${file}: line ${line} is unfinished and was left out`),
  ];
}
