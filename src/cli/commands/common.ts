import { Option, type Command } from "commander";
import { backendNames } from "../../runtime/backend-names.js";
import { interval, numberIn, siteList, wholeNumber, type Parser } from "../parse.js";

/** Headings under which help lists the options. */
export const group = {
  target: "Target:",
  crystal: "What the crystals may be:",
  sampling: "Sampling:",
  files: "Models, data and output:",
  training: "Training:",
  dft: "First principles:",
  machine: "Machine:",
} as const;

/** An option with its parser and its heading; `fallback` shows in help as the default. */
export function option<T>(heading: string, flags: string, text: string, parse?: Parser<T>, fallback?: T): Option {
  const made = new Option(flags, text).helpGroup(heading);
  if (parse) made.argParser(parse);
  return fallback === undefined ? made : made.default(fallback);
}

/** An option that takes one of some words. */
export function choice(
  heading: string,
  flags: string,
  text: string,
  words: readonly string[],
  fallback?: string,
): Option {
  const made = option(heading, flags, text).choices(words);
  return fallback === undefined ? made : made.default(fallback);
}

/** What describes a target, in every command that takes one. */
export function targetOptions(command: Command): Command {
  return command
    .addOption(
      option(
        group.target,
        "--target <what>",
        "a record's id, a calculation (vasprun.xml, CompleteDos or other JSON, also gzip, or mp-149: see dosmith dos), or a structure (.cif, .vasp, POSCAR, .xyz, .extxyz) whose predicted DOS is the target",
      ),
    )
    .addOption(
      choice(
        group.target,
        "--use <spectra>",
        "which of the target's spectra to ask for",
        ["sites", "total", "both"],
        "both",
      ),
    )
    .addOption(
      option(group.target, "--mask-sites <list>", "only these sites of the target count, from 0: 0,2", siteList),
    )
    .addOption(
      option(
        group.target,
        "--energy-window <A,B>",
        "only these energies count, eV from the Fermi level or valence-band maximum: -4,2",
        interval(),
      ),
    )
    .addOption(
      choice(
        group.target,
        "--energy-zero <how>",
        "zero of a calculation: move it to the valence-band maximum of a gapped spectrum, or keep it",
        ["auto", "keep"],
        "auto",
      ),
    )
    .addOption(
      option(
        group.target,
        "--broaden <eV>",
        "ask for less detail: Gaussian broadening in all, at least the data's 0.2",
        numberIn(0.2, 5),
      ),
    );
}

export function judgeOptions(command: Command): Command {
  return command
    .addOption(option(group.files, "--predictor <file>", "DOS predictor that ranks (default: the bundled one)"))
    .addOption(
      option(
        group.files,
        "--report-predictor <file>",
        "second, independently trained predictor whose numbers are reported (default: the bundled one)",
      ),
    )
    .addOption(
      option(
        group.files,
        "--dataset <folder>",
        "data set: records by id, training crystals (default: the bundled one)",
      ),
    );
}

export function machineOptions(command: Command): Command {
  return command
    .addOption(
      choice(group.machine, "--backend <name>", "what computes; see dosmith doctor", ["auto", ...backendNames], "auto"),
    )
    .addOption(
      option(
        group.machine,
        "--threads <n>",
        "CPU threads of the compiled backends (default: all cores)",
        wholeNumber(1),
      ),
    );
}

/** An example or two below a command's help. */
export function examples(command: Command, ...lines: string[]): Command {
  const title = lines.length > 1 ? "Examples:" : "Example:";
  return command.addHelpText("after", `\n${title}\n${lines.map((line) => `  $ ${line}`).join("\n")}`);
}
