import { energies, type Target } from "../../dos/index.js";
import { neutral, seriesColor } from "../palette.js";
import { dosPanels, targetSeries, type DosCandidate, type DosPanels } from "./dos-panels.js";
import { chartSpec, optionalTitle, type VegaLiteSpec } from "./spec.js";

/** Target, candidates and layout of a DOS chart. */
export interface DosChartInput {
  readonly target: Target;
  readonly candidates: readonly DosCandidate[];
  /** [N of the target] names of the target's sites, e.g. their elements. */
  readonly siteLabels?: readonly string[];
  readonly title?: string;
  /** Size of one panel in pixels. */
  readonly width?: number;
  readonly height?: number;
  /** Panels side by side. */
  readonly columns?: number;
}

/**
 * Target (filled) against predicted DOS (lines): a panel for each kind of target site and one for the mean over sites.
 * Energies in eV from the Fermi level. Scroll zooms in energy, dragging moves, a double-click resets; a click on the legend
 * shows one series alone (shift-click for several).
 *
 * @throws Error when the target has no spectrum, or a pairing does not fit.
 *
 * @example
 *     const [predicted] = await predictor.predict([crystal]);
 *     await show(dosChart({ target, candidates: [dosCandidate("predicted", predicted, target)] }));
 */
export function dosChart(input: DosChartInput): VegaLiteSpec {
  const panels = dosPanels(input.target, input.candidates, input.siteLabels);
  const names = input.candidates.map((candidate) => candidate.name);
  const frame = dosChartFrame(panels, names, input, { values: panelCurves(panels) });
  return { ...frame, transform: [{ flatten: ["energy", "dos"] }] };
}

/** The same chart around data given by name or value: rows of {panel, series, curve, energy, dos}. */
export function dosChartFrame(
  panels: Pick<DosPanels, "panels" | "unit">,
  names: readonly string[],
  input: Omit<DosChartInput, "candidates" | "siteLabels">,
  data: Readonly<Record<string, unknown>>,
): VegaLiteSpec {
  const { width = panels.panels.length === 1 ? 620 : 300, height = 170, columns = 2 } = input;
  return chartSpec({
    ...optionalTitle(input.title),
    data,
    facet: { field: "panel", type: "nominal", title: null, sort: panels.panels },
    columns: Math.min(columns, panels.panels.length),
    spec: { width, height, layer: layers(names, panels.unit, input.target) },
    resolve: { scale: { y: "independent" } },
  });
}

/**
 * The curves with their energies (eV from the Fermi level) and DOS (the panels' unit) as lists: a fifth of the size that a
 * row for every point would have in a notebook's file.
 */
function panelCurves({ curves }: DosPanels) {
  return curves.map(({ grid, values, ...keys }) => ({
    ...keys,
    energy: Array.from(energies(grid), round4),
    dos: Array.from(values, round4),
  }));
}

function layers(names: readonly string[], unit: string, target: Target): object[] {
  const scale = { domain: [targetSeries, ...names], range: [neutral, ...names.map((_, i) => seriesColor(i))] };
  const color = { field: "series", type: "nominal", scale, title: null, legend: { symbolOpacity: 1 } };
  const x = {
    field: "energy",
    type: "quantitative",
    title: "energy from the Fermi level (eV)",
    scale: { nice: false },
  };
  const y = { field: "dos", type: "quantitative", title: `DOS (${unit})` };
  const shown = (opacity: number) => ({ condition: { param: "shown", value: opacity }, value: 0.06 });
  return [
    ...windowLayer(target),
    {
      transform: [{ filter: `datum.series === '${targetSeries}'` }],
      mark: { type: "area", line: { strokeWidth: 1.2 }, clip: true },
      encoding: { x, y, color, opacity: shown(0.4) },
    },
    {
      params: [
        { name: "shown", select: { type: "point", fields: ["series"] }, bind: "legend" },
        { name: "zoom", select: { type: "interval", encodings: ["x"] }, bind: "scales" },
      ],
      transform: [{ filter: `datum.series !== '${targetSeries}'` }],
      mark: { type: "line", strokeWidth: 1.6, clip: true, strokeJoin: "round" },
      encoding: { x, y, color, opacity: shown(1), detail: { field: "curve" } },
    },
    {
      data: { values: [{}] },
      mark: { type: "rule", color: neutral, strokeDash: [3, 3] },
      encoding: { x: { datum: 0 } },
    },
  ];
}

/** The energies that count, as a faint band. */
function windowLayer(target: Target): object[] {
  if (!target.energyWindow) return [];
  const [start, stop] = target.energyWindow;
  const encoding = { x: { field: "start", type: "quantitative" }, x2: { field: "stop" } };
  return [
    {
      data: { values: [{ start, stop }] },
      mark: { type: "rect", color: neutral, opacity: 0.12, clip: true },
      encoding,
    },
  ];
}

function round4(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
