import type { Crystal } from "../crystal/index.js";
import type { DosRecord } from "../data/index.js";
import { symmetryOperations } from "./operations.js";
import type { EnergyResult, Potential } from "./potential.js";

/** A record with what a model says of its crystal. */
export interface Judged {
  readonly record: DosRecord;
  readonly result: EnergyResult;
}

/** Crystals of one call: enough to fill batches, few enough for the memory. */
export const together = 200;

/** What a model says of records; what it cannot judge (unknown elements, lonely atoms) is left out. */
export async function judgeRecords(potential: Potential, records: readonly DosRecord[]): Promise<Judged[]> {
  const found: Judged[] = [];
  for (let at = 0; at < records.length; at += together) {
    const part = records.slice(at, at + together);
    const operations = part.map(({ crystal }) => exactOperations(crystal));
    const results = await potential.evaluateEach(part, operations);
    results.forEach((result, k) => {
      if (!(result instanceof Error)) found.push({ record: part[k], result });
    });
  }
  return found;
}

/** Undefined, which is always right and only slower, where no symmetry is found. */
function exactOperations(crystal: Crystal) {
  try {
    return symmetryOperations(crystal, 1e-4);
  } catch {
    return undefined;
  }
}
