import { matchTarget, type DosMatch } from "../../evaluate/index.js";
import { totalFromPartition, type Target } from "../../dos/index.js";
import type { HullAnswer, Verification } from "../../verify/index.js";
import type { CsvValue } from "../csv.js";
import { answeredSites } from "../judge.js";
import { matchNumbers } from "../judged-row.js";

/** A crystal's calculation with what follows from it. */
export interface ComputedCrystal {
  readonly verification: Verification;
  /** Of the computed DOS with the target; null where there is none. */
  readonly match: DosMatch | null;
  /** [sites of the crystal] -> site of the target, where all are paired. */
  readonly pairing?: readonly number[];
  readonly hull?: HullAnswer;
}

/** Calculations by the crystal's index in its run. */
export type ComputedCrystals = ReadonlyMap<number, ComputedCrystal>;

/** Compares a calculation with the target. */
export function compareComputed(verification: Verification, target: Target, hull?: HullAnswer): ComputedCrystal {
  if (verification.status === "failed") return { verification, match: null };
  const { siteDos, voronoiDos } = verification.record;
  const totalDos = voronoiDos && totalFromPartition(voronoiDos);
  return {
    verification,
    match: matchTarget(target, { siteDos, ...(totalDos && { totalDos }) }),
    ...answeredSites(target, siteDos),
    ...(hull && { hull }),
  };
}

/** The columns of summary.csv; empty for crystals that were not computed. */
export function computedRow(computed: ComputedCrystals, index: number): Record<string, CsvValue> {
  const found = computed.get(index);
  const { verification, match = null, hull } = found ?? {};
  const { relativeL1, relativeL1Broad, wasserstein } = matchNumbers(match);
  return {
    dft: verification?.status ?? null,
    dft_relative_l1: relativeL1,
    "dft_relative_l1_0.5eV": relativeL1Broad,
    dft_wasserstein_eV: wasserstein,
    dft_gap_eV: computedProperty(verification, "gap_eV"),
    dft_energy_eV_per_atom: computedProperty(verification, "energy_per_atom_eV"),
    dft_energy_above_hull_eV_per_atom: hull?.kind === "hull" ? hull.energyAboveHull : null,
    dft_pressure_GPa: computedProperty(verification, "pressure_GPa"),
    dft_largest_force_eV_per_A: computedProperty(verification, "fmax_eV_A"),
    dft_seconds: verification ? Math.round(verification.seconds * 10) / 10 : null,
    dft_remark: remark(found),
  };
}

/** A number of a finished calculation's record; null where there is none. */
export function computedProperty(verification: Verification | undefined, name: string): number | null {
  const value = verification?.status === "done" ? verification.record.properties[name] : null;
  return typeof value === "number" ? value : null;
}

function remark(found: ComputedCrystal | undefined): string | null {
  if (found?.verification.status === "failed") return `${found.verification.reason}: ${found.verification.message}`;
  return found?.hull?.kind === "no hull" ? "no hull" : null;
}
