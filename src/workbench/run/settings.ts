import { atomicNumber, crystalOf, elementSymbol, parseFormula, readCrystalFile } from "../../crystal/index.js";
import type { Crystal, CrystalLike } from "../../crystal/index.js";
import type { GenerateOptions, TemplateKeep } from "../../generate/index.js";

/** A crystal, something that has one, or the path of a structure file. */
export type CrystalSource = string | CrystalLike;

/** Settings of a run: the generator's, with files and symbols where it takes crystals and atomic numbers. */
export interface RunSettings extends Omit<
  GenerateOptions,
  "elements" | "composition" | "template" | "initStructure" | "firstIndex"
> {
  /** Allowed elements: ["Si", "O"] or atomic numbers. Default: those that the model was trained on. */
  readonly elements?: readonly (string | number)[];
  /** Exact atoms of the cell: "Al2O3" is five atoms, "Al4O6" ten. */
  readonly composition?: string | ReadonlyMap<number, number>;
  /** A structure to keep parts of, and which parts. */
  readonly template?: { readonly crystal: CrystalSource; readonly keep: TemplateKeep };
  /** Start from this structure, noised, instead of from pure noise. */
  readonly initStructure?: CrystalSource;
}

/** Written down with a run, so that it can be repeated when the library's defaults have changed. */
const fastDefaults = { steps: 100, coordEta: "all" } as const;

/** The generator's options, defaults written out. @throws Error when a structure file cannot be read */
export async function generateOptions(settings: RunSettings): Promise<GenerateOptions> {
  const { elements, composition, template, initStructure, initNoise = 0.5, ...rest } = settings;
  const { count = 8, batchSize = 8, sampler = "fast" } = rest;
  assertFast(sampler, rest);
  return {
    seed: 0,
    guidanceWeight: 1,
    ...(sampler === "fast" && fastDefaults),
    ...defined(rest),
    count,
    sampler,
    batchSize: Math.min(count, batchSize),
    ...(elements && { elements: elements.map((z) => (typeof z === "string" ? atomicNumber(z) : z)) }),
    ...(composition && { composition: typeof composition === "string" ? parseFormula(composition) : composition }),
    ...(template && { template: { crystal: await crystalFrom(template.crystal), keep: template.keep } }),
    ...(initStructure && { initStructure: await crystalFrom(initStructure), initNoise }),
  };
}

/** The options as plain data: what `run.json` says, and what a resumed run must agree with. */
export function plainSettings(options: GenerateOptions): Record<string, unknown> {
  const { elements, composition, fixTypes, ...rest } = options;
  return withSources({
    ...rest,
    // Who watches changes no crystal.
    frameEvery: undefined,
    ...(elements && { elements: elements.map(elementSymbol) }),
    ...(composition && { composition: compositionText(composition) }),
    ...(fixTypes && { fixTypes: Object.fromEntries([...fixTypes].map(([site, z]) => [site, elementSymbol(z)])) }),
  });
}

/** Samplers and constraints of one's own are functions, of which JSON would keep nothing: their source stands for them. */
function withSources(settings: Record<string, unknown>): Record<string, unknown> {
  const text = JSON.stringify(settings, (_, value: unknown) => (typeof value === "function" ? String(value) : value));
  return JSON.parse(text) as Record<string, unknown>;
}

/** Settings for a reader: short texts, whole structures left out. */
export function readableSettings(settings: Readonly<Record<string, unknown>>): Record<string, string | number> {
  const entries = Object.entries(settings).map(([name, value]): [string, string | number] => {
    if (typeof value === "number" || typeof value === "string") return [name, value];
    if (name === "template") return [name, `keeps ${JSON.stringify((value as { keep: unknown }).keep)}`];
    if (name === "sampler") return [name, (value as { name: string }).name];
    if (name === "constraints") return [name, `${(value as unknown[]).length} of one's own`];
    if (name === "initStructure" || name === "seedCrystal") return [name, "given"];
    return [name, Array.isArray(value) ? value.join(", ") : JSON.stringify(value)];
  });
  return Object.fromEntries(entries);
}

/** A composition as text: "Al2O3". */
export function compositionText(composition: ReadonlyMap<number, number>): string {
  return [...composition].map(([z, n]) => elementSymbol(z) + (n === 1 ? "" : String(n))).join("");
}

/** What the fast sampler takes, and perhaps one that `samplers` was given, but no other. @throws Error that names the option */
function assertFast(sampler: GenerateOptions["sampler"], { steps, coordEta }: RunSettings): void {
  const own = typeof sampler === "object";
  if (!own && sampler !== "predictor-corrector") return;
  const name = typeof sampler === "object" ? `the sampler "${sampler.name}"` : "predictor-corrector";
  if (steps !== undefined)
    throw new Error(
      `steps is for the fast sampler; ${name} takes ${own ? "its own" : "every step of the model's schedule"}`,
    );
  if (coordEta !== undefined) throw new Error(`coordEta is for the fast sampler; ${name} has a noise of its own`);
}

async function crystalFrom(source: CrystalSource): Promise<Crystal> {
  return typeof source === "string" ? readCrystalFile(source) : crystalOf(source);
}

/** Only what was given. */
function defined<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}
