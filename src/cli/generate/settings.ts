import { elementSymbol, readCrystalFile } from "../../crystal/index.js";
import type { BackendName } from "../../runtime/index.js";
import type { GenerateOptions, TemplateKeep } from "../../generate/index.js";
import { compositionText } from "../parse.js";
import type { TargetInput } from "../target-input.js";

/** The options of `dosmith generate`, as commander gives them. */
export interface GenerateCommand extends TargetInput {
  readonly count: number;
  readonly out: string;
  readonly guidanceWeight: number;
  readonly guidanceInterval?: [number, number];
  readonly numAtoms?: number;
  readonly elements?: number[];
  readonly composition?: Map<number, number>;
  readonly fixTypes?: Map<number, number>;
  readonly template?: string;
  readonly keep?: TemplateKeep;
  readonly seedCrystal?: string;
  readonly seedNoise: number;
  readonly sampler: "fast" | "predictor-corrector";
  readonly steps?: number;
  readonly coordEta?: number | "all";
  readonly seed: number;
  readonly batch: number;
  readonly model?: string;
  readonly predictor?: string;
  readonly reportPredictor?: string;
  readonly dataset?: string;
  readonly backend: BackendName | "auto";
  readonly threads?: number;
}

/** Written down in run.json, so that a run can be repeated when the library's defaults have changed. */
const fastDefaults = { steps: 100, coordEta: "all" } as const;

/** The library's options for a command. @throws Error when a structure file cannot be read, or options contradict each other */
export async function generateOptions(command: GenerateCommand): Promise<GenerateOptions> {
  const { count, seed, guidanceWeight, guidanceInterval, numAtoms, elements, composition, fixTypes } = command;
  if ((command.template === undefined) !== (command.keep === undefined))
    throw new Error("--template and --keep go together: a structure file, and what of it shall stay");
  if (command.sampler === "predictor-corrector" && command.steps !== undefined)
    throw new Error("--steps is for the fast sampler; predictor-corrector takes every step of the model's schedule");
  if (command.sampler === "predictor-corrector" && command.coordEta !== undefined)
    throw new Error("--coord-eta is for the fast sampler; predictor-corrector has a noise of its own");
  const template = command.template && (await readCrystalFile(command.template));
  const seedCrystal = command.seedCrystal && (await readCrystalFile(command.seedCrystal));
  return {
    count,
    seed,
    guidanceWeight,
    sampler: command.sampler,
    batchSize: Math.min(count, command.batch),
    ...(command.sampler === "fast" && {
      steps: command.steps ?? fastDefaults.steps,
      coordEta: command.coordEta ?? fastDefaults.coordEta,
    }),
    ...(guidanceInterval && { guidanceInterval }),
    ...(numAtoms !== undefined && { numAtoms }),
    ...(elements && { elements }),
    ...(composition && { composition }),
    ...(fixTypes && { fixTypes }),
    ...(template && { template: { crystal: template, keep: command.keep! } }),
    ...(seedCrystal && { initStructure: seedCrystal, initNoise: command.seedNoise }),
  };
}

/** The options as plain data: what `run.json` says, and what a resumed run must agree with. */
export function plainSettings(options: GenerateOptions): Record<string, unknown> {
  const { elements, composition, fixTypes, ...rest } = options;
  return {
    ...rest,
    ...(elements && { elements: elements.map(elementSymbol) }),
    ...(composition && { composition: compositionText(composition) }),
    ...(fixTypes && { fixTypes: Object.fromEntries([...fixTypes].map(([site, z]) => [site, elementSymbol(z)])) }),
  };
}

/** Settings for a reader: short texts, whole structures left out. */
export function readableSettings(settings: Readonly<Record<string, unknown>>): Record<string, string | number> {
  const entries = Object.entries(settings).map(([name, value]): [string, string | number] => {
    if (typeof value === "number" || typeof value === "string") return [name, value];
    if (name === "template") return [name, `keeps ${JSON.stringify((value as { keep: unknown }).keep)}`];
    if (name === "initStructure") return [name, "given"];
    return [name, Array.isArray(value) ? value.join(", ") : JSON.stringify(value)];
  });
  return Object.fromEntries(entries);
}
