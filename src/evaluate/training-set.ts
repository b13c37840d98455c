import { formula } from "../crystal/index.js";
import type { DosRecord } from "../data/record.js";
import { volumeRange, type VolumeRange } from "./volume-range.js";

/** What the metrics need of the training records. */
export interface TrainingSet {
  /** Records by reduced formula. */
  readonly byFormula: ReadonlyMap<string, readonly DosRecord[]>;
  /** Of the volume per atom, Angstrom^3. */
  readonly volumeRange: VolumeRange;
}

/** Prepares training records, for example a `Dataset`, for the metrics. @throws Error when there are none. */
export function trainingSet(records: Iterable<DosRecord>): TrainingSet {
  const list = [...records];
  const byFormula = new Map<string, DosRecord[]>();
  for (const record of list) {
    const key = formula(record.crystal.atomicNumbers);
    const known = byFormula.get(key);
    if (known) known.push(record);
    else byFormula.set(key, [record]);
  }
  return { byFormula, volumeRange: volumeRange(list) };
}
