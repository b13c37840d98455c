import type { DataFrame } from "danfojs-node";
import { crystalOf, volume, type CrystalLike } from "../crystal/index.js";
import { escapeHtml, Html } from "./html.js";
import type { ReportCandidate } from "./report-data.js";

/** A value of a table. */
export type Cell = string | number | boolean | null | undefined;
/** A row of a table by column. */
export type Row = Readonly<Record<string, Cell>>;

/** A column of `htmlTable`. */
export interface Column {
  readonly key: string;
  readonly label?: string;
  readonly unit?: string;
  /** Decimal places of numbers; by default three significant digits, integers as they are. */
  readonly decimals?: number;
}

/** Candidates as rows of plain values: the columns of the report's table and of the data frame. */
export function candidateRows(
  candidates: readonly ReportCandidate[],
): Record<string, string | number | boolean | null>[] {
  return candidates.map((candidate) => ({
    rank: candidate.rank,
    id: candidate.id,
    formula: candidate.formula,
    spaceGroup: candidate.spaceGroup ?? null,
    atoms: candidate.crystal.atomicNumbers.length,
    structural: candidate.validity.structural,
    strict: candidate.validity.strict,
    chargeNeutral: candidate.validity.chargeNeutral,
    relativeL1: candidate.match.relativeL1,
    relativeL1Broad: candidate.match.relativeL1Broad,
    wassersteinEv: candidate.match.wasserstein,
    volumePerAtom: volumePerAtom(candidate),
    seedIndex: candidate.seedIndex,
    file: candidate.file,
  }));
}

/** Candidates as a danfo DataFrame (loaded on first use; it takes some seconds), volumes in Å³ per atom. */
export async function candidateFrame(candidates: readonly ReportCandidate[]): Promise<DataFrame> {
  const danfo = await import("danfojs-node");
  return new danfo.DataFrame(candidateRows(candidates));
}

/** Longer tables show their first and last rows only: a notebook is no place for thousands. */
const mostRows = 60;

/**
 * An HTML table. Text is escaped, numbers are rounded for reading (one number of decimals a column) and aligned, booleans become
 * "yes" and "no". Of more than 60 rows the first fifty and the last ten are shown.
 */
export function htmlTable(rows: readonly Row[], columns: readonly Column[] = columnsOf(rows)): Html {
  const formats = columns.map((column) => withDecimals(column, rows));
  const head = formats.map(
    (column) => `<th scope="col"${alignment(column, rows)}>${escapeHtml(columnTitle(column))}</th>`,
  );
  const body = shortened(rows).map((part) =>
    typeof part === "string"
      ? `<tr><td colspan="${columns.length}" style="text-align:center">${part}</td></tr>`
      : `<tr>${formats.map((column) => cellHtml(part[column.key], column)).join("")}</tr>`,
  );
  return new Html(
    `<table class="dosmith"><thead><tr>${head.join("")}</tr></thead><tbody>${body.join("\n")}</tbody></table>`,
  );
}

/** The same as text: columns padded with spaces, numbers to the right. */
export function textTable(rows: readonly Row[], columns: readonly Column[] = columnsOf(rows)): string {
  const formats = columns.map((column) => withDecimals(column, rows));
  const parts = shortened(rows);
  const cells = parts.map((part) =>
    typeof part === "string" ? [] : formats.map(({ key, decimals }) => formatCell(part[key], decimals)),
  );
  const titles = formats.map(columnTitle);
  const widths = titles.map((title, c) => Math.max(title.length, ...cells.map((row) => row[c]?.length ?? 0)));
  const pad = (text: string, c: number): string =>
    isNumeric(formats[c], rows) ? text.padStart(widths[c]) : text.padEnd(widths[c]);
  const line = (row: readonly string[]): string => row.map(pad).join("  ").trimEnd();
  return [line(titles), ...parts.map((part, r) => (typeof part === "string" ? part : line(cells[r])))].join("\n");
}

/** The rows to show; a line of text replaces those left out. */
function shortened(rows: readonly Row[]): (Row | string)[] {
  if (rows.length <= mostRows) return [...rows];
  return [
    ...rows.slice(0, mostRows - 10),
    `… ${rows.length - mostRows} more of ${rows.length} rows …`,
    ...rows.slice(-10),
  ];
}

const mostDecimals = 4;

/**
 * One number of decimals for a column: three significant digits of its middle size, at most four, and no more than its numbers have. A
 * column too small for that keeps three significant digits a cell.
 */
function withDecimals(column: Column, rows: readonly Row[]): Column {
  const sizes = numbersOf(column, rows).map(Math.abs).filter(Boolean);
  if (column.decimals !== undefined || sizes.every(Number.isInteger)) return column;
  const middle = sizes.sort((a, b) => a - b)[Math.floor(sizes.length / 2)];
  if (middle < 1e-3) return column;
  const present = sizes.map((size) => String(Number(size.toFixed(mostDecimals))).split(".")[1]?.length ?? 0);
  return { ...column, decimals: Math.min(Math.max(0, 2 - Math.floor(Math.log10(middle))), Math.max(...present)) };
}

function numbersOf({ key }: Column, rows: readonly Row[]): number[] {
  return rows.map((row) => row[key]).filter((value) => typeof value === "number" && Number.isFinite(value)) as number[];
}

function isNumeric(column: Column, rows: readonly Row[]): boolean {
  return rows.every(({ [column.key]: value }) => value === null || value === undefined || typeof value === "number");
}

function alignment(column: Column, rows: readonly Row[]): string {
  return rows.length > 0 && isNumeric(column, rows) ? ' style="text-align:right"' : ' style="text-align:left"';
}

/** A value rounded for reading: to three significant digits, or to that many decimal places. */
export function formatCell(value: Cell, decimals?: number): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return value;
  if (!Number.isFinite(value)) return "–";
  if (decimals !== undefined) return value.toFixed(decimals);
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
}

/** Volume of the cell over its number of atoms, Å³. */
export function volumePerAtom(of: CrystalLike): number {
  const crystal = crystalOf(of);
  return volume(crystal.latticeMatrix) / crystal.atomicNumbers.length;
}

function columnsOf(rows: readonly Row[]): Column[] {
  return Object.keys(rows[0] ?? {}).map((key) => ({ key }));
}

function columnTitle({ key, label = key, unit }: Column): string {
  return unit ? `${label} (${unit})` : label;
}

function cellHtml(value: Cell, column: Column): string {
  const style = typeof value === "number" ? "text-align:right;font-variant-numeric:tabular-nums" : "text-align:left";
  return `<td style="${style}">${escapeHtml(formatCell(value, column.decimals))}</td>`;
}
