import { crystalOf, type CrystalLike } from "./crystal-like.js";
import type { Crystal, Matrix3, Vector3 } from "./crystal.js";
import { atomicNumber, elementSymbol } from "./elements.js";
import { formula } from "./formula.js";
import { toFractional, volume, wrap } from "./lattice.js";
import { at, fixed, parseNumber } from "./numbers.js";
import { assertCrystal } from "./validate.js";
import { mapVector } from "./vectors.js";

/** How a POSCAR is written. */
export interface PoscarOptions {
  /** First line; the formula if absent. */
  readonly title?: string;
  /** Brings atoms of one element together, as POTCAR files want it. Otherwise the atoms keep their order. */
  readonly groupElements?: boolean;
}

/**
 * The crystal of a POSCAR or CONTCAR (VASP 5 and later: with element symbols); direct or Cartesian coordinates,
 * selective dynamics and what follows the coordinates ignored.
 * @param name what messages begin with, for example the file's name.
 * @throws Error naming the line, what was expected and what was found.
 */
export function parsePoscar(text: string, name = "POSCAR"): Crystal {
  const lines = text.split(/\r\n|\n|\r/);
  const crystal = at(name, () => {
    const given: Matrix3 = [vector(lines, 3), vector(lines, 4), vector(lines, 5)];
    const scale = at("line 2", () => scaling(words(lines, 2), given));
    const latticeMatrix: Matrix3 = [scale(given[0]), scale(given[1]), scale(given[2])];
    const atomicNumbers = at("lines 6 and 7", () => species(words(lines, 6), words(lines, 7)));
    const modeLine = /^s/i.test(words(lines, 8)[0] ?? "") ? 9 : 8;
    const cartesian = at(`line ${modeLine}`, () => isCartesian(words(lines, modeLine)[0]));
    const rows = atomicNumbers.map((_, atom) => vector(lines, modeLine + 1 + atom));
    const fracCoords = cartesian ? toFractional(rows.map(scale), latticeMatrix) : rows;
    return { latticeMatrix, fracCoords: fracCoords.map(wrap), atomicNumbers };
  });
  return assertCrystal(crystal, name);
}

/** A POSCAR with direct coordinates; fifteen decimals. */
export function formatPoscar(like: CrystalLike, { title, groupElements = false }: PoscarOptions = {}): string {
  const crystal = crystalOf(like);
  const runs = groupElements ? elementGroups(crystal) : elementRuns(crystal);
  const row = (v: Vector3) => v.map((x) => fixed(x, 15).padStart(22)).join("");
  return [
    (title ?? formula(crystal.atomicNumbers)).replace(/\s+/g, " "),
    "1.0",
    ...crystal.latticeMatrix.map(row),
    runs.map(({ z }) => elementSymbol(z)).join(" "),
    runs.map(({ atoms }) => atoms.length).join(" "),
    "Direct",
    ...runs.flatMap(({ atoms }) => atoms.map((atom) => row(wrap(crystal.fracCoords[atom])))),
    "",
  ].join("\n");
}

interface Run {
  readonly z: number;
  readonly atoms: number[];
}

function elementRuns({ atomicNumbers }: Crystal): Run[] {
  const runs: Run[] = [];
  atomicNumbers.forEach((z, atom) => {
    const last = runs.at(-1);
    if (last?.z === z) last.atoms.push(atom);
    else runs.push({ z, atoms: [atom] });
  });
  return runs;
}

function elementGroups({ atomicNumbers }: Crystal): Run[] {
  const elements = [...new Set(atomicNumbers)];
  return elements.map((z) => ({ z, atoms: [...atomicNumbers.keys()].filter((atom) => atomicNumbers[atom] === z) }));
}

function words(lines: readonly string[], line: number): string[] {
  return (lines[line - 1] ?? "").trim().split(/\s+/).filter(Boolean);
}

function vector(lines: readonly string[], line: number): Vector3 {
  const [x, y, z] = words(lines, line);
  return at(`line ${line}`, () => {
    const component = (text: string | undefined) => parseNumber(text, "three numbers");
    return [component(x), component(y), component(z)];
  });
}

/** One factor, a negative cell volume, or a factor for each of x, y, z. */
function scaling(factors: readonly string[], lattice: Matrix3): (v: Vector3) => Vector3 {
  const numbers = factors.slice(0, 3).map((text) => parseNumber(text, "a scaling factor"));
  const [x, y, z] = numbers;
  if (x === undefined || (numbers.length === 3 && !numbers.every((factor) => factor > 0)) || x === 0) {
    throw new Error(`expected one scaling factor or three positive ones, found ${JSON.stringify(factors.join(" "))}`);
  }
  if (y !== undefined && z !== undefined) return (v) => [v[0] * x, v[1] * y, v[2] * z];
  const factor = x > 0 ? x : Math.cbrt(-x / volume(lattice));
  return (v) => mapVector(v, (component) => component * factor);
}

/** "Ti_pv" and "O/1a2b" name a potential, not only an element. */
function species(symbols: readonly string[], counts: readonly string[]): number[] {
  if (symbols.length === 0 || symbols.some((symbol) => /^\d/.test(symbol))) {
    throw new Error(`expected element symbols (VASP 5), found ${JSON.stringify(symbols.join(" "))}`);
  }
  const numbers = counts.slice(0, symbols.length).map((count) => (/^\d{1,6}$/.test(count) ? Number(count) : NaN));
  if (numbers.length !== symbols.length || !numbers.every((n) => n > 0)) {
    throw new Error(`expected ${symbols.length} counts of atoms, found ${JSON.stringify(counts.join(" "))}`);
  }
  return symbols.flatMap((symbol, k) => {
    const z = atomicNumber(symbol.replace(/[_/].*$/, ""));
    return Array.from({ length: numbers[k] }, () => z);
  });
}

function isCartesian(mode: string | undefined): boolean {
  if (mode === undefined || !/^[cdk]/i.test(mode)) {
    throw new Error(`expected Direct or Cartesian, found ${JSON.stringify(mode ?? "")}`);
  }
  return !/^d/i.test(mode);
}
