import { matchTarget, type DosMatch } from "../../evaluate/index.js";
import { totalFromPartition, type Target } from "../../dos/index.js";
import type { ReportComputed } from "../../notebook/index.js";
import type { HullAnswer, Verification } from "../../verify/index.js";
import type { CsvValue } from "../csv.js";
import { answeredSites, type JudgedCrystal } from "../judge.js";
import { matchNumbers } from "../result-table.js";

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
  const candidate = { siteDos, ...(totalDos && { totalDos }) };
  return {
    verification,
    match: matchTarget(target, candidate),
    ...answeredSites(target, siteDos),
    ...(hull && { hull }),
  };
}

/** The columns of summary.csv; empty for crystals that were not computed. */
export function computedRow(computed: ComputedCrystals, index: number): Record<string, CsvValue> {
  const found = computed.get(index);
  const { verification, match = null, hull } = found ?? {};
  const [relativeL1, relativeL1Broad, wasserstein] = matchNumbers(match);
  return {
    dft: verification?.status ?? null,
    dft_relative_l1: relativeL1,
    "dft_relative_l1_0.5eV": relativeL1Broad,
    dft_wasserstein_eV: wasserstein,
    dft_gap_eV: propertyOf(verification, "gap_eV"),
    dft_energy_eV_per_atom: propertyOf(verification, "energy_per_atom_eV"),
    dft_energy_above_hull_eV_per_atom: hull?.kind === "hull" ? hull.energyAboveHull : null,
    dft_pressure_GPa: propertyOf(verification, "pressure_GPa"),
    dft_largest_force_eV_per_A: propertyOf(verification, "fmax_eV_A"),
    dft_seconds: verification ? Math.round(verification.seconds * 10) / 10 : null,
    dft_remark: remark(found),
  };
}

/** What the report shows of a crystal's calculation. */
export function reportComputed(computed: ComputedCrystals, index: number): ReportComputed | undefined {
  const found = computed.get(index);
  if (!found) return undefined;
  const { verification, match, pairing, hull } = found;
  if (verification.status === "failed") return { failure: `${verification.reason}: ${verification.message}` };
  const [relativeL1, relativeL1Broad, wasserstein] = matchNumbers(match).map((value) => value ?? NaN);
  return {
    siteDos: verification.record.siteDos,
    ...(pairing && { pairing }),
    match: { relativeL1, relativeL1Broad, wasserstein },
    energyAboveHull: hull?.kind === "hull" ? hull.energyAboveHull : null,
    pressure: propertyOf(verification, "pressure_GPa"),
    maxForce: propertyOf(verification, "fmax_eV_A"),
  };
}

/** What a reader should know of the calculations as a whole. */
export function computedNotes(computed: ComputedCrystals, judged: readonly JudgedCrystal[]): string[] {
  const all = [...computed.values()];
  const failed = all.filter(({ verification }) => verification.status === "failed");
  const pairs = judged.flatMap(({ index, match }) => {
    const [predicted] = matchNumbers(match);
    const [found] = matchNumbers(computed.get(index)?.match ?? null);
    return predicted === null || found === null ? [] : [{ predicted, found }];
  });
  const mean = (values: readonly number[]) => (values.reduce((sum, x) => sum + x, 0) / values.length).toFixed(3);
  const without = all.filter(({ hull }) => hull?.kind === "no hull").length;
  return [
    `DFT: ${all.length - failed.length} of ${all.length} calculations finished${failed.length > 0 ? ` (${countReasons(failed)})` : ""}.`,
    ...(pairs.length > 0
      ? [
          `Of the computed crystals the mean relative L1 is ${mean(pairs.map(({ found }) => found))} by DFT and ${mean(pairs.map(({ predicted }) => predicted))} by the predictor.`,
        ]
      : []),
    ...(without > 0 ? [`${without} have no hull: an element of theirs has no phase in the data set.`] : []),
  ];
}

function countReasons(failed: readonly ComputedCrystal[]): string {
  const counts = new Map<string, number>();
  for (const { verification } of failed)
    if (verification.status === "failed") counts.set(verification.reason, (counts.get(verification.reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `${count} ${reason}`).join(", ");
}

function remark(found: ComputedCrystal | undefined): string | null {
  if (found?.verification.status === "failed") return `${found.verification.reason}: ${found.verification.message}`;
  return found?.hull?.kind === "no hull" ? "no hull" : null;
}

function propertyOf(verification: Verification | undefined, name: string): number | null {
  const value = verification?.status === "done" ? verification.record.properties[name] : null;
  return typeof value === "number" ? value : null;
}
