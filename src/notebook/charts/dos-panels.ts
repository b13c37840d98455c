import {
  meanOfSites,
  siteCurve,
  sumOfSites,
  type Curve,
  type PredictedDos,
  type SiteDos,
  type Target,
} from "../../dos/index.js";

/** One predicted answer to a target. */
export interface DosCandidate {
  /** Shown in the legend. */
  readonly name: string;
  readonly predicted: PredictedDos;
  /** [N of the candidate] target site of each candidate site; identity if absent. */
  readonly pairing?: readonly number[];
}

/** One curve of a panel, its values in the panel's unit. */
export interface PanelCurve extends Curve {
  readonly panel: string;
  readonly series: string;
  /** Tells curves of one series and panel apart. */
  readonly curve: string;
}

/** The panels of a target-against-predicted chart: one for each kind of target site, then the whole crystal. */
export interface DosPanels {
  /** Panel titles, in order. */
  readonly panels: readonly string[];
  /** Unit of every panel's values. */
  readonly unit: "states/eV/atom" | "states/eV/cell";
  readonly curves: readonly PanelCurve[];
}

/** The series name of the target. */
export const targetSeries = "target";

/**
 * Arranges a target and its candidates in panels. Target sites with the same spectrum share a panel. The last panel is
 * the mean over sites (states/eV/atom); a target without sites gets one panel, its total against the candidates' totals
 * (states/eV/cell). Where one has none, the sums of all are shown, which are not the same quantity, and the title says so.
 *
 * @throws Error when the target has no spectrum, or a pairing does not fit.
 */
export function dosPanels(
  target: Target,
  candidates: readonly DosCandidate[],
  siteLabels?: readonly string[],
): DosPanels {
  if (target.siteDos) return sitePanels(target.siteDos, target, candidates, siteLabels);
  if (!target.totalDos) throw new Error(`target "${target.label}": expected a site or a total DOS, found neither`);
  const known = candidates.every(({ predicted }) => predicted.total);
  const panel = known ? "total" : "total (target) and sum inside the spheres (predicted)";
  const targetCurve = curveOf(panel, targetSeries, target.totalDos);
  const sums = candidates.map((c) => curveOf(panel, c.name, known ? c.predicted.total! : sumOfSites(c.predicted)));
  return { panels: [panel], unit: "states/eV/cell", curves: [targetCurve, ...sums] };
}

function sitePanels(
  sites: SiteDos,
  target: Target,
  candidates: readonly DosCandidate[],
  siteLabels?: readonly string[],
): DosPanels {
  const groups = equivalentSites(sites, target.siteMask, siteLabels);
  const titles = uniqueTitles(groups, siteLabels, target.siteMask);
  const curves: PanelCurve[] = [];
  groups.forEach((group, g) => {
    curves.push(curveOf(titles[g] ?? "", targetSeries, siteCurve(sites, group[0] ?? 0)));
    for (const candidate of candidates) curves.push(...predictedCurves(candidate, group, titles[g] ?? "", sites));
  });
  const mean = "mean over sites";
  curves.push(curveOf(mean, targetSeries, meanOfSites(sites)));
  for (const c of candidates) curves.push(curveOf(mean, c.name, meanOfSites(c.predicted)));
  return { panels: [...titles, mean], unit: "states/eV/atom", curves };
}

function predictedCurves(candidate: DosCandidate, group: readonly number[], panel: string, target: SiteDos) {
  const { predicted, name } = candidate;
  const curves: PanelCurve[] = [];
  for (let site = 0; site < predicted.siteCount; site++) {
    if (!group.includes(pairedSite(candidate, site, target.siteCount))) continue;
    const curve = `${name}, site ${site + 1}`;
    curves.push({ panel, series: name, curve, ...siteCurve(predicted, site) });
  }
  return curves;
}

function pairedSite(candidate: DosCandidate, site: number, targetSiteCount: number): number {
  const paired = candidate.pairing ? candidate.pairing[site] : site;
  if (paired !== undefined && Number.isInteger(paired) && paired >= 0 && paired < targetSiteCount) return paired;
  throw new Error(
    `candidate "${candidate.name}", site ${site}: expected a target site 0..${targetSiteCount - 1}, found ${paired}`,
  );
}

/** Groups of target sites that have one spectrum (to 0.1%), one label and one mask, in the order of their first member. */
function equivalentSites(sites: SiteDos, mask: Target["siteMask"], labels?: readonly string[]): number[][] {
  const groups: number[][] = [];
  for (let site = 0; site < sites.siteCount; site++) {
    const home = groups.find(([first = 0]) => {
      const alike = labels?.[first] === labels?.[site] && (mask?.[first] ?? true) === (mask?.[site] ?? true);
      return alike && relativeDifference(siteCurve(sites, first).values, siteCurve(sites, site).values) < 1e-3;
    });
    if (home) home.push(site);
    else groups.push([site]);
  }
  return groups;
}

function uniqueTitles(groups: number[][], labels: readonly string[] | undefined, mask: Target["siteMask"]): string[] {
  return groups.map((group) => {
    const first = group[0] ?? 0;
    const label = [labels?.[first], `site ${group.map((s) => s + 1).join(", ")}`].filter(Boolean).join(", ");
    return mask?.[first] === false ? `${label} (free)` : label;
  });
}

function relativeDifference(reference: Float32Array, other: Float32Array): number {
  let difference = 0;
  let norm = 0;
  for (let e = 0; e < reference.length; e++) {
    difference += Math.abs((reference[e] ?? 0) - (other[e] ?? 0));
    norm += Math.abs(reference[e] ?? 0);
  }
  return difference / Math.max(norm, 1e-12);
}

function curveOf(panel: string, series: string, { grid, values }: Curve): PanelCurve {
  return { panel, series, curve: series, grid, values };
}
