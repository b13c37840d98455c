import { z } from "zod";
import type { Crystal } from "../../crystal/index.js";
import { parseJson } from "../../base/json.js";
import type { PlainTarget } from "../target-json.js";
import type { SourcedTarget } from "../target.js";

/** The format that this version writes. Folders of "dosmith-run-1" are read, but not continued. */
export const runFormat = "dosmith-run-2";

/** What `run.json` says: everything needed to make the same crystals again. */
export interface RunFile {
  readonly format: typeof runFormat | "dosmith-run-1";
  /** The command or call that repeats the run. */
  readonly command: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly run: RunFacts;
  /** How its crystals are judged. */
  readonly judging: RunJudging;
}

/** A resumed run must agree in all of this; the rest may change. */
export interface RunFacts {
  /** The generator's options as plain data. */
  readonly settings: { readonly count: number; readonly seed: number; readonly [name: string]: unknown };
  readonly backend: string;
  readonly target: StoredTarget;
  /** Of the denoiser's file. */
  readonly model: { readonly sha256: string };
  readonly predictors: { readonly rank: string; readonly report: string };
}

/** A target as plain data, and what it was made from. */
export interface StoredTarget extends PlainTarget {
  readonly source: string;
}

/** Sources and facts that the summary and the report of a run are made from. */
export interface RunJudging {
  readonly model: { readonly name: string; readonly trainedOn: string };
  /** Paths of what was not the bundled one. */
  readonly predictor?: string;
  readonly reportPredictor?: string;
  readonly dataset?: string;
  readonly broaden?: number;
  /** The crystal that the target belongs to, where it is known, and its side of the split. */
  readonly trueCrystal?: Crystal;
  readonly side?: SourcedTarget["side"];
}

const vector = z.tuple([z.number(), z.number(), z.number()]);
const crystal = z.object({
  latticeMatrix: z.tuple([vector, vector, vector]),
  fracCoords: z.array(vector),
  atomicNumbers: z.array(z.int().min(1)),
});
const schema = z.object({
  format: z.enum(["dosmith-run-1", runFormat]),
  command: z.string(),
  versions: z.record(z.string(), z.string()),
  run: z.looseObject({
    settings: z.looseObject({ count: z.int().min(1), seed: z.int().min(0) }),
    backend: z.string(),
    target: z.looseObject({
      source: z.string(),
      label: z.string(),
      energyShift: z.number(),
      siteMask: z.array(z.boolean()).optional(),
      energyWindow: z.tuple([z.number(), z.number()]).optional(),
      atomCount: z.int().min(1).optional(),
      energies: z.array(z.number()).min(2),
      siteDos: z.array(z.array(z.number())).min(1).optional(),
      totalDos: z.array(z.number()).optional(),
    }),
    model: z.object({ sha256: z.string() }),
    predictors: z.object({ rank: z.string(), report: z.string() }),
  }),
  judging: z.object({
    model: z.object({ name: z.string(), trainedOn: z.string() }),
    predictor: z.string().optional(),
    reportPredictor: z.string().optional(),
    dataset: z.string().optional(),
    broaden: z.number().positive().optional(),
    trueCrystal: crystal.optional(),
    side: z.enum(["train", "validation", "test", "reserved"]).optional(),
  }),
}) satisfies z.ZodType<RunFile>;

/**
 * Reads the text of a `run.json`.
 * @throws Error that names the file, the key, what was expected and what was found; for a version too old, which one it was
 */
export function parseRunFile(text: string, file: string): RunFile {
  const value = parseJson(text, file);
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { format, judging, versions } = (value ?? {}) as Partial<Record<keyof RunFile, unknown>>;
  if (format === "dosmith-run-1" && judging === undefined)
    throw new Error(`${file}: made by ${madeBy(versions)}, too old to be read; generate again into another folder`);
  const [{ path, message }] = parsed.error.issues;
  throw new Error(`${file}: ${path.join(".") || "the whole file"}: ${inWords(message)}; it is no run of dosmith`);
}

/** "dosmith 0.1.0" */
export function madeBy(versions: unknown): string {
  const { dosmith } = (versions ?? {}) as { dosmith?: unknown };
  return `dosmith ${typeof dosmith === "string" ? dosmith : "of an unknown version"}`;
}

/** Indented, lists of numbers on one line; within a text, "run [1 2].cif", there is no line break and nothing changes. */
export function runFileText(run: RunFile): string {
  return `${JSON.stringify(run, null, 1).replace(/\[\n[-\s\d.,e+]+\]/g, (list) => list.replace(/\s+/g, ""))}\n`;
}

function inWords(message: string): string {
  return message.replace(/^Invalid (input|option): /, "").replace(", received ", ", found ");
}
