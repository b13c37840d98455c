import { atomicNumber, elementSymbol } from "./elements.js";

/** How many atoms of each element, in order of the symbols' alphabet. @throws UnknownElementError */
export function composition(atomicNumbers: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const z of atomicNumbers) counts.set(z, (counts.get(z) ?? 0) + 1);
  return alphabetical(counts);
}

/** Reduced formula with the elements in alphabetical order ("AlNi3"): the key of data sets and their split. */
export function formula(atomicNumbers: readonly number[]): string {
  const counts = composition(atomicNumbers);
  const divisor = [...counts.values()].reduce(greatestCommonDivisor, 0);
  return [...counts].map(([z, n]) => elementSymbol(z) + (n === divisor ? "" : String(n / divisor))).join("");
}

/**
 * Counts by atomic number of a chemical formula with whole numbers and, if need be, brackets: "Al2O3", "Ca(OH)2".
 * Not reduced: "Al4O6" has four aluminium atoms.
 * @throws UnknownElementError, or an Error that quotes the formula and says where it goes wrong.
 */
export function parseFormula(text: string): Map<number, number> {
  const tokens = /([A-Z][a-z]?)(\d*)|(\()|(\))(\d*)/y;
  const open = [new Map<number, number>()];
  let end = 0;
  for (let match = tokens.exec(text); match !== null; match = tokens.exec(text)) {
    const [, symbol, count, opening, closing, factor] = match;
    const top = open.at(-1)!;
    if (symbol !== undefined) add(top, atomicNumber(symbol), amount(count, text));
    else if (opening !== undefined) open.push(new Map());
    else if (closing !== undefined && open.length > 1) closeBracket(open, amount(factor, text));
    else break;
    end = tokens.lastIndex;
  }
  if (end !== text.length || end === 0 || open.length !== 1) {
    throw new Error(
      `formula ${JSON.stringify(text)}: expected one like "Al2O3", cannot read on at character ${end + 1}`,
    );
  }
  return alphabetical(open[0]);
}

function closeBracket(open: Map<number, number>[], factor: number): void {
  const inner = open.pop()!;
  for (const [z, n] of inner) add(open.at(-1)!, z, n * factor);
}

function add(counts: Map<number, number>, z: number, n: number): void {
  counts.set(z, (counts.get(z) ?? 0) + n);
}

function amount(digits: string | undefined, text: string): number {
  const n = digits ? Number(digits) : 1;
  if (n < 1 || n > 1e6)
    throw new Error(`formula ${JSON.stringify(text)}: expected counts from 1 to 1000000, found ${n}`);
  return n;
}

function alphabetical(counts: ReadonlyMap<number, number>): Map<number, number> {
  return new Map([...counts].sort(([a], [b]) => (elementSymbol(a) < elementSymbol(b) ? -1 : 1)));
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
