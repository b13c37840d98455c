import { existsSync } from "node:fs";
import { z } from "zod";
import { differences } from "../../data/index.js";
import type { CellStore, FinishedCell } from "../../evaluate/index.js";
import { assertNew } from "../files.js";
import { openLineStore } from "../line-store.js";
import { currentName } from "./row-names.js";

const cell = z.object({
  generator: z.string(),
  target: z.string(),
  candidateCount: z.int(),
  seconds: z.number(),
  values: z.record(z.string(), z.number().nullable()),
});
const line = z.union([z.object({ study: z.record(z.string(), z.unknown()) }), cell]);

/** Whether an existing file may be replaced. */
export interface CellStoreOptions {
  /** Whether `out` itself may be replaced. */
  readonly force?: boolean;
}

/**
 * The finished cells of a study, one a line in OUT.cells.jsonl beside its result; the first line says which study.
 * @param study settings that the cells depend on, as plain data
 * @throws Error when the file holds cells of another study (differences are named), or `out` is some other file
 */
export async function openCellStore(
  out: string,
  study: Readonly<Record<string, unknown>>,
  { force = false }: CellStoreOptions = {},
): Promise<CellStore> {
  const path = `${out.replace(/\.json$/i, "")}.cells.jsonl`;
  if (!existsSync(path)) assertNew(out, force);
  const store = await openLineStore(path, { read: readLine });
  const asked = JSON.parse(JSON.stringify(study)) as Record<string, unknown>;
  const [first] = store.kept;
  if (first === undefined) await store.append({ study: asked });
  const found = first && "study" in first ? differences(first.study, asked) : first ? ["it names no study"] : [];
  if (found.length > 0)
    throw new Error(`${path}: it holds cells of another study (${found.join("; ")}); choose another --out`);
  const cells = store.kept
    .filter((entry): entry is FinishedCell => "generator" in entry)
    .map((entry) => ({ ...entry, generator: currentName(entry.generator) }));
  return { load: () => cells, save: (finished) => store.append(finished) };
}

function readLine(value: unknown): z.infer<typeof line> {
  const parsed = line.safeParse(value);
  if (!parsed.success) throw new Error("expected a finished cell of a quality table");
  return parsed.data;
}
