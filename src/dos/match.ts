import { broaden, extraSigma } from "./broaden.js";
import { meanAbsoluteError, relativeL1, wasserstein, type CurveDistance } from "./distances.js";
import { energies, sameGrid, spacing } from "./grid.js";
import { pairSites } from "./pairing.js";
import { meanOfSites, siteCurve, type EnergyGrid, type SiteDos, type TotalDos } from "./spectra.js";
import { checkTarget, type Target } from "./target.js";

/** What a metric compares: each site's DOS, the mean over sites, or the true total DOS per atom. */
export type MatchLevel = "site" | "site_mean" | "total";

/** Names of the match metrics: "site_mae", "total_wasserstein_0.5eV" and so on; see {@link matchMetrics}. */
export type DosMetricName = `${MatchLevel}_${"mae" | "relative_l1" | "wasserstein"}${"" | "_0.5eV"}`;

/** A measure of how well a DOS matches a target. Smaller is better for all of them. */
export interface MatchMetric<Name extends string = DosMetricName> {
  readonly name: Name;
  readonly description: string;
  readonly unit: string;
  /** What both the candidate and the target must have. */
  readonly needs: "siteDos" | "totalDos";
  readonly level: MatchLevel;
  /** Gaussian broadening at which the spectra are compared, eV; null: as stored. */
  readonly sigma: number | null;
  readonly distance: CurveDistance;
}

/** What is compared with the target: computed by DFT or predicted. */
export interface MatchCandidate {
  readonly siteDos?: SiteDos;
  readonly totalDos?: TotalDos;
  /** Atoms in the cell, for the total per atom. Taken from siteDos if absent. */
  readonly atomCount?: number;
}

/** How a candidate's DOS meets a target, by metric, with the pairing of their sites. */
export interface MatchResult<Name extends string = DosMetricName> {
  /** By metric name; null where the candidate or the target lacks what the metric needs. */
  readonly values: Readonly<Record<Name, number | null>>;
  /** [target sites that count] -> site of the candidate; null when means per atom were compared instead. */
  readonly pairing: readonly number[] | null;
}

const levels: Record<MatchLevel, { needs: MatchMetric["needs"]; text: string }> = {
  site: { needs: "siteDos", text: "Site by site, the sites paired optimally." },
  site_mean: { needs: "siteDos", text: "Mean over the sites (the PAW spheres only, not the total DOS)." },
  total: { needs: "totalDos", text: "Total DOS per atom." },
};

/** Broadenings at which spectra are compared, eV, with the end of the metrics' names; null: as they are. */
const broadenings = [
  [null, ""],
  [0.5, "_0.5eV"],
] as const;

/** Every metric, declared: sweeps, tables and reports are built from this list. */
export const matchMetrics: readonly MatchMetric[] = (Object.keys(levels) as MatchLevel[]).flatMap((level) =>
  broadenings.flatMap(([sigma, ending]) =>
    ([meanAbsoluteError, relativeL1, wasserstein] as const).map((distance) => ({
      name: `${level}_${distance.name}${ending}` as const,
      description: `${distance.description} ${levels[level].text}${sigma === null ? "" : ` Both broadened to ${sigma} eV.`}`,
      unit: distance.unit,
      needs: levels[level].needs,
      level,
      sigma,
      distance,
    })),
  ),
);

/**
 * Compares a candidate's DOS with a target in every metric. The target's `siteMask` and `energyWindow` say what
 * counts. Sites are paired by the assignment of least total relative L1: at equal numbers of atoms, or when a mask
 * leaves no more target sites than the candidate has; otherwise means per atom are compared.
 *
 * @throws Error when the grids differ, a mask does not fit, or the window holds no point of the grid.
 *
 * @example
 *     const { values, pairing } = matchDos({ siteDos: record.siteDos }, target);
 *     console.log(values.site_relative_l1, pairing);
 */
export function matchDos(candidate: MatchCandidate, target: Target): MatchResult;
export function matchDos<Name extends string>(
  candidate: MatchCandidate,
  target: Target,
  metrics: readonly MatchMetric<Name>[],
): MatchResult<Name>;
export function matchDos(
  candidate: MatchCandidate,
  target: Target,
  metrics: readonly MatchMetric<string>[] = matchMetrics,
): MatchResult<string> {
  checkTarget(target);
  checkGrids(candidate, target);
  const pairing = pairCountedSites(candidate, target);
  const prepared = new Map<string, PreparedRows | null>();
  const values = metrics.map(({ name, level, sigma, distance }) => {
    const key = `${level} ${sigma}`;
    if (!prepared.has(key)) prepared.set(key, prepareRows(candidate, target, pairing, { level, sigma }));
    const rows = prepared.get(key);
    return [name, rows ? measured(name, distance, rows) : null] as const;
  });
  return { values: Object.fromEntries(values), pairing };
}

function measured(name: string, distance: CurveDistance, { predicted, truth, step }: PreparedRows): number {
  try {
    return distance.compute(predicted, truth, step);
  } catch (error) {
    throw new Error(`metric ${name}: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * [candidate sites] Relative L1 distance of each site's DOS to that of the target site that it is paired with (see
 * `matchDos`); null for a site that is paired with none.
 *
 * @throws Error when either has no site DOS, or their numbers of sites cannot be paired.
 */
export function siteMatches(candidate: SiteDos, target: Target): (number | null)[] {
  checkTarget(target);
  checkGrids({ siteDos: candidate }, target);
  const wanted = target.siteDos;
  const pairing = pairCountedSites({ siteDos: candidate }, target);
  if (!wanted || !pairing)
    throw new Error(
      `site matches: expected a target with a DOS for each of ${candidate.siteCount} sites, found ${wanted ? `${wanted.siteCount} sites` : "none"}`,
    );
  const [begin, end] = windowRange(wanted.grid, target.energyWindow);
  const cut = (dos: SiteDos, site: number) => [siteCurve(dos, site).values.subarray(begin, end)];
  const distances: (number | null)[] = new Array<null>(candidate.siteCount).fill(null);
  countedSites(target, wanted).forEach((site, counted) => {
    const paired = pairing[counted];
    distances[paired] = relativeL1.compute(cut(candidate, paired), cut(wanted, site), spacing(wanted.grid));
  });
  return distances;
}

interface PreparedRows {
  readonly predicted: Float32Array[];
  readonly truth: Float32Array[];
  readonly step: number;
}

/** The curves of one level, paired, broadened, and then cut to the window. Null when one side has none. */
function prepareRows(
  candidate: MatchCandidate,
  target: Target,
  pairing: readonly number[] | null,
  { level, sigma }: Pick<MatchMetric<string>, "level" | "sigma">,
): PreparedRows | null {
  const rows =
    level === "total" ? totalRows(candidate, target) : siteRows(candidate, target, level === "site" ? pairing : null);
  if (!rows) return null;
  const { grid } = rows;
  const [begin, end] = windowRange(grid, target.energyWindow);
  const finish = (values: Float32Array) =>
    (sigma === null ? values : broaden(values, grid, extraSigma(sigma))).subarray(begin, end);
  return { predicted: rows.predicted.map(finish), truth: rows.truth.map(finish), step: spacing(grid) };
}

interface Rows {
  readonly predicted: Float32Array[];
  readonly truth: Float32Array[];
  readonly grid: EnergyGrid;
}

function siteRows(candidate: MatchCandidate, target: Target, pairing: readonly number[] | null): Rows | null {
  if (!candidate.siteDos || !target.siteDos) return null;
  const { siteDos } = candidate;
  const wanted = target.siteDos;
  if (!pairing) {
    const mean = meanOfSites(siteDos).values;
    return { predicted: [mean], truth: [meanOfSites(wanted, target.siteMask).values], grid: wanted.grid };
  }
  const predicted = pairing.map((site) => siteCurve(siteDos, site).values);
  return {
    predicted,
    truth: countedSites(target, wanted).map((site) => siteCurve(wanted, site).values),
    grid: wanted.grid,
  };
}

function totalRows(candidate: MatchCandidate, target: Target): Rows | null {
  if (!candidate.totalDos || !target.totalDos) return null;
  const candidateAtoms = candidate.atomCount ?? candidate.siteDos?.siteCount;
  const targetAtoms = target.atomCount ?? target.siteDos?.siteCount;
  // Without both counts the two cells can only be compared as they are.
  const known = candidateAtoms !== undefined && targetAtoms !== undefined;
  const perAtom = (values: Float32Array, atoms: number | undefined) => values.map((v) => v / (known ? atoms! : 1));
  return {
    predicted: [perAtom(candidate.totalDos.values, candidateAtoms)],
    truth: [perAtom(target.totalDos.values, targetAtoms)],
    grid: target.totalDos.grid,
  };
}

function pairCountedSites(candidate: MatchCandidate, target: Target): number[] | null {
  const { siteDos } = candidate;
  const wanted = target.siteDos;
  if (!siteDos || !wanted) return null;
  const sites = countedSites(target, wanted);
  const masked = sites.length < wanted.siteCount;
  if (masked ? sites.length > siteDos.siteCount : siteDos.siteCount !== wanted.siteCount) return null;
  const [begin, end] = windowRange(wanted.grid, target.energyWindow);
  const cut = (dos: SiteDos, site: number) => siteCurve(dos, site).values.subarray(begin, end);
  return pairSites(
    sites.map((site) => cut(wanted, site)),
    Array.from({ length: siteDos.siteCount }, (_, site) => cut(siteDos, site)),
  );
}

function countedSites({ siteMask }: Target, siteDos: SiteDos): number[] {
  return Array.from({ length: siteDos.siteCount }, (_, site) => site).filter((site) => !siteMask || siteMask[site]);
}

/** Indices [begin, end) of the grid points in the window. */
function windowRange(grid: EnergyGrid, window: readonly [number, number] | undefined): [number, number] {
  if (!window) return [0, grid.count];
  const e = energies(grid);
  const begin = e.findIndex((energy) => energy >= window[0]);
  const end = e.findLastIndex((energy) => energy <= window[1]) + 1;
  if (begin < 0 || end <= begin)
    throw new Error(
      `the energy window ${window[0]} to ${window[1]} eV holds no point of ${grid.start} to ${grid.stop} eV`,
    );
  return [begin, end];
}

function checkGrids(candidate: MatchCandidate, target: Target): void {
  for (const key of ["siteDos", "totalDos"] as const) {
    const ours = candidate[key]?.grid;
    const wanted = target[key]?.grid;
    if (ours && wanted && !sameGrid(ours, wanted))
      throw new Error(`${key}: the candidate's grid is ${describe(ours)}, the target's ${describe(wanted)}`);
  }
}

function describe({ start, stop, count }: EnergyGrid): string {
  return `${count} points from ${start} to ${stop} eV`;
}
