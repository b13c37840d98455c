import { existsSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Crystal } from "../../crystal/index.js";
import { formatCif } from "../../crystal/index.js";
import { differences, writeFileAtomic } from "../../data/index.js";
import type { GeneratedCrystal } from "../../generate/index.js";
import { openLineStore } from "../files.js";
import type { ReadTarget } from "../target-input.js";

/** What `run.json` says: everything needed to make the same crystals again. */
export interface RunFile {
  readonly format: "dosmith-run-1";
  readonly command: string;
  readonly versions: Readonly<Record<string, string>>;
  /** A resumed run must agree in all of this; the rest may change. */
  readonly run: Readonly<Record<string, unknown>>;
  /** How its crystals were judged, so that they can be judged again. */
  readonly judging?: RunJudging;
}

/** Sources and facts that the summary and the report of a run are made from. */
export interface RunJudging {
  readonly model: { readonly name: string; readonly trainedOn: string };
  readonly predictor?: string;
  readonly reportPredictor?: string;
  readonly dataset?: string;
  readonly broaden?: number;
  /** The crystal that the target belongs to, where it is known, and its side of the split. */
  readonly trueCrystal?: Crystal;
  readonly side?: ReadTarget["side"];
}

/** The output folder of a run, new or to be continued. */
export interface RunFolder {
  readonly path: string;
  /** Finished crystals, in the order of their index. */
  readonly finished: readonly GeneratedCrystal[];
  /** Keeps a crystal: a line of crystals.jsonl, then its CIF. The first one begins the folder. */
  keep(generated: GeneratedCrystal): Promise<void>;
  /** Writes a file of the finished run, unless it is there already. */
  write(name: string, content: string): Promise<void>;
}

const runName = "run.json";

/**
 * Opens a folder for a run, without writing anything yet where it is new.
 * @throws Error when it holds something else, or a run with other settings (which are named)
 */
export async function openRunFolder(path: string, run: RunFile): Promise<RunFolder> {
  await assertSameRun(path, run);
  await removeLeftovers(path);
  const store = await openLineStore(join(path, "crystals.jsonl"), readCrystal, ({ index, crystal }) => ({
    index,
    ...crystal,
  }));
  const finished = [...store.kept];
  for (const generated of finished) await writeCif(path, generated, run);
  let begun = existsSync(join(path, runName));
  return {
    path,
    finished,
    async keep(generated) {
      if (generated.index !== finished.length) throw new Error(`${path}: crystal ${generated.index} is out of order`);
      if (!begun) await writeFileAtomic(join(path, runName), runText(run));
      begun = true;
      await store.append(generated);
      finished.push(generated);
      await writeCif(path, generated, run);
    },
    async write(name, content) {
      if (!existsSync(join(path, name))) await writeFileAtomic(join(path, name), content);
    },
  };
}

/** A finished run as it was written. */
export interface FinishedRunFolder {
  readonly path: string;
  readonly run: RunFile & { readonly judging: RunJudging };
  readonly crystals: readonly Crystal[];
}

/** Reads a run without changing it. @throws Error when the folder holds none, or one that is not finished */
export async function readRunFolder(path: string): Promise<FinishedRunFolder> {
  const file = join(path, runName);
  const run = parseRun(await readFile(file, "utf8"), file);
  if (!run.judging)
    throw new Error(`${file}: made by an older dosmith; generate again (the same seed, the same crystals)`);
  const { kept } = await openLineStore(join(path, "crystals.jsonl"), readCrystal);
  const { count } = run.run.settings as { count: number };
  if (kept.length < count)
    throw new Error(`${path}: ${kept.length} of ${count} crystals are there; finish the run first: ${run.command}`);
  return { path, run: { ...run, judging: run.judging }, crystals: kept.map(({ crystal }) => crystal) };
}

/** "crystals/0001.cif" for index 0. */
export function cifName(index: number): string {
  return `crystals/${String(index + 1).padStart(4, "0")}.cif`;
}

/** The CIF of a crystal; undefined for numbers that make no cell. */
export function cifText(crystal: Crystal, comments: readonly string[]): string | undefined {
  const text = formatCif(crystal, { comments });
  return /NaN|Infinity/.test(text) ? undefined : text;
}

/** What a crash leaves of a file that was being written (see writeFileAtomic). */
const leftover = /^\..+\.[0-9a-f]{12}\.tmp$/;

async function removeLeftovers(path: string): Promise<void> {
  for (const folder of [path, join(path, "crystals")])
    for (const name of existsSync(folder) ? await readdir(folder) : [])
      if (leftover.test(name)) await rm(join(folder, name));
}

async function assertSameRun(path: string, run: RunFile): Promise<void> {
  const names = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const others = names.filter((name) => !leftover.test(name));
  if (others.length === 0) return;
  const file = join(path, runName);
  if (!others.includes(runName))
    throw new Error(
      `${path}: the folder is not empty and holds no run (${others.slice(0, 3).join(", ")}); choose another --out`,
    );
  const there = parseRun(await readFile(file, "utf8"), file);
  const found = differences(there.run, JSON.parse(JSON.stringify(run.run)));
  if (found.length > 0)
    throw new Error(
      `${path}: it holds a run with other settings (${found.join("; ")}); choose another --out, or the same settings to continue it`,
    );
}

/** Indented, lists of numbers on one line. */
function runText(run: RunFile): string {
  return `${JSON.stringify(run, null, 1).replace(/\[[-\s\d.,e+]+\]/g, (list) => list.replace(/\s+/g, ""))}\n`;
}

function parseRun(text: string, file: string): RunFile {
  try {
    const run: unknown = JSON.parse(text);
    z.object({ format: z.literal("dosmith-run-1"), run: z.record(z.string(), z.unknown()) }).parse(run);
    return run as RunFile;
  } catch (error) {
    throw new Error(`${file}: expected the description of a run of dosmith, found something else`, { cause: error });
  }
}

async function writeCif(folder: string, { index, crystal }: GeneratedCrystal, { run }: RunFile): Promise<void> {
  const path = join(folder, cifName(index));
  const { seed } = run.settings as { seed: number };
  const text = cifText(crystal, [`Made by dosmith, not computed by DFT. Seed ${seed}, index ${index}.`]);
  if (text !== undefined && !existsSync(path)) await writeFileAtomic(path, text);
}

// JSON has no NaN: null stands for the numbers of a crystal that diverged.
const number = z
  .number()
  .nullable()
  .transform((x) => x ?? NaN);
const vector = z.tuple([number, number, number]);
const line = z.object({
  index: z.int().min(0),
  latticeMatrix: z.tuple([vector, vector, vector]),
  fracCoords: z.array(vector),
  atomicNumbers: z.array(z.int().min(1)),
});

function readCrystal(value: unknown): GeneratedCrystal {
  const { success, data } = line.safeParse(value);
  if (!success) throw new Error("expected a crystal {index, latticeMatrix, fracCoords, atomicNumbers}");
  const { index, ...crystal } = data;
  return { index, crystal };
}
