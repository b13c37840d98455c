import { elementSymbol } from "../crystal/index.js";
import type { DosRecord } from "./record.js";
import { splitOfFormula } from "./split.js";

/** Counts of what a data set holds. */
export interface Census {
  readonly crystals: number;
  readonly atoms: number;
  readonly formulas: number;
  readonly gapped: number;
  /** Crystals by side of the fixed split, number of atoms, prototype, element; most frequent first where unordered. */
  readonly bySplit: Readonly<Record<string, number>>;
  readonly byAtomCount: Readonly<Record<string, number>>;
  /** Equilibria, and versions off the equilibrium. */
  readonly byKind: Readonly<Record<string, number>>;
  readonly byPrototype: Readonly<Record<string, number>>;
  readonly byElement: Readonly<Record<string, number>>;
}

/** Counts for a data set's card. */
export function takeCensus(data: Iterable<DosRecord>): Census {
  const records = [...data];
  return {
    crystals: records.length,
    atoms: records.reduce((sum, { crystal }) => sum + crystal.atomicNumbers.length, 0),
    formulas: new Set(records.map(({ formula }) => formula)).size,
    gapped: records.filter(({ properties }) => Number(properties.gap_eV) > 0).length,
    bySplit: tally(records, ({ formula }) => [splitOfFormula(formula)]),
    byAtomCount: tally(records, ({ crystal }) => [String(crystal.atomicNumbers.length)]),
    byKind: tally(records, ({ properties }) => [String(properties.kind ?? "equilibrium")]),
    byPrototype: tally(records, ({ properties }) => [String(properties.prototype ?? "unknown")]),
    byElement: tally(records, ({ crystal }) => [...new Set(crystal.atomicNumbers)].map(elementSymbol)),
  };
}

/** The counts as Markdown, as a data set's card states them. */
export function censusMarkdown(census: Census): string {
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ");
  return [
    `- ${census.crystals} crystals, ${census.atoms} atoms, ${census.formulas} formulas, ${census.gapped} with a gap`,
    `- by side of the split: ${list(census.bySplit)}`,
    `- by atoms in the cell: ${list(census.byAtomCount)}`,
    `- by kind: ${list(census.byKind)}`,
    `- by prototype: ${list(census.byPrototype)}`,
    `- crystals that contain an element: ${list(census.byElement)}`,
  ].join("\n");
}

function tally(records: readonly DosRecord[], keys: (record: DosRecord) => string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const key of records.flatMap(keys)) counts.set(key, (counts.get(key) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)));
}
