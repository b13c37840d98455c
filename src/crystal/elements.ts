import { elementTable } from "./elements-data.js";

/** Tabulated data of one element. `null`: no value is tabulated. */
export interface ElementData {
  readonly symbol: string;
  /** Cordero's covalent radius (Dalton Trans. 2008, 2832), Angstrom; Z = 1..96. */
  readonly covalentRadius: number | null;
  /** Pauling's electronegativity. */
  readonly electronegativity: number | null;
  /** 1..18; null in the f block. */
  readonly group: number | null;
  /** 1..7. */
  readonly period: number;
  /** SMACT's default oxidation states: seen more than five times in the ICSD. */
  readonly icsd24: readonly number[];
  /** SMACT's first set, behind the validity numbers of most papers on crystal generation. */
  readonly smact14: readonly number[];
}

/** A symbol or an atomic number that belongs to no element. */
export class UnknownElementError extends Error {
  override readonly name = "UnknownElementError";
}

/** Entry Z - 1 belongs to atomic number Z. */
const elementsData: readonly ElementData[] = elementTable.trim().split("\n").map(parseRow);

/** The largest atomic number with data. */
export const elementCount = elementsData.length;

const numberOfSymbol: ReadonlyMap<string, number> = new Map(elementsData.map((entry, k) => [entry.symbol, k + 1]));

/**
 * Everything tabulated for atomic number `z`.
 * @throws UnknownElementError unless `z` is an integer from 1 to 118.
 */
export function elementData(z: number): ElementData {
  const entry = elementsData[z - 1];
  if (entry === undefined) throw new UnknownElementError(`atomic number: expected an integer 1-118, found ${z}`);
  return entry;
}

/** "Al" for 13. @throws UnknownElementError */
export function elementSymbol(z: number): string {
  return elementData(z).symbol;
}

/** 13 for "Al"; case-sensitive. @throws UnknownElementError */
export function atomicNumber(symbol: string): number {
  const z = numberOfSymbol.get(symbol);
  if (z === undefined) throw new UnknownElementError(`unknown element ${JSON.stringify(symbol)}`);
  return z;
}

/** Whether `symbol` names an element ("Al", not "AL"). */
export function isElement(symbol: string): boolean {
  return numberOfSymbol.has(symbol);
}

/** Cordero's covalent radius, Angstrom; undefined above Z = 96. @throws UnknownElementError */
export function covalentRadius(z: number): number | undefined {
  return elementData(z).covalentRadius ?? undefined;
}

/** Pauling's electronegativity, undefined where there is none. @throws UnknownElementError */
export function electronegativity(z: number): number | undefined {
  return elementData(z).electronegativity ?? undefined;
}

/** Oxidation states that SMACT tries: its default set "icsd24", or its first, "smact14". @throws UnknownElementError */
export function oxidationStates(z: number, set: "icsd24" | "smact14" = "icsd24"): readonly number[] {
  return elementData(z)[set];
}

function parseRow(row: string): ElementData {
  const [symbol, radius, pauling, group, period, icsd24, smact14] = row.split(" ");
  const value = (cell: string | undefined) => (cell === "-" ? null : Number(cell));
  const states = (cell: string | undefined) => (cell === "-" ? [] : cell!.split(",").map(Number));
  return {
    symbol: symbol,
    covalentRadius: value(radius),
    electronegativity: value(pauling),
    group: value(group),
    period: Number(period),
    icsd24: states(icsd24),
    smact14: states(smact14),
  };
}
