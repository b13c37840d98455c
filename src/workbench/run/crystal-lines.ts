import { z } from "zod";
import { formatCif, type Crystal } from "../../crystal/index.js";
import type { GeneratedCrystal } from "../../generate/index.js";

// JSON has no NaN: null stands for the numbers of a crystal that diverged.
const number = z
  .number()
  .nullable()
  .transform((x) => x ?? NaN);
const vector = z.tuple([number, number, number]);
const line = z.object({
  index: z.int().min(0),
  latticeMatrix: z.tuple([vector, vector, vector]),
  fracCoords: z.array(vector),
  atomicNumbers: z.array(z.int().min(1)),
});

/** A line of crystals.jsonl. @throws Error that says what was expected */
export function readCrystalLine(value: unknown): GeneratedCrystal {
  const { success, data } = line.safeParse(value);
  if (!success) throw new Error("expected a crystal {index, latticeMatrix, fracCoords, atomicNumbers}");
  const { index, ...crystal } = data;
  return { index, crystal };
}

/** A crystal as a line of crystals.jsonl holds it. */
export function plainCrystal({ index, crystal }: GeneratedCrystal): Record<string, unknown> {
  return { index, ...crystal };
}

/** "crystals/0001.cif" for index 0. */
export function cifName(index: number): string {
  return `crystals/${String(index + 1).padStart(4, "0")}.cif`;
}

/** The CIF of a crystal; undefined for numbers that make no cell. */
export function cifText(crystal: Crystal, comments: readonly string[]): string | undefined {
  const text = formatCif(crystal, { comments });
  return /NaN|Infinity/.test(text) ? undefined : text;
}
