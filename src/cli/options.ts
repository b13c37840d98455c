import { InvalidArgumentError, Option, type Command } from "commander";
import { backendNames } from "../runtime/backend-names.js";
import type { EngineOptions, TargetSettings } from "../workbench/index.js";
import { interval, numberIn, parseSites, wholeNumber, type TextParser } from "../workbench/setting-texts.js";

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

/** An option's text, its parser or its choices, and its default; `needed`: it must be given. */
export type OptionSpec = readonly [text: string, take?: TextParser<unknown> | readonly string[], fallback?: unknown];
export const needed = Symbol("an option that must be given");

/** Adds options under a heading, by their flags: `{"--count <n>": ["crystals to make", wholeNumber(1), 8]}`. */
export function addOptions(command: Command, heading: string, specs: Readonly<Record<string, OptionSpec>>): Command {
  for (const [flags, [text, take, fallback]] of Object.entries(specs)) {
    const option = new Option(flags, text).helpGroup(heading);
    if (typeof take === "function") option.argParser(asOption(take));
    else if (take) option.choices(take);
    if (fallback === needed) option.makeOptionMandatory();
    else if (fallback !== undefined) option.default(fallback);
    command.addOption(option);
  }
  return command;
}

/** What commander makes one line of, which names the option. */
function asOption<T>(parse: TextParser<T>): TextParser<T> {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  };
}

/** An example or two below a command's help. */
export function examples(command: Command, ...lines: string[]): Command {
  const title = lines.length > 1 ? "Examples:" : "Example:";
  return command.addHelpText("after", `\n${title}\n${lines.map((line) => `  $ ${line}`).join("\n")}`);
}

/** What describes a target, in every command that takes one. */
export function targetOptions(command: Command, required = false): Command {
  return addOptions(command, group.target, {
    "--target <what>": [
      "a record's id, a calculation (vasprun.xml, CompleteDos or other JSON, also gzip, or mp-149: see dosmith dos), or a structure (.cif, .vasp, POSCAR, .xyz, .extxyz) whose predicted DOS is the target",
      undefined,
      required ? needed : undefined,
    ],
    "--use <spectra>": ["which of the target's spectra to ask for", ["sites", "total", "both"], "both"],
    "--mask-sites <list>": ["only these sites of the target count, from 0: 0,2", parseSites],
    "--energy-window <A,B>": [
      "only these energies count, eV from the Fermi level or valence-band maximum: -4,2",
      interval(),
    ],
    "--energy-zero <how>": [
      "zero of a calculation: move it to the valence-band maximum of a gapped spectrum, or keep it",
      ["auto", "keep"],
      "auto",
    ],
    "--broaden <eV>": ["ask for less detail: Gaussian broadening in all, at least the data's 0.2", numberIn(0.2, 5)],
  });
}

/** Where predictors and data come from, as commander gives it. */
export interface SourceCommand extends EngineOptions {
  readonly model?: string;
  readonly predictor?: string;
  readonly reportPredictor?: string;
  readonly dataset?: string;
}

/** A target's options, as commander gives them. */
export type TargetCommand = TargetSettings;

export const datasetOption = {
  "--dataset <folder>": ["data set: records by id, training crystals (default: the bundled one)"],
} as const;
export const modelOption = { "--model <file>": ["denoiser (default: the bundled one)"] } as const;
export const forceOption = { "--force": ["replace the file"] } as const;
export const needsOut = (text: string) => ({ "--out <folder>": [text, undefined, needed] as const });

export function judgeOptions(command: Command): Command {
  return addOptions(command, group.files, {
    "--predictor <file>": ["DOS predictor that ranks (default: the bundled one)"],
    "--report-predictor <file>": [
      "second, independently trained predictor whose numbers are reported (default: the bundled one)",
    ],
    ...datasetOption,
  });
}

export function machineOptions(command: Command): Command {
  return addOptions(command, group.machine, {
    "--backend <name>": ["compute backend; see dosmith doctor", ["auto", ...backendNames], "auto"],
    "--threads <n>": ["CPU threads of the compiled backends (default: all cores)", wholeNumber(1)],
  });
}
