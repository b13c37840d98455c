import type { Crystal } from "../crystal/index.js";
import { formula, spaceGroup, volume, type SpaceGroup } from "../crystal/index.js";
import { isEquilibrium, type Dataset, type DosRecord } from "../data/index.js";
import { broadenTo, matchDos, type PredictedDos, type SiteDos, type Target } from "../dos/index.js";
import {
  isChargeNeutral,
  isNovel,
  isStrictlyValid,
  isStructurallyValid,
  rankCandidates,
  trainingSet,
  type DosMatch,
  type TrainingSet,
} from "../evaluate/index.js";
import type { PredictsDos } from "../model/index.js";

/** Who judges crystals: two predictors of different seeds, and the crystals that the model was trained on. */
export interface Judges {
  readonly rank: PredictsDos;
  readonly report: PredictsDos;
  readonly training: TrainingSet;
}

/** Everything a table says of a crystal. */
export interface JudgedCrystal {
  /** Place in the list that was given. */
  readonly index: number;
  readonly crystal: Crystal;
  readonly formula: string;
  /** Within 0.1 Angstrom; absent where none is found. */
  readonly spaceGroup?: SpaceGroup;
  readonly structural: boolean;
  readonly strict: boolean;
  readonly chargeNeutral: boolean;
  /** The training set has no such structure; null for what is structurally invalid. */
  readonly novel: boolean | null;
  /** Angstrom^3. */
  readonly volumePerAtom: number;
  /** By the predictor that ranks; null for what is structurally invalid. */
  readonly rankMatch: DosMatch | null;
  /** By the predictor that reports. */
  readonly match: DosMatch | null;
  /** By the predictor that reports, in the target's broadening. */
  readonly predicted?: PredictedDos;
  /** [sites of the crystal] -> site of the target, where all are paired. */
  readonly pairing?: readonly number[];
}

/** Generated crystals are nearly symmetric, not exactly: Angstrom. */
const symmetryTolerance = 0.1;

/**
 * Crystals from the best to the worst match.
 * @param sigma the target's broadening where it is wider than the predictors', eV
 */
export async function judge(
  target: Target,
  crystals: readonly Crystal[],
  judges: Judges,
  sigma?: number,
): Promise<JudgedCrystal[]> {
  const [rank, report] = [judges.rank, judges.report].map((predictor) => broadening(predictor, sigma));
  const ranked = await rankCandidates(target, crystals, rank, report);
  return ranked.map(({ index, crystal, rankMatch, reportMatch, predicted }) => ({
    index,
    ...describeCrystal(crystal, judges.training),
    rankMatch,
    match: reportMatch ?? null,
    ...(predicted && { predicted, ...answeredSites(target, predicted) }),
  }));
}

/** What is known of a crystal without any predictor. */
export function describeCrystal(
  crystal: Crystal,
  training: TrainingSet,
): Omit<JudgedCrystal, "index" | "rankMatch" | "match"> {
  const structural = isStructurallyValid(crystal);
  return {
    crystal,
    formula: formula(crystal.atomicNumbers),
    ...(structural && { spaceGroup: symmetryOf(crystal) }),
    structural,
    strict: isStrictlyValid(crystal, training.volumeRange),
    chargeNeutral: isChargeNeutral(crystal.atomicNumbers),
    novel: structural ? isNovel(crystal, training) : null,
    volumePerAtom: volume(crystal.latticeMatrix) / crystal.atomicNumbers.length,
  };
}

/** The equilibria on the side of a data set that the bundled models were trained on; all where there is no fixed split. */
export function trainingRecords(dataset: Dataset): DosRecord[] {
  return [...(dataset.info?.split === "formula-hash" ? dataset.split().train : dataset).filter(isEquilibrium)];
}

export function trainingSetOf(dataset: Dataset): TrainingSet {
  return trainingSet(trainingRecords(dataset));
}

function broadening(predictor: PredictsDos, sigma: number | undefined): PredictsDos {
  if (sigma === undefined) return predictor;
  return { predict: async (crystals) => (await predictor.predict(crystals)).map((dos) => broadenTo(dos, sigma)) };
}

/** [sites of the crystal] -> site of the target, where all are paired. */
export function answeredSites(target: Target, predicted: SiteDos): { pairing?: readonly number[] } {
  const paired = matchDos({ siteDos: predicted }, target, []).pairing;
  if (!paired || paired.length !== predicted.siteCount) return {};
  const answers = Array<number>(paired.length);
  paired.forEach((site, targetSite) => (answers[site] = targetSite));
  return { pairing: answers };
}

function symmetryOf(crystal: Crystal): SpaceGroup | undefined {
  try {
    return spaceGroup(crystal, symmetryTolerance);
  } catch {
    return undefined;
  }
}
