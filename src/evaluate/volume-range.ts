import { volume } from "../crystal/index.js";
import type { DosRecord } from "../data/record.js";

/** Smallest and largest volume per atom, Angstrom^3, both allowed. */
export type VolumeRange = readonly [smallest: number, largest: number];

/** Smallest and largest volume per atom of the records, Angstrom^3. @throws Error when there are none. */
export function volumeRange(records: Iterable<DosRecord>): VolumeRange {
  const volumes = Array.from(records, ({ crystal }) => volume(crystal.latticeMatrix) / crystal.atomicNumbers.length);
  if (volumes.length === 0) throw new Error("volume range: expected at least one record, found none");
  return volumes.reduce<VolumeRange>(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [Infinity, 0]);
}
