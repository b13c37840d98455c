import { createHash } from "node:crypto";

/** The part of a data set that a formula belongs to. */
export type SplitName = "train" | "validation" | "test";

/** How to split data of your own. */
export interface SplitOptions {
  /** All crystals of one reduced formula go to the same side, so that polymorphs never straddle it. */
  readonly by: "composition";
  /** Another seed, another split; a whole number. */
  readonly seed: number;
  /** Expected shares; training gets the rest. Default 0.05 and 0.1. */
  readonly fractions?: { readonly validation: number; readonly test: number };
}

/**
 * The bundled data set's fixed split, by formula: b = (first 8 hex digits of sha256(formula)) mod 20; b = 0 is
 * reserved for an outside referee and must not be in any data, 1 and 2 are test, 3 is validation, the rest train.
 */
export function splitOfFormula(formula: string): SplitName | "reserved" {
  const b = hashOf(formula) % 20;
  if (b === 0) return "reserved";
  if (b <= 2) return "test";
  return b === 3 ? "validation" : "train";
}

/**
 * A split by formula for data of your own. It depends on each formula alone, so that crystals added later move none of the
 * old ones to another side.
 *
 * @throws Error when the fractions are not shares or leave nothing for training.
 */
export function seededSplit({
  seed,
  fractions = { validation: 0.05, test: 0.1 },
}: SplitOptions): (formula: string) => SplitName {
  const { validation, test } = fractions;
  if (!Number.isSafeInteger(seed)) throw new Error(`the split's seed must be a whole number, got ${seed}`);
  if (!(validation >= 0 && test >= 0 && validation + test < 1))
    throw new Error(`fractions must be at least 0 and sum to less than 1: validation ${validation}, test ${test}`);
  return (formula) => {
    const u = hashOf(`${seed}:${formula}`) / 2 ** 32;
    if (u < test) return "test";
    return u < test + validation ? "validation" : "train";
  };
}

function hashOf(text: string): number {
  return parseInt(createHash("sha256").update(text).digest("hex").slice(0, 8), 16);
}
