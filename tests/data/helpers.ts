import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { BuildOptions, DosRecord } from "../../src/data/index.js";
import { readJsonLines, recordFromJson } from "../../src/data/index.js";

export const fixture = "tests/fixtures/data/records.jsonl";

export const about: NonNullable<BuildOptions["about"]> = {
  name: "test",
  licence: "CC0-1.0",
  recipe: "none",
  split: "formula-hash",
};

/** A folder that is removed after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "dosmith-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The six records of the fixture: real PBE crystals of 1 to 3 atoms. */
export async function fixtureRecords(): Promise<DosRecord[]> {
  const records: DosRecord[] = [];
  for await (const { value, number } of readJsonLines(fixture)) records.push(recordFromJson(value, `line ${number}`));
  return records;
}
