import { Command } from "commander";
import type { EnergyGrid, ReadDosOptions } from "../../dos/index.js";
import { energyGrid } from "../../workbench/setting-texts.js";
import type { Context } from "../context.js";
import { addOptions, examples, forceOption, group } from "../options.js";
import { textTable } from "../terminal.js";

interface DosCommand {
  readonly json?: boolean;
  readonly native?: boolean;
  readonly grid?: EnergyGrid;
  readonly orbitals?: boolean;
  readonly spinOrbit?: boolean;
  readonly out?: string;
  readonly force?: boolean;
}

export function dosCommand(context: Context): Command {
  const command = new Command("dos")
    .summary("site-projected DOS of calculations")
    .description(
      "Prints the site-projected DOS of finished calculations: states/eV/atom, spins and orbitals summed, energies in eV from " +
        "the file's Fermi level. Reads VASP's vasprun.xml, pymatgen's CompleteDos (JSON), records of the paper, of a data set or of " +
        "the DFT sidecar (JSON, JSON lines), and dosmith's own JSON; plain or gzip. An id such as mp-149 is fetched from the Materials " +
        "Project with the key in MP_API_KEY, and kept in ~/.cache/dosmith.",
    )
    .argument("<file...>", "files, or ids of the Materials Project; FILE#ID is one entry of a file with several");
  addOptions(command, group.files, {
    "--json": ["print one JSON object a line; one alone is a file for --target"],
    "--native": ["keep the file's own energies"],
    "--grid <A:B:N>": ["N energies from A to B eV (default: -10:10:400, the models')", energyGrid],
    "--orbitals": ["add the parts by spin and orbital to the JSON"],
    "--spin-orbit": ["read the total of a spin-orbit or non-collinear run"],
    "--out <file>": ["write the JSON to a file instead"],
    ...forceOption,
  });
  examples(command, "dosmith dos vasprun.xml", "dosmith dos vasprun.xml.gz --grid -5:5:201 --out dos.json");
  return command.action((files: string[], options: DosCommand) => dos(files, options, context));
}

async function dos(sources: readonly string[], options: DosCommand, { terminal }: Context): Promise<void> {
  const { assertNew, dosNotes, dosSiteRows, plainDos, readDosSource } = await import("../../workbench/index.js");
  const { describeDosFile, requireSites } = await import("../../dos/index.js");
  const { writeFileAtomic } = await import("../../data/index.js");
  const { sourcesFromEnvironment } = await import("../bench.js");
  const { out, native, json, force } = options;
  if (native && options.grid) throw new Error("--native keeps the file's own energies: leave --grid out");
  if (out !== undefined) assertNew(out, force);
  const read: ReadDosOptions = { channels: options.orbitals, spinOrbit: options.spinOrbit ? "total" : "refuse" };
  const grid = native ? ({ grid: "native" } as const) : { grid: options.grid };
  const lines: string[] = [];
  for (const source of sources) {
    for (const file of await readDosSource(source, read, sourcesFromEnvironment())) {
      requireSites(file);
      dosNotes(file, grid).forEach((note) => terminal.note(`${file.source}: ${note}`));
      if (json || out !== undefined) lines.push(JSON.stringify(plainDos(file, grid)));
      else {
        const fermi = file.fermiEnergy;
        const zero = fermi === null ? "the file's zero" : `Fermi level ${fermi.toFixed(4)} eV`;
        const table = textTable(dosSiteRows(file, grid));
        [`${describeDosFile(file)}, ${zero}`, ...table, ""].forEach((line) => terminal.out(line));
      }
    }
  }
  if (out !== undefined) await writeFileAtomic(out, `${lines.join("\n")}\n`);
  else lines.forEach((line) => terminal.out(line));
}
