import { isEquilibrium, type Dataset, type DosRecord } from "../../data/index.js";
import { targetFromRecord, type TargetOptions } from "../../dos/index.js";
import type { QualityTarget } from "../../evaluate/index.js";
import { key } from "../../runtime/index.js";

/** Which records of the data set are targets of a study. */
export interface StudyTargetOptions {
  /**
   * How many test crystals, chosen by the seed; or which: records or targets. Default: all equilibria of the data set's test
   * split.
   */
  readonly targets?: number | Iterable<DosRecord | QualityTarget>;
  /** Which spectra to ask for. Default "both", as far as they are known. */
  readonly use?: TargetOptions["use"];
  /** Default 0. */
  readonly seed?: number;
}

/** The targets of a study. @throws Error when the data set has no test split */
export async function studyTargets(
  dataset: () => Promise<Dataset>,
  { targets, use, seed = 0 }: StudyTargetOptions,
): Promise<QualityTarget[]> {
  const listed = typeof targets === "object" ? [...targets] : testRecords(await dataset(), targets, seed);
  return listed.map((item) =>
    "target" in item ? item : { target: targetFromRecord(item, { use }), trueCrystal: item.crystal },
  );
}

/** The test split in the order of a seeded shuffle, so that more targets only add to fewer. */
function testRecords(dataset: Dataset, count: number | undefined, seed: number): DosRecord[] {
  const name = dataset.info?.name ?? "data set";
  if (dataset.info?.split !== "formula-hash")
    throw new Error(`${name}: it has no fixed test split; a study needs a data set that has one, or its targets named`);
  const test = dataset.split().test.filter(isEquilibrium);
  if (test.length === 0) throw new Error(`${name}: no record of it belongs to the test split`);
  return key(seed)
    .fold(0, 0)
    .shuffled(test.ids)
    .slice(0, count)
    .map((id) => test.get(id));
}
