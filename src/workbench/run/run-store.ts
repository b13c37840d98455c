import { existsSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { differences, writeFileAtomic } from "../../data/index.js";
import type { GeneratedCrystal } from "../../generate/index.js";
import { openLineStore, readLines } from "../line-store.js";
import { cifName, cifText, plainCrystal, readCrystalLine } from "./crystal-lines.js";
import { madeBy, parseRunFile, runFileText, runFormat, type RunFile } from "./run-file.js";

/** Where the crystals of a run are kept while it goes on. */
export interface RunStore {
  /** The folder; absent for a run in memory. */
  readonly folder?: string;
  /** Finished crystals, in the order of their index. */
  readonly finished: readonly GeneratedCrystal[];
  /** Keeps the next crystal. */
  keep(generated: GeneratedCrystal): Promise<void>;
}

/** A run that is kept in memory only. */
export function memoryStore(): RunStore {
  const finished: GeneratedCrystal[] = [];
  return {
    finished,
    async keep(generated) {
      finished.push(await Promise.resolve(generated));
    },
  };
}

const runName = "run.json";

/**
 * A run's folder, new or to be continued; nothing is written yet where it is new. A crystal is a line of crystals.jsonl,
 * then a CIF; the first one begins the folder.
 *
 * @throws Error when it holds something else, or a run with other settings (which are named) or of an older version
 */
export async function openRunFolder(folder: string, run: RunFile): Promise<RunStore> {
  await assertSameRun(folder, run);
  await removeLeftovers(folder);
  const lines = await openLineStore(join(folder, "crystals.jsonl"), { read: readCrystalLine, plain: plainCrystal });
  const finished = [...lines.kept];
  for (const generated of finished) await writeCif(folder, generated, run);
  let begun = existsSync(join(folder, runName));
  return {
    folder,
    finished,
    async keep(generated) {
      if (generated.index !== finished.length) throw new Error(`${folder}: crystal ${generated.index} is out of order`);
      if (!begun) await writeFileAtomic(join(folder, runName), runFileText(run));
      begun = true;
      await lines.append(generated);
      finished.push(generated);
      await writeCif(folder, generated, run);
    },
  };
}

/** A finished run as it was written. */
export interface StoredRun {
  readonly folder: string;
  readonly file: RunFile;
  readonly crystals: readonly GeneratedCrystal[];
}

/** Reads a run without changing it. @throws Error when the folder holds none, or one that is not finished */
export async function readRunFolder(folder: string): Promise<StoredRun> {
  const path = join(folder, runName);
  const file = parseRunFile(await readFile(path, "utf8"), path);
  const { kept } = await readLines(join(folder, "crystals.jsonl"), readCrystalLine);
  const { count } = file.run.settings;
  if (kept.length < count)
    throw new Error(`${folder}: ${kept.length} of ${count} crystals are there; finish the run first: ${file.command}`);
  return { folder, file, crystals: kept };
}

/** What a crash leaves of a file that was being written (see writeFileAtomic). */
const leftover = /^\..+\.[0-9a-f]{12}\.tmp$/;

async function removeLeftovers(path: string): Promise<void> {
  for (const folder of [path, join(path, "crystals")])
    for (const name of existsSync(folder) ? await readdir(folder) : [])
      if (leftover.test(name)) await rm(join(folder, name));
}

async function assertSameRun(folder: string, run: RunFile): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const others = names.filter((name) => !leftover.test(name));
  if (others.length === 0) return;
  if (!others.includes(runName))
    throw new Error(
      `${folder}: the folder is not empty and holds no run (${others.slice(0, 3).join(", ")}); choose another folder`,
    );
  const path = join(folder, runName);
  const there = parseRunFile(await readFile(path, "utf8"), path);
  if (there.format !== runFormat)
    throw new Error(
      `${folder}: it holds a run of ${madeBy(there.versions)}, which this version reads but does not continue; choose another folder`,
    );
  const found = differences(there.run, JSON.parse(JSON.stringify(run.run)));
  if (found.length > 0)
    throw new Error(
      `${folder}: it holds a run with other settings (${found.join("; ")}); choose another folder, or the same settings to continue it`,
    );
}

async function writeCif(folder: string, { index, crystal }: GeneratedCrystal, { run }: RunFile): Promise<void> {
  const path = join(folder, cifName(index));
  const text = cifText(crystal, [`Made by dosmith, not computed by DFT. Seed ${run.settings.seed}, index ${index}.`]);
  if (text !== undefined && !existsSync(path)) await writeFileAtomic(path, text);
}
