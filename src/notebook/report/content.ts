import { dosChartFrame } from "../charts/dos-chart.js";
import type { SiteDos } from "../../dos/index.js";
import { dosPanels, targetSeries, type DosCandidate, type PanelCurve } from "../charts/dos-panels.js";
import type { VegaLiteSpec } from "../charts/spec.js";
import { prettyFormula } from "../html.js";
import type { ReportCandidate, ReportData } from "../report-data.js";
import { candidateHeading } from "./sections.js";
import { crystalScene, type Scene } from "../scene.js";

/** What the page's script works on: the chart without its data, and each candidate's curves and scene. */
export interface PageContent {
  readonly spec: VegaLiteSpec | null;
  readonly panelCount: number;
  readonly target: readonly PageCurve[];
  readonly candidates: readonly PageCandidate[];
}

interface PageCurve {
  readonly panel: string;
  readonly series: string;
  readonly curve: string;
  readonly start: number;
  readonly stop: number;
  readonly dos: readonly number[];
}

interface PageCandidate {
  readonly rank: number;
  readonly heading: string;
  readonly label: string;
  readonly curves: readonly PageCurve[];
  readonly scene: Scene;
}

const predictedSeries = "predicted";
const computedSeries = "computed by DFT";

/** How many spectrum values a report carries at most: about 1 MB when packed. */
const valueBudget = 350_000;

/** Gathers what the page draws, in rank order, as many candidates as the size allows (at least one). */
export function pageContent(data: ReportData, candidates: readonly ReportCandidate[]): PageContent {
  const empty = dosPanels(data.target, [], data.siteLabels);
  const kept = withinBudget(candidates);
  const columns = empty.panels.length === 1 ? 1 : 2;
  return {
    spec: dosChartFrame(empty, seriesNames(candidates), { target: data.target, columns }, { name: "rows" }),
    panelCount: empty.panels.length,
    target: empty.curves.map(pageCurve),
    candidates: kept.map((candidate) => pageCandidate(data, candidate)),
  };
}

function pageCandidate(data: ReportData, candidate: ReportCandidate): PageCandidate {
  const { rank, crystal, formula } = candidate;
  const { curves } = dosPanels(data.target, drawnSpectra(candidate), data.siteLabels);
  return {
    rank,
    heading: candidateHeading(candidate),
    label: prettyFormula(formula),
    curves: curves.filter((curve) => curve.series !== targetSeries).map(pageCurve),
    scene: crystalScene(crystal),
  };
}

/** The series of the chart besides the target: a computed one where any candidate has it. */
export function seriesNames(candidates: readonly ReportCandidate[]): string[] {
  const computed = candidates.some((candidate) => candidate.computed && "siteDos" in candidate.computed);
  return computed ? [predictedSeries, computedSeries] : [predictedSeries];
}

/** The spectra of a candidate: predicted, and computed where there is one. */
export function drawnSpectra({ predicted, pairing, computed }: ReportCandidate): DosCandidate[] {
  const drawn = (name: string, dos: SiteDos, paired: readonly number[] | undefined): DosCandidate => ({
    name,
    predicted: dos,
    ...(paired && { pairing: paired }),
  });
  return [
    drawn(predictedSeries, predicted, pairing),
    ...(computed && "siteDos" in computed ? [drawn(computedSeries, computed.siteDos, computed.pairing)] : []),
  ];
}

function withinBudget(candidates: readonly ReportCandidate[]): ReportCandidate[] {
  let values = 0;
  return candidates.filter((candidate, index) => {
    for (const { predicted } of drawnSpectra(candidate)) values += predicted.values.length + predicted.grid.count;
    return index === 0 || values <= valueBudget;
  });
}

function pageCurve({ panel, series, curve, grid, values }: PanelCurve): PageCurve {
  const dos = Array.from(values, (value) => Math.round(value * 1e4) / 1e4);
  return { panel, series, curve, start: grid.start, stop: grid.stop, dos };
}
