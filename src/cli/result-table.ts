import type { DosMatch } from "../evaluate/index.js";
import type { CsvValue } from "./csv.js";
import type { JudgedCrystal } from "./judge.js";
import { textTable } from "./terminal.js";

/** Relative L1, the same at 0.5 eV, Wasserstein distance (eV): of the sites, or of the totals where only those are known. */
export function matchNumbers(match: DosMatch | null): (number | null)[] {
  return (["relative_l1", "relative_l1_0.5eV", "wasserstein"] as const).map(
    (name) => match?.[`site_${name}`] ?? match?.[`total_${name}`] ?? null,
  );
}

/** A line of summary.csv; units in the names. */
export function crystalRow(item: JudgedCrystal, rank: number): Record<string, CsvValue> {
  const [relativeL1, relativeL1Broad, wasserstein] = matchNumbers(item.match);
  return {
    rank,
    formula: item.formula,
    space_group: item.spaceGroup?.number ?? null,
    space_group_symbol: item.spaceGroup?.symbol ?? null,
    atoms: item.crystal.atomicNumbers.length,
    structurally_valid: item.structural,
    strictly_valid: item.strict,
    charge_neutral: item.chargeNeutral,
    in_training_data: item.novel === null ? null : !item.novel,
    relative_l1: relativeL1,
    "relative_l1_0.5eV": relativeL1Broad,
    wasserstein_eV: wasserstein,
    relative_l1_by_ranking_predictor: matchNumbers(item.rankMatch)[0],
    volume_per_atom_A3: Number.isFinite(item.volumePerAtom) ? item.volumePerAtom : null,
  };
}

/** The table that ends a command. */
export function resultTable(judged: readonly JudgedCrystal[], files: readonly string[]): string[] {
  const header = [
    "no.",
    "formula",
    "space group",
    "rel. L1",
    "at 0.5 eV",
    "W1 (eV)",
    "valid",
    "neutral",
    "Å³/atom",
    "file",
  ];
  const rows = judged.map((item, k) => [
    String(k + 1),
    item.formula,
    item.spaceGroup ? `${item.spaceGroup.symbol.replaceAll(" ", "")} (${item.spaceGroup.number})` : "–",
    ...matchNumbers(item.match).map((value) => value?.toFixed(3) ?? "–"),
    item.strict ? "strict" : item.structural ? "yes" : "no",
    item.chargeNeutral ? "yes" : "no",
    Number.isFinite(item.volumePerAtom) ? item.volumePerAtom.toFixed(2) : "–",
    files[k],
  ]);
  return textTable(header, rows);
}
