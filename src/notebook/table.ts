import type { DataFrame } from "danfojs-node";
import { volume } from "../crystal/index.js";
import { escapeHtml } from "./html.js";
import type { ReportCandidate } from "./report-data.js";

export type Cell = string | number | boolean | null | undefined;
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

/** An HTML table. Text is escaped, numbers are rounded for reading and aligned, booleans become "yes" and "no". */
export function htmlTable(rows: readonly Row[], columns: readonly Column[] = columnsOf(rows)): string {
  const head = columns.map((column) => `<th scope="col">${escapeHtml(columnTitle(column))}</th>`).join("");
  const body = rows.map((row) => `<tr>${columns.map((column) => cellHtml(row[column.key], column)).join("")}</tr>`);
  return `<table class="dosmith"><thead><tr>${head}</tr></thead><tbody>${body.join("\n")}</tbody></table>`;
}

/** A value as a reader wants it: three significant digits, or so many decimal places. */
export function formatCell(value: Cell, decimals?: number): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return value;
  if (!Number.isFinite(value)) return "–";
  if (decimals !== undefined) return value.toFixed(decimals);
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
}

/** Volume of the cell over its number of atoms, Å³. */
export function volumePerAtom({ crystal }: Pick<ReportCandidate, "crystal">): number {
  return volume(crystal.latticeMatrix) / crystal.atomicNumbers.length;
}

function columnsOf(rows: readonly Row[]): Column[] {
  return Object.keys(rows[0] ?? {}).map((key) => ({ key }));
}

function columnTitle({ key, label = key, unit }: Column): string {
  return unit ? `${label} (${unit})` : label;
}

function cellHtml(value: Cell, column: Column): string {
  const alignment = typeof value === "number" ? ' style="text-align:right;font-variant-numeric:tabular-nums"' : "";
  return `<td${alignment}>${escapeHtml(formatCell(value, column.decimals))}</td>`;
}
