import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { crystalFormat, readCrystals, type Crystal } from "../../crystal/index.js";
import { writeFileAtomic } from "../../data/index.js";
import type { Context } from "../context.js";
import { toCsv } from "../csv.js";
import { openEngine } from "../engine.js";
import { plainMessage } from "../errors.js";
import { assertNew } from "../files.js";
import { describeCrystal, judge, trainingSetOf, type JudgedCrystal } from "../judge.js";
import { lazyDataset, openPredictors } from "../judges.js";
import { crystalRow, resultTable } from "../result-table.js";
import { readTarget } from "../target-input.js";
import type { Terminal } from "../terminal.js";
import type { EvaluateOptions } from "./options.js";

interface Found {
  readonly name: string;
  readonly crystal: Crystal;
}

/** `dosmith evaluate PATH...`. */
export async function evaluateStructures(
  paths: readonly string[],
  options: EvaluateOptions,
  { terminal }: Context,
): Promise<void> {
  if (paths.length === 0) throw new Error("evaluate: name structure files or folders, or ask for the --quality-table");
  if (options.out !== undefined) assertNew(options.out, options.force);
  const { found, unreadable } = await findStructures(paths, terminal);
  const judged = await judgeAll(found, options, terminal);
  const names = judged.map(({ index }) => found[index].name);
  resultTable(judged, names).forEach((line) => terminal.out(line));
  const valid = judged.filter(({ structural }) => structural).length;
  terminal.out(
    `${valid} of ${found.length + unreadable} structures are structurally valid${unreadable > 0 ? `; ${unreadable} could not be read` : ""}`,
  );
  if (options.out === undefined) return;
  const rows = judged.map((item, k) => ({ ...crystalRow(item, k + 1), file: names[k] }));
  await writeFileAtomic(options.out, toCsv(rows));
}

async function judgeAll(
  found: readonly Found[],
  options: EvaluateOptions,
  terminal: Terminal,
): Promise<JudgedCrystal[]> {
  const { target: source } = options;
  const dataset = lazyDataset(options);
  const training = trainingSetOf(await dataset());
  const crystals = found.map(({ crystal }) => crystal);
  if (source === undefined)
    return crystals.map((crystal, index) => ({
      index,
      ...describeCrystal(crystal, training),
      rankMatch: null,
      match: null,
    }));
  const predictors = await openPredictors(options, await openEngine(options));
  const { target, notes } = await readTarget({ ...options, target: source }, dataset, predictors.predictOne);
  notes?.forEach((note) => terminal.note(note));
  return judge(target, crystals, { ...predictors, training }, options.broaden);
}

/** A bad file that was named is an error; one that lies in a folder is said, counted and passed over. */
async function findStructures(
  paths: readonly string[],
  terminal: Terminal,
): Promise<{ found: Found[]; unreadable: number }> {
  const found: Found[] = [];
  let unreadable = 0;
  for (const path of paths) {
    if (!(await stat(path)).isDirectory()) {
      found.push(...(await readAll(path)));
      continue;
    }
    for (const file of await structureFiles(path)) {
      const crystals = await readAll(file).catch((error: unknown) => {
        terminal.note(plainMessage(error));
        unreadable++;
        return [];
      });
      found.push(...crystals);
    }
  }
  if (found.length === 0) throw new Error(`${paths.join(", ")}: found no structure that can be read`);
  return { found, unreadable };
}

async function readAll(file: string): Promise<Found[]> {
  const crystals = await readCrystals(file);
  return crystals.map((crystal, k) => ({ name: crystals.length === 1 ? file : `${file}#${k + 1}`, crystal }));
}

/** The structure files of a folder, or of its `crystals` where that is a run's folder. */
async function structureFiles(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).sort();
  if (names.includes("crystals") && names.includes("run.json")) return structureFiles(join(folder, "crystals"));
  return names.map((name) => join(folder, name)).filter(hasFormat);
}

function hasFormat(path: string): boolean {
  try {
    crystalFormat(path);
    return true;
  } catch {
    return false;
  }
}
