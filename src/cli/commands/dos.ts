import { Command } from "commander";
import type { Context } from "../context.js";
import type { DosOptions } from "../dos.js";
import { energyGrid } from "../parse.js";
import { examples, group, option } from "./common.js";

export function dosCommand(context: () => Context): Command {
  const command = new Command("dos")
    .summary("site-projected DOS of calculations")
    .description(
      "Prints the site-projected DOS of finished calculations: states/eV/atom, spins and orbitals summed, energies in eV from " +
        "the file's Fermi level. Reads VASP's vasprun.xml, pymatgen's CompleteDos (JSON), records of the paper, of a data set or of " +
        "the DFT sidecar (JSON, JSON lines), and dosmith's own JSON; plain or gzip. An id such as mp-149 is fetched from the Materials " +
        "Project with the key in MP_API_KEY, and kept in ~/.cache/dosmith.",
    )
    .argument("<file...>", "files, or ids of the Materials Project; FILE#ID is one entry of a file with several")
    .addOption(option(group.files, "--json", "print one JSON object a line; one alone is a file for --target"))
    .addOption(option(group.files, "--native", "keep the file's own energies"))
    .addOption(
      option(group.files, "--grid <A:B:N>", "N energies from A to B eV (default: -10:10:400, the models')", energyGrid),
    )
    .addOption(option(group.files, "--orbitals", "add the parts by spin and orbital to the JSON"))
    .addOption(option(group.files, "--spin-orbit", "read the total of a spin-orbit or non-collinear run"))
    .addOption(option(group.files, "--out <file>", "write the JSON to a file instead"))
    .addOption(option(group.files, "--force", "replace the file"));
  examples(command, "dosmith dos vasprun.xml", "dosmith dos vasprun.xml.gz --grid -5:5:201 --out dos.json");
  return command.action(async (files: string[], options: DosOptions) => {
    const { dos } = await import("../dos.js");
    await dos(files, options, context());
  });
}
