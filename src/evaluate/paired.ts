import { bootstrapStandardError, type BootstrapOptions } from "./bootstrap.js";
import type { FinishedCell } from "./summary.js";

/** How two settings compare on the same targets. */
export interface PairedDifference {
  /** Mean over the targets of setting minus reference. */
  readonly mean: number;
  /** Its standard error; null for fewer than two targets. */
  readonly standardError: number | null;
  /** Targets that have a value under both. */
  readonly targets: number;
}

/** What is compared. */
export interface PairedDifferenceOptions extends BootstrapOptions {
  /** Name of the metric. */
  readonly metric: string;
  /** Name of a generator. */
  readonly setting: string;
  /** Name of the generator that it is compared with. */
  readonly reference: string;
}

/**
 * Compares two settings of a study target by target, so that what makes a target hard drops out of the error.
 *
 * @returns undefined when no target has a value under both
 */
export function pairedDifference(
  cells: readonly FinishedCell[],
  { metric, setting, reference, ...options }: PairedDifferenceOptions,
): PairedDifference | undefined {
  const valuesOf = (name: string) =>
    new Map(cells.filter(({ generator }) => generator === name).map(({ target, values }) => [target, values[metric]]));
  const others = valuesOf(reference);
  const differences = [...valuesOf(setting)].flatMap(([target, value]) => {
    const other = others.get(target);
    return typeof value === "number" && typeof other === "number" ? [value - other] : [];
  });
  if (differences.length === 0) return undefined;
  return {
    mean: differences.reduce((sum, d) => sum + d, 0) / differences.length,
    standardError: bootstrapStandardError(differences, options),
    targets: differences.length,
  };
}
