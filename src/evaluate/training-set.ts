import { formula } from "../crystal/index.js";
import type { DosRecord } from "../data/record.js";
import { volumeRange, type VolumeRange } from "./validity.js";

/** What the metrics need of the training records. */
export interface TrainingSet {
  /** Records by reduced formula. */
  readonly byFormula: ReadonlyMap<string, readonly DosRecord[]>;
  /** Of the volume per atom, Angstrom^3. */
  readonly volumeRange: VolumeRange;
}

/** @throws Error when there are no records. */
export function trainingSet(records: readonly DosRecord[]): TrainingSet {
  const byFormula = new Map<string, DosRecord[]>();
  for (const record of records) {
    const key = formula(record.crystal.atomicNumbers);
    const known = byFormula.get(key);
    if (known) known.push(record);
    else byFormula.set(key, [record]);
  }
  return { byFormula, volumeRange: volumeRange(records) };
}
