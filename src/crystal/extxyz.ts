import { crystalOf, type CrystalLike } from "./crystal-like.js";
import type { Crystal, Matrix3, Vector3 } from "./crystal.js";
import { atomicNumber, elementSymbol } from "./elements.js";
import { toCartesian, toFractional, wrap } from "./lattice.js";
import { at, fixed, parseNumber } from "./numbers.js";
import { assertCrystal } from "./validate.js";

/** One crystal of an extended XYZ file, and the rest of its comment line. */
export interface ExtxyzFrame {
  readonly crystal: Crystal;
  /** key=value pairs, the values as text. */
  readonly info: Readonly<Record<string, string>>;
}

interface Columns {
  readonly species: number;
  /** Whether the species column holds atomic numbers. */
  readonly numeric: boolean;
  readonly position: number;
}

/** Keys of the comment line that belong to the format. */
const reserved = new Set(["Lattice", "Properties", "pbc"]);

/**
 * All frames of an extended XYZ file (Lattice="...", Properties=species:S:1:pos:R:3:...).
 * @param name what messages begin with, for example the file's name.
 * @throws Error naming the frame and line, what was expected and what was found.
 */
export function parseExtxyz(text: string, name = "extxyz"): ExtxyzFrame[] {
  const lines = text.trimEnd().split(/\r\n|\n|\r/);
  const frames: ExtxyzFrame[] = [];
  for (let start = 0; start < lines.length;) {
    const count = at(`${name}: line ${start + 1}`, () => atomCount(lines[start], lines.length - start - 2));
    const place = `${name}: frame ${frames.length + 1}`;
    frames.push(at(place, () => readFrame(lines, start, count)));
    start += count + 2;
  }
  return frames;
}

/**
 * An extended XYZ file with one frame per crystal; positions are Cartesian, fifteen decimals.
 * @param infos [frames] further key=value pairs for the comment lines.
 * @throws Error if a key has white space, quotes or "=", is one of the format's own, or a value has line breaks or quotes.
 */
export function formatExtxyz(
  crystals: Iterable<CrystalLike>,
  infos: readonly Readonly<Record<string, string | number | boolean>>[] = [],
): string {
  return Array.from(crystals, (crystal, k) => formatFrame(crystalOf(crystal), infos[k] ?? {})).join("");
}

function formatFrame(crystal: Crystal, info: Readonly<Record<string, string | number | boolean>>): string {
  const lattice = crystal.latticeMatrix
    .flat()
    .map((x) => fixed(x, 15))
    .join(" ");
  const pairs = Object.entries(info).map(([key, value]) => ` ${formatPair(key, valueText(value))}`);
  const atoms = toCartesian(crystal.fracCoords, crystal.latticeMatrix).map(
    (r, atom) => `${elementSymbol(crystal.atomicNumbers[atom])} ${r.map((x) => fixed(x, 15)).join(" ")}\n`,
  );
  const comment = `Lattice="${lattice}" Properties=species:S:1:pos:R:3${pairs.join("")} pbc="T T T"`;
  return `${atoms.length}\n${comment}\n${atoms.join("")}`;
}

function valueText(value: string | number | boolean): string {
  return typeof value === "boolean" ? (value ? "T" : "F") : String(value);
}

function formatPair(key: string, value: string): string {
  if (!/^[^\s"'=]+$/.test(key) || reserved.has(key) || /["\r\n\\]/.test(value)) {
    throw new Error(`extxyz: expected a plain key and value, found ${JSON.stringify(key)}=${JSON.stringify(value)}`);
  }
  return /^[^\s'=]+$/.test(value) ? `${key}=${value}` : `${key}="${value}"`;
}

function atomCount(line: string, available: number): number {
  const count = /^\s*\d{1,9}\s*$/.test(line) ? Number(line) : NaN;
  if (!(count >= 1)) throw new Error(`expected the number of atoms, found ${JSON.stringify(line)}`);
  if (count > available)
    throw new Error(`expected ${count} atoms, found the end of the file after ${Math.max(0, available)}`);
  return count;
}

function readFrame(lines: readonly string[], start: number, count: number): ExtxyzFrame {
  const pairs = commentPairs(lines[start + 1]);
  const latticeMatrix = at("Lattice", () => latticeOf(pairs.get("Lattice")));
  assertPeriodic(pairs.get("pbc"));
  const columns = columnsOf(pairs.get("Properties") ?? "species:S:1:pos:R:3");
  const atoms = lines
    .slice(start + 2, start + 2 + count)
    .map((line, k) => at(`line ${start + 3 + k}`, () => readAtom(line, columns)));
  const positions = atoms.map(({ position }) => position);
  const crystal = {
    latticeMatrix,
    fracCoords: toFractional(positions, latticeMatrix).map(wrap),
    atomicNumbers: atoms.map(({ z }) => z),
  };
  const info = Object.fromEntries([...pairs].filter(([key]) => !reserved.has(key)));
  return { crystal: assertCrystal(crystal), info };
}

/** key=value, key="a value" or a bare key (true). */
function commentPairs(comment: string): Map<string, string> {
  const pattern = /([^\s="']+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|(\S+)))?/g;
  return new Map(
    [...comment.matchAll(pattern)].map(([, key, double, single, bare]) => [key, double ?? single ?? bare ?? "T"]),
  );
}

function latticeOf(text: string | undefined): Matrix3 {
  const numbers = (text ?? "").trim().split(/\s+/).filter(Boolean);
  if (numbers.length !== 9) throw new Error(`expected nine numbers, found ${JSON.stringify(text ?? "")}`);
  const [ax, ay, az, bx, by, bz, cx, cy, cz] = numbers.map((x) => parseNumber(x, "nine numbers")) as [
    ...[number, number, number],
    ...[number, number, number],
    ...[number, number, number],
  ];
  return [
    [ax, ay, az],
    [bx, by, bz],
    [cx, cy, cz],
  ];
}

function assertPeriodic(pbc: string | undefined): void {
  if (pbc === undefined || /^\s*\[?(\s*(T|True|1),?){3}\s*\]?$/i.test(pbc)) return;
  throw new Error(`pbc: expected a crystal, periodic in three directions, found ${JSON.stringify(pbc)}`);
}

function columnsOf(properties: string): Columns {
  const fields = properties.split(":");
  const starts = new Map<string, number>();
  let next = 0;
  for (let k = 0; k < fields.length; k += 3) {
    const width = Number(fields[k + 2]);
    if (!(Number.isInteger(width) && width > 0)) throw unreadable(properties);
    starts.set(`${fields[k]}:${fields[k + 1]}:${width}`, next);
    next += width;
  }
  const [symbols, numbers, position] = ["species:S:1", "Z:I:1", "pos:R:3"].map((field) => starts.get(field));
  const speciesColumn = symbols ?? numbers;
  if (speciesColumn === undefined || position === undefined) throw unreadable(properties);
  return { species: speciesColumn, numeric: symbols === undefined, position };
}

function unreadable(properties: string): Error {
  return new Error(`Properties: expected species:S:1 (or Z:I:1) and pos:R:3, found ${JSON.stringify(properties)}`);
}

function readAtom(line: string, { species, numeric, position }: Columns): { z: number; position: Vector3 } {
  const words = line.trim().split(/\s+/);
  const component = (k: number) => parseNumber(words[position + k], "three coordinates");
  const z = numeric ? parseNumber(words[species], "an atomic number") : atomicNumber(words[species] ?? "");
  return { z, position: [component(0), component(1), component(2)] };
}
