import {
  covalentRadius,
  elementSymbol,
  formula,
  latticeParameters,
  toCartesian,
  type Crystal,
  type Matrix3,
  type Vector3,
} from "../crystal/index.js";
import { isColourByValue, siteColours, type ColourByValue, type SceneLegend } from "./scene-colours.js";

/** How a crystal is drawn. */
export interface SceneOptions {
  /** Cells along a, b, c; by default enough to show at least twelve atoms in a compact block. */
  readonly supercell?: readonly [number, number, number];
  /** Draw bonds: pairs closer than 1.15 times the sum of their covalent radii. Default true. */
  readonly bonds?: boolean;
  /** Small balls and sticks (default), or balls of the atoms' size. */
  readonly style?: "ball-and-stick" | "spheres";
  /** Colours by element (default), by site of the cell, or by a number of each site. */
  readonly colourBy?: "element" | "site" | ColourByValue;
}

/** One picture in Cartesian Angstrom, plain JSON for the page's script. */
export interface Scene {
  readonly label: string;
  readonly legend: SceneLegend;
  readonly style: "ball-and-stick" | "spheres";
  readonly atoms: readonly SceneAtom[];
  /** Middle of the block; pictures turn around it. */
  readonly centre: Vector3;
  /** Pairs of atom indices. */
  readonly bonds: readonly (readonly [number, number])[];
  /** Edges of the unit cell, then of the whole block. */
  readonly cell: readonly Edge[];
  readonly block: readonly Edge[];
}

/** One drawn atom: element, place and colour. */
export interface SceneAtom {
  readonly elem: string;
  readonly position: Vector3;
  readonly site: number;
  /** Absent: the element's usual (Jmol) colour. */
  readonly color?: string;
  /** The element's symbol, on one image of each site, where colours do not tell it. */
  readonly text?: string;
}

/** A line from one point to another, Angstrom. */
export type Edge = readonly [Vector3, Vector3];

const mostAtoms = 4000;
const faceTolerance = 0.01;

/** For elements beyond the tabulated covalent radii, Angstrom. */
const heavyRadius = 1.7;

/**
 * Lays out a crystal for drawing: the supercell, the periodic images on its faces, bonds and cell edges.
 *
 * @throws Error when the cell is not finite, the supercell is not positive integers or would hold more than 4000 atoms, or
 *   there is not one colour value a site.
 */
export function crystalScene(crystal: Crystal, options: SceneOptions = {}): Scene {
  checkFinite(crystal);
  const supercell = options.supercell ?? defaultSupercell(crystal);
  checkSupercell(supercell, crystal.atomicNumbers.length);
  const { colours, legend } = siteColours(crystal, options.colourBy ?? "element");
  const atoms = blockAtoms(crystal, supercell, colours, isColourByValue(options.colourBy));
  return {
    label: sceneLabel(crystal, supercell),
    legend,
    style: options.style ?? "ball-and-stick",
    atoms,
    centre: position([supercell[0] / 2, supercell[1] / 2, supercell[2] / 2], crystal.latticeMatrix),
    bonds: options.bonds === false ? [] : bondPairs(atoms, crystal.atomicNumbers),
    cell: boxEdges(crystal.latticeMatrix, [1, 1, 1]),
    block: supercell.some((n) => n > 1) ? boxEdges(crystal.latticeMatrix, supercell) : [],
  };
}

/** Grows the shorter directions until twelve atoms, images on the faces included, are seen. */
export function defaultSupercell(crystal: Crystal): [number, number, number] {
  const lengths = latticeParameters(crystal.latticeMatrix).lengths;
  const cells: [number, number, number] = [1, 1, 1];
  while (crystal.fracCoords.reduce((count, coords) => count + blockPositions(coords, cells).length, 0) < 12) {
    const extents = lengths.map((length, axis) => length * cells[axis]);
    const nearShortest = 1.15 * Math.min(...extents);
    extents.forEach((extent, axis) => (cells[axis] += extent <= nearShortest ? 1 : 0));
  }
  return cells;
}

function checkFinite({ latticeMatrix, fracCoords }: Crystal): void {
  const wrong = [...latticeMatrix.flat(), ...fracCoords.flat()].find((x) => !Number.isFinite(x));
  if (wrong !== undefined) throw new Error(`crystal view: expected finite lattice and coordinates, found ${wrong}`);
}

function checkSupercell(supercell: readonly number[], atomCount: number): void {
  if (supercell.length !== 3 || !supercell.every((n) => Number.isInteger(n) && n > 0))
    throw new Error(`supercell: expected three positive integers, found ${JSON.stringify(supercell)}`);
  const total = supercell.reduce((product, n) => product * n, atomCount);
  if (total > mostAtoms) throw new Error(`supercell: expected at most ${mostAtoms} atoms, found ${total}`);
}

function blockAtoms(
  crystal: Crystal,
  supercell: readonly number[],
  colours: readonly (string | undefined)[],
  named: boolean,
): SceneAtom[] {
  return crystal.fracCoords.flatMap((coords, site) => {
    const elem = elementSymbol(crystal.atomicNumbers[site] ?? 0);
    const color = colours[site] ? { color: colours[site] } : {};
    return blockPositions(coords, supercell).map((frac, image) => ({
      elem,
      site,
      ...color,
      ...(named && image === 0 ? { text: elem } : {}),
      position: position(frac, crystal.latticeMatrix),
    }));
  });
}

/** All images of a site inside the block or on its faces, in units of the lattice vectors. */
function blockPositions(coords: Vector3, supercell: readonly number[]): Vector3[] {
  const perAxis = coords.map((x, axis) => axisPositions(x, supercell[axis] ?? 1));
  const [xs = [], ys = [], zs = []] = perAxis;
  return xs.flatMap((x) => ys.flatMap((y) => zs.map((z) => [x, y, z] as const)));
}

function axisPositions(x: number, cells: number): number[] {
  const wrapped = x - Math.floor(x + faceTolerance);
  const positions: number[] = [];
  for (let at = wrapped; at <= cells + faceTolerance; at++) positions.push(at);
  return positions;
}

function bondPairs(atoms: readonly SceneAtom[], atomicNumbers: readonly number[]): [number, number][] {
  const radii = atoms.map((atom) => covalentRadius(atomicNumbers[atom.site] ?? 0) ?? heavyRadius);
  const pairs: [number, number][] = [];
  for (let i = 0; i < atoms.length; i++) {
    for (let j = i + 1; j < atoms.length; j++) {
      if (distance(atoms[i].position, atoms[j].position) < 1.15 * (radii[i] + radii[j])) pairs.push([i, j]);
    }
  }
  return pairs;
}

/** The twelve edges of a box of whole cells at the origin. */
function boxEdges(latticeMatrix: Matrix3, cells: Vector3): Edge[] {
  const at = (...[i, j, k]: Vector3) => position([i * cells[0], j * cells[1], k * cells[2]], latticeMatrix);
  const square = [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ];
  return square.flatMap(([i, j]) => [
    [at(0, i, j), at(1, i, j)] as const,
    [at(i, 0, j), at(i, 1, j)] as const,
    [at(i, j, 0), at(i, j, 1)] as const,
  ]);
}

/** Cartesian Angstrom, rounded to 0.001. */
function position(frac: Vector3, latticeMatrix: Matrix3): Vector3 {
  const [[x, y, z]] = toCartesian([frac], latticeMatrix);
  return [round3(x), round3(y), round3(z)];
}

function round3(value: number): number {
  return Math.round(value * 1e3) / 1e3;
}

function distance(a: Vector3, b: Vector3): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

function sceneLabel(crystal: Crystal, supercell: readonly number[]): string {
  const name = formula(crystal.atomicNumbers);
  return supercell.some((n) => n > 1) ? `${name}, ${supercell.join(" × ")} cells` : name;
}
