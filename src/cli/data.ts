import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  buildDataset,
  censusMarkdown,
  elementEnergiesFromJson,
  openDataset,
  splitOfFormula,
  streamDataset,
  takeCensus,
  writeReferenceJson,
  type BuildReport,
  type DatasetAbout,
  type DosRecord,
  type SplitName,
} from "../data/index.js";
import type { Context } from "./context.js";
import { Interrupted } from "./errors.js";
import { assertNew, bundledOr } from "./files.js";
import { textTable } from "./terminal.js";

export interface BuildCommand {
  readonly out: string;
  readonly name?: string;
  readonly licence?: string;
  readonly recipe?: string;
  readonly split: "formula-hash" | "none";
  /** File of the elements' energies. */
  readonly elements?: string;
}

export interface ListCommand {
  readonly split?: SplitName;
}

export interface ExportCommand extends ListCommand {
  readonly out: string;
  readonly force?: boolean;
}

/** `dosmith data info`. */
export async function info(folder: string | undefined, { terminal }: Context): Promise<void> {
  const path = bundledOr(folder, "dataset", "its folder");
  const dataset = await openDataset(path);
  const { name, version, licence, recipe, split, units } = dataset.info!;
  terminal.out(`${name}, version ${version}, ${licence} (${path})`);
  terminal.out(recipe);
  terminal.out(`Split: ${split === "formula-hash" ? "fixed, by formula" : "none of its own"}.`);
  for (const [field, unit] of Object.entries(units)) terminal.out(`${field}: ${unit}`);
  terminal.out(censusMarkdown(takeCensus(dataset)));
}

/** `dosmith data list`. */
export async function list(folder: string | undefined, { split }: ListCommand, { terminal }: Context): Promise<void> {
  const dataset = await openDataset(bundledOr(folder, "dataset", "its folder"));
  const rows = Array.from(split ? dataset.split()[split] : dataset, (record) => [
    record.id,
    record.formula,
    String(record.crystal.atomicNumbers.length),
    splitOfFormula(record.formula),
  ]);
  textTable(["id", "formula", "atoms", "split"], rows).forEach((line) => terminal.out(line));
}

/** `dosmith data build` and `dosmith data import`. */
export async function build(inputs: readonly string[], options: BuildCommand, { terminal }: Context): Promise<void> {
  const report = await buildDataset({ inputs, out: options.out, about: await aboutOf(options) });
  buildLines(report, options.out).forEach((line) => terminal.out(line));
}

/** `dosmith data export`. */
export async function exportJson(folder: string | undefined, options: ExportCommand, context: Context): Promise<void> {
  assertNew(options.out, options.force);
  const path = bundledOr(folder, "dataset", "its folder");
  let count = 0;
  const counted = async function* (): AsyncGenerator<DosRecord> {
    for await (const record of streamDataset(path)) {
      if (context.signal.aborted) throw new Interrupted(`stopped: ${options.out} was not written`);
      if (options.split && splitOfFormula(record.formula) !== options.split) continue;
      count++;
      yield record;
    }
  };
  await writeReferenceJson(options.out, counted());
  context.terminal.out(`${options.out}: ${count} records`);
}

/** What a new data set says of itself. @throws Error that names the options that are missing */
async function aboutOf(command: BuildCommand): Promise<DatasetAbout | undefined> {
  const { out, name, licence, recipe, split } = command;
  if (existsSync(join(out, "dataset.json"))) return undefined;
  const missing = Object.entries({ name, licence, recipe }).filter(([, value]) => value === undefined);
  if (missing.length > 0)
    throw new Error(`${out}: a new data set needs ${missing.map(([option]) => `--${option}`).join(", ")}`);
  const about = { name: name!, licence: licence!, recipe: recipe!, split };
  if (command.elements === undefined) return about;
  return { ...about, elements: elementEnergiesFromJson(await readFile(command.elements, "utf8"), command.elements) };
}

function buildLines(
  { added, total, repeatedIds, sameCrystals, unfinished, newParts }: BuildReport,
  out: string,
): string[] {
  return [
    `${out}: ${added} crystals added in ${newParts.length} parts, ${total} in all`,
    ...(repeatedIds > 0 ? [`left out: ${repeatedIds} ids that are there already`] : []),
    ...(sameCrystals.length > 0
      ? [
          `left out: ${sameCrystals.length} crystals that are there under another name (${sameCrystals.slice(0, 5).join(", ")})`,
        ]
      : []),
    ...unfinished.map(({ file, line }) => `${file}: line ${line} is unfinished and was left out`),
  ];
}
