import type { DosMatch } from "../evaluate/index.js";
import type { CsvValue } from "./csv.js";
import type { JudgedCrystal } from "./judge.js";

/** The three numbers that tables show, of the sites, or of the totals where only those are known; null: no match. */
export interface MatchNumbers {
  readonly relativeL1: number | null;
  /** The same at 0.5 eV. */
  readonly relativeL1Broad: number | null;
  /** eV. */
  readonly wasserstein: number | null;
}

/** The three distances that tables show, site by site where that is known, else of the totals. */
export function matchNumbers(match: DosMatch | null): MatchNumbers {
  const values: Readonly<Record<string, number | null>> = match ?? {};
  const number = (name: string) => values[`site_${name}`] ?? values[`total_${name}`] ?? null;
  return {
    relativeL1: number("relative_l1"),
    relativeL1Broad: number("relative_l1_0.5eV"),
    wasserstein: number("wasserstein"),
  };
}

/** A row of summary.csv; units in the names. */
export function judgedRow(item: JudgedCrystal, rank: number): Record<string, CsvValue> {
  const { relativeL1, relativeL1Broad, wasserstein } = matchNumbers(item.match);
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
    relative_l1_by_ranking_predictor: matchNumbers(item.rankMatch).relativeL1,
    volume_per_atom_A3: Number.isFinite(item.volumePerAtom) ? item.volumePerAtom : null,
  };
}

/** A row for reading, as short as a screen needs it. */
export function displayRow(item: JudgedCrystal, rank: number, file: string): Record<string, string> {
  const { relativeL1, relativeL1Broad, wasserstein } = matchNumbers(item.match);
  const decimals = (value: number | null, digits: number) => (Number.isFinite(value) ? value!.toFixed(digits) : "–");
  return {
    "no.": String(rank),
    formula: item.formula,
    "space group": item.spaceGroup ? `${item.spaceGroup.symbol.replaceAll(" ", "")} (${item.spaceGroup.number})` : "–",
    "rel. L1": decimals(relativeL1, 3),
    "at 0.5 eV": decimals(relativeL1Broad, 3),
    "W1 (eV)": decimals(wasserstein, 3),
    valid: item.strict ? "strict" : item.structural ? "yes" : "no",
    neutral: item.chargeNeutral ? "yes" : "no",
    "Å³/atom": decimals(item.volumePerAtom, 2),
    file,
  };
}
