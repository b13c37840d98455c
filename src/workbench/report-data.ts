import type { Crystal } from "../crystal/index.js";
import type { SiteDos } from "../dos/index.js";
import type { Target } from "../dos/index.js";

/** One generated crystal as the report shows it. */
export interface ReportCandidate {
  /** 1 is the best. */
  readonly rank: number;
  readonly id: string;
  /** Path of its file from the report's folder: "crystals/001.cif". */
  readonly file: string;
  readonly crystal: Crystal;
  readonly formula: string;
  /** Symbol or number, if found. */
  readonly spaceGroup?: string | number;
  readonly validity: ReportValidity;
  readonly match: ReportMatch;
  /** DOS that the predictor gives this crystal. */
  readonly predicted: SiteDos;
  /** [N of the candidate] the target site that each of its sites answers. */
  readonly pairing?: readonly number[];
  /** What a first-principles calculation found, where one was asked for. */
  readonly computed?: ReportComputed;
  /** Its number among the crystals of the run: with the seed it repeats this crystal. */
  readonly seedIndex: number;
}

/** A first-principles calculation of a candidate, or why it has no result. */
export type ReportComputed =
  | {
      readonly siteDos: SiteDos;
      /** [N of the candidate] the target site that each of its sites answers. */
      readonly pairing?: readonly number[];
      readonly match: ReportMatch;
      /** eV per atom above the hull of the data set's phases; null where an element has no phase there. */
      readonly energyAboveHull: number | null;
      /** GPa. */
      readonly pressure: number | null;
      /** eV/Angstrom. */
      readonly maxForce: number | null;
    }
  | { readonly failure: string };

/** Whether atoms keep their distances, whether the stricter rules hold, and whether charges can balance (if known). */
export interface ReportValidity {
  readonly structural: boolean;
  readonly strict: boolean;
  readonly chargeNeutral: boolean | null;
}

/** Distance of the predicted DOS from the target; 0 is perfect. */
export interface ReportMatch {
  /** Relative L1 after a 0.2 eV Gaussian, dimensionless. */
  readonly relativeL1: number;
  /** Relative L1 after a 0.5 eV Gaussian, dimensionless. */
  readonly relativeL1Broad: number;
  /** Wasserstein distance, eV. */
  readonly wasserstein: number;
}

/** Everything a report says. */
export interface ReportData {
  readonly title: string;
  /** The command line that repeats the run. */
  readonly command: string;
  readonly target: Target;
  /** [N of the target] names of its sites, e.g. elements. */
  readonly siteLabels?: readonly string[];
  readonly candidates: readonly ReportCandidate[];
  readonly settings: Readonly<Record<string, string | number>>;
  readonly model: { readonly name: string; readonly trainedOn: string };
  readonly notes: readonly string[];
}
