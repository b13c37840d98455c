import type { Crystal, CrystalLike, SpaceGroup } from "../crystal/index.js";
import { formula, spaceGroup, volume } from "../crystal/index.js";
import { broadenTo, matchDos, type PredictedDos, type SiteDos, type Target } from "../dos/index.js";
import {
  isChargeNeutral,
  isNovel,
  isStrictlyValid,
  isStructurallyValid,
  rankCandidates,
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

/** Everything that tables and reports say about a crystal. */
export interface JudgedCrystal {
  /** Place in the list that was given: the crystal's index in its run. */
  readonly index: number;
  readonly crystal: Crystal;
  readonly formula: string;
  /** Within 0.1 Angstrom; absent where none is found. */
  readonly spaceGroup?: SpaceGroup;
  /** No two atoms too close, and a cell with a volume. */
  readonly structural: boolean;
  readonly strict: boolean;
  readonly chargeNeutral: boolean;
  /** The training set has no such structure; null for a structurally invalid crystal. */
  readonly novel: boolean | null;
  /** Angstrom^3. */
  readonly volumePerAtom: number;
  /** By the predictor that ranks; null for a structurally invalid crystal. */
  readonly rankMatch: DosMatch | null;
  /** By the predictor that reports. */
  readonly match: DosMatch | null;
  /** By the predictor that reports, with the target's broadening. */
  readonly predicted?: PredictedDos;
  /** [sites of the crystal] -> site of the target, where all are paired. */
  readonly pairing?: readonly number[];
}

/** Generated crystals are nearly symmetric, not exactly: Angstrom. */
const symmetryTolerance = 0.1;

/** What crystals are compared with, besides the target. */
export interface JudgeOptions {
  /** Gaussian broadening at which spectra are compared, eV; default: the predictors' own. */
  readonly broadening?: number;
}

/** Crystals from the best to the worst match with a target. */
export async function judge(
  target: Target,
  crystals: Iterable<CrystalLike>,
  judges: Judges,
  { broadening }: JudgeOptions = {},
): Promise<JudgedCrystal[]> {
  const [rank, report] = [judges.rank, judges.report].map((predictor) => broadened(predictor, broadening));
  const ranked = await rankCandidates(target, crystals, rank, report);
  return ranked.map(({ index, crystal, rankMatch, reportMatch, predicted }) => ({
    index,
    ...describeCrystal(crystal, judges.training),
    rankMatch,
    match: reportMatch ?? null,
    ...(predicted && { predicted, ...answeredSites(target, predicted) }),
  }));
}

/** What is known about a crystal without any predictor. */
export function describeCrystal(
  crystal: Crystal,
  training: TrainingSet,
): Omit<JudgedCrystal, "index" | "rankMatch" | "match"> {
  const structural = isStructurallyValid(crystal);
  return {
    crystal,
    formula: formula(crystal.atomicNumbers),
    ...(structural && { spaceGroup: nearSpaceGroup(crystal) }),
    structural,
    strict: isStrictlyValid(crystal, training.volumeRange),
    chargeNeutral: isChargeNeutral(crystal.atomicNumbers),
    novel: structural ? isNovel(crystal, training) : null,
    volumePerAtom: volume(crystal.latticeMatrix) / crystal.atomicNumbers.length,
  };
}

/** [sites of the crystal] -> site of the target, where all are paired. */
export function answeredSites(target: Target, siteDos: SiteDos): { pairing?: readonly number[] } {
  const paired = matchDos({ siteDos }, target, []).pairing;
  if (!paired || paired.length !== siteDos.siteCount) return {};
  const answers = Array<number>(paired.length);
  paired.forEach((site, targetSite) => (answers[site] = targetSite));
  return { pairing: answers };
}

/** Space group of a crystal that is nearly symmetric (within 0.1 Angstrom); undefined where none is found. */
export function nearSpaceGroup(crystal: Crystal): SpaceGroup | undefined {
  try {
    return spaceGroup(crystal, symmetryTolerance);
  } catch {
    return undefined;
  }
}

function broadened(predictor: PredictsDos, sigma: number | undefined): PredictsDos {
  if (sigma === undefined) return predictor;
  return { predict: async (crystals) => (await predictor.predict(crystals)).map((dos) => broadenTo(dos, sigma)) };
}
