import { sameGrid, spacing, type Curve } from "../../dos/index.js";
import { sequentialScale } from "../palette.js";
import { chartSpec, optionalTitle, type VegaLiteSpec } from "./spec.js";

/** A line of the heat map: a spectrum and its name, such as the mean DOS of an element's sites. */
export interface DosHeatmapRow extends Curve {
  readonly label: string;
}

/** Layout of a DOS heat map. */
export interface DosHeatmapOptions {
  readonly title?: string;
  /** What the colours are, with their unit. Default "DOS (states/eV/atom)". */
  readonly valueLabel?: string;
  /** What the rows are: "element". */
  readonly rowLabel?: string;
  /** Each row divided by its largest value: shapes are compared, not heights. */
  readonly normalise?: boolean;
  readonly width?: number;
  /** Height of a row in pixels. */
  readonly rowHeight?: number;
}

/** More cells would make a notebook's file large without showing more. */
const mostCells = 3000;

/**
 * Spectra as lines of colours over the energy (eV from the Fermi level), in the given order from the top. Neighbouring energies are
 * averaged so far that the chart has at most about 3000 cells.
 *
 * @throws Error when there are no rows or their grids differ.
 */
export function dosHeatmap(rows: readonly DosHeatmapRow[], options: DosHeatmapOptions = {}): VegaLiteSpec {
  const { width = 560, rowHeight = 16, rowLabel, normalise = false } = options;
  const { valueLabel = normalise ? "DOS (share of the row's largest)" : "DOS (states/eV/atom)" } = options;
  checkRows(rows);
  const per = Math.max(1, Math.ceil((rows.length * rows[0].grid.count) / mostCells));
  const values = rows.flatMap((row) => rowCells(row, per, normalise));
  const color = {
    field: "dos",
    type: "quantitative",
    title: valueLabel,
    scale: { range: sequentialScale },
    legend: { gradientLength: 200, titleLimit: 400 },
  };
  const y = { field: "row", type: "nominal", title: rowLabel ?? null, sort: rows.map(({ label }) => label) };
  const energy = "energy from the Fermi level (eV)";
  return chartSpec({
    ...optionalTitle(options.title),
    width,
    height: { step: rowHeight },
    data: { values },
    layer: [
      {
        // Half a pixel of overlap: between cells that end inside a pixel the page would shine through.
        mark: { type: "rect", aria: false, x2Offset: 0.5 },
        encoding: {
          x: { field: "from", type: "quantitative", title: energy, scale: { nice: false, zero: false } },
          x2: { field: "to" },
          y,
          color,
          tooltip: [
            { field: "row", type: "nominal", title: rowLabel ?? "row" },
            { field: "from", type: "quantitative", title: "energy (eV)", format: ".2f" },
            { field: "dos", type: "quantitative", title: valueLabel, format: ".3~g" },
          ],
        },
      },
      {
        data: { values: [{}] },
        mark: { type: "rule", color: "white", strokeDash: [3, 3] },
        encoding: { x: { datum: 0 } },
      },
    ],
  });
}

function checkRows(rows: readonly DosHeatmapRow[]): void {
  if (rows.length === 0) throw new Error("DOS heat map: expected at least one row, found none");
  const [{ grid, label }] = rows;
  const other = rows.find((row) => !sameGrid(row.grid, grid));
  if (other) throw new Error(`DOS heat map: the energy grids of "${label}" and "${other.label}" differ`);
}

/** Means over `per` neighbouring energies, each a cell from half a step before its first to half a step behind its last. */
function rowCells({ label, grid, values }: DosHeatmapRow, per: number, normalise: boolean) {
  const step = spacing(grid);
  const largest = normalise ? Math.max(...values) : 1;
  const cells = [];
  for (let at = 0; at < values.length; at += per) {
    const part = values.subarray(at, at + per);
    const mean = part.reduce((sum, value) => sum + value, 0) / part.length;
    const from = grid.start + (at - 0.5) * step;
    cells.push({
      row: label,
      from: round3(from),
      to: round3(from + part.length * step),
      dos: round3(largest > 0 ? mean / largest : 0),
    });
  }
  return cells;
}

function round3(value: number): number {
  return Math.round(value * 1e3) / 1e3 + 0; // no -0
}
