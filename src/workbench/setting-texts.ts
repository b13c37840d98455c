import { atomicNumber, parseFormula } from "../crystal/index.js";
import type { EnergyGrid } from "../dos/index.js";
import type { TemplateKeep } from "../generate/index.js";

/** Reads a setting's text, as a command line or a form has it. @throws Error that says what was expected and found */
export type TextParser<T> = (text: string) => T;

/** A whole number of at least `least`. */
export function wholeNumber(least: number): TextParser<number> {
  return (text) => {
    const value = toNumber(text);
    if (!Number.isSafeInteger(value) || value < least) throw expected(`a whole number of at least ${least}`, text);
    return value;
  };
}

/** A number from `least` to `most`. */
export function numberIn(least: number, most: number): TextParser<number> {
  return (text) => {
    const value = toNumber(text);
    const range = most === Infinity ? `a number of at least ${least}` : `a number from ${least} to ${most}`;
    if (!(value >= least && value <= most)) throw expected(range, text);
    return value;
  };
}

/** "all", or a number of at least 0. */
export function numberOrAll(text: string): number | "all" {
  return text === "all" ? text : numberIn(0, Infinity)(text);
}

/** Two rising numbers "A,B" from `least` to `most`. */
export function interval(least = -Infinity, most = Infinity): TextParser<[number, number]> {
  return (text) => {
    const [from, to, ...rest] = text.split(",").map(toNumber);
    if (rest.length > 0 || !(from < to) || !(from >= least && to <= most) || !Number.isFinite(to - from))
      throw expected(`two rising numbers A,B${least === -Infinity ? "" : ` within ${least} to ${most}`}`, text);
    return [from, to];
  };
}

/** A uniform energy grid "A:B:N": N points from A to B eV. */
export function energyGrid(text: string): EnergyGrid {
  const [start, stop, count, ...rest] = text.split(":").map(toNumber);
  const rising = start < stop && Number.isFinite(stop - start);
  if (rest.length > 0 || !rising || !(count >= 2 && count <= 100_000) || count % 1 !== 0)
    throw expected("START:STOP:POINTS, such as -10:10:400", text);
  return { start, stop, count };
}

/** Numbers "0,0.5,1", each once. */
export function numberList(text: string): number[] {
  const values = text.split(",").map(toNumber);
  if (!values.every(Number.isFinite)) throw expected("numbers separated by commas", text);
  return unique(values, text);
}

/** Words of a list, each once: "fast,predictor-corrector". */
export function wordList<T extends string>(words: readonly T[]): TextParser<T[]> {
  return (text) => {
    const found = text.split(",").map((word) => words.find((known) => known === word.trim()));
    if (!found.every((word) => word !== undefined)) throw expected(`some of ${words.join(", ")}`, text);
    return unique(found, text);
  };
}

/** Sites "0,2", counted from 0, each once. @throws Error that says what was expected and found */
export function parseSites(text: string): number[] {
  const sites = text.split(",").map(toNumber);
  if (!sites.every((site) => Number.isSafeInteger(site) && site >= 0))
    throw expected("sites counted from 0, such as 0,2", text);
  return unique(sites, text);
}

/** Element symbols "Si,O" as atomic numbers. @throws Error that names an unknown element */
export function parseElements(text: string): number[] {
  return unique(
    text.split(",").map((symbol) => atomicNumber(symbol.trim())),
    text,
  );
}

/** The atoms of one cell, "Al2O3": atomic number -> number of atoms; neither reduced nor scaled. @throws Error */
export function parseComposition(text: string): Map<number, number> {
  return parseFormula(text);
}

/** "0=Si,3=O": site, counted from 0 -> atomic number. @throws Error that says what was expected and found */
export function parseFixedTypes(text: string): Map<number, number> {
  const pairs = text.split(",").map((pair): [number, number] => {
    const [site, symbol, ...rest] = pair.split("=");
    const index = toNumber(site);
    if (rest.length > 0 || symbol === undefined || !Number.isSafeInteger(index) || index < 0)
      throw expected("pairs SITE=ELEMENT such as 0=Si,3=O", text);
    return [index, atomicNumber(symbol.trim())];
  });
  unique(
    pairs.map(([site]) => site),
    text,
  );
  return new Map(pairs);
}

/**
 * What of a template stays, "lattice,coords,types:0,2"; numbers belong to the word before them.
 * @throws Error that says what was expected and found
 */
export function parseTemplateKeep(text: string): TemplateKeep {
  const keep: { lattice?: boolean; coords?: true | number[]; types?: true | number[] } = {};
  let sites: number[] | undefined;
  for (const token of text.split(",").map((part) => part.trim())) {
    const [, name, number] = /^(?:(lattice|coords|types)(?::|$))?(\d*)$/.exec(token) ?? [];
    const listed = token.includes(":");
    if (name === undefined ? !sites || !number : listed !== (number !== "") || (listed && name === "lattice"))
      throw expected("lattice, coords or types separated by commas, sites after a colon (types:0,2)", text);
    if (name === undefined) sites!.push(Number(number));
    else if (name === "lattice") keep.lattice = true;
    else keep[name as "coords" | "types"] = listed ? [Number(number)] : true;
    if (name !== undefined) sites = listed ? (keep[name as "coords" | "types"] as number[]) : undefined;
  }
  return keep;
}

function unique<T>(values: T[], text: string): T[] {
  if (new Set(values).size < values.length) throw expected("each entry once", text);
  return values;
}

/** NaN for a text that is no number; unlike Number, also for nothing at all. */
function toNumber(text: string): number {
  return text.trim() === "" ? NaN : Number(text);
}

function expected(what: string, found: string): Error {
  return new Error(`Expected ${what}, found "${found}".`);
}
