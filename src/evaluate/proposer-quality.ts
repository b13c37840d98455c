import type { Target } from "../dos/index.js";
import type { ElementProposer } from "../model/index.js";
import { equalSites, proposeCompositions } from "../model/index.js";
import { calibrationCurve, type CalibrationBin, type Forecast } from "./calibration.js";
import { compositionRecall, formulaRank, type RankedCompositions } from "./composition-recall.js";

/** A target whose crystal is known, though not shown. */
export interface ProposerQuestion {
  readonly target: Target;
  /** Atomic numbers of the target's sites. */
  readonly truth: readonly number[];
}

/** Distinct formulas among which the true one is looked for. */
const among = [1, 3, 4, 8, 16] as const;

/** What a proposer's answers are worth. */
export interface ProposerQuality {
  readonly targets: number;
  readonly sites: number;
  /** Share of the sites whose element is said first, and among the first three. */
  readonly siteFirst: number;
  readonly siteAmong3: number;
  /** Of the sites' likeliest elements; see `calibrationCurve`. */
  readonly expectedCalibrationError: number;
  readonly calibration: readonly CalibrationBin[];
  /** Share of the targets whose formula is among the first k distinct ones. */
  readonly compositionAmong: Readonly<Record<(typeof among)[number], number>>;
  /** [targets] place of the true formula, Infinity beyond the sixteenth, with the first answer's atoms. */
  readonly places: readonly { readonly rank: number; readonly first: readonly number[] }[];
}

/**
 * Asks a proposer for the elements and the compositions of targets with sites.
 * @param knownConvention see `ProposeOptions`
 */
export async function proposerQuality(
  proposer: ElementProposer,
  questions: readonly ProposerQuestion[],
  knownConvention: boolean,
): Promise<ProposerQuality> {
  const forecasts: Forecast[] = [];
  const ranked: RankedCompositions[] = [];
  let among3 = 0;
  for (const { target, truth } of questions) {
    const { sites } = await proposer.propose(target, { knownConvention });
    sites.forEach((elements, i) => {
      forecasts.push({ probability: elements[0].probability, right: elements[0].atomicNumber === truth[i] });
      if (elements.slice(0, 3).some(({ atomicNumber }) => atomicNumber === truth[i])) among3++;
    });
    const { compositions } = proposeCompositions(sites, target.siteDos ? { groups: equalSites(target.siteDos) } : {});
    ranked.push({ answers: compositions.map(({ atomicNumbers }) => atomicNumbers), truth });
  }
  const { bins, expectedError } = calibrationCurve(forecasts);
  return {
    targets: questions.length,
    sites: forecasts.length,
    siteFirst: forecasts.filter(({ right }) => right).length / forecasts.length,
    siteAmong3: among3 / forecasts.length,
    expectedCalibrationError: expectedError,
    calibration: bins,
    compositionAmong: compositionRecall(ranked, among),
    places: ranked.map((answer) => ({ rank: formulaRank(answer), first: answer.answers[0] })),
  };
}
