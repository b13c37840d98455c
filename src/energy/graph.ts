import type { Crystal, Vector3 } from "../crystal/index.js";
import { neighbours } from "../crystal/index.js";
import { timesMatrix } from "../crystal/vectors.js";
import { inverse } from "../crystal/index.js";
import type { EnergyConfig } from "./config.js";
import type { Operation } from "./operations.js";

/** A class of atoms that symmetry makes equal. */
export interface AtomClass {
  readonly atomicNumber: number;
  /** Atoms of this class in the cell. */
  readonly count: number;
}

/** A class of bonds, by one of them. */
export interface BondClass {
  /** Bonds of this class in the cell, each counted once. */
  readonly count: number;
  /** The ends: atoms and, for the network, their classes. */
  readonly from: number;
  readonly to: number;
  readonly fromClass: number;
  readonly toClass: number;
  /** From one end to the other, Cartesian, Angstrom. */
  readonly vector: Vector3;
  /** Angstrom. */
  readonly distance: number;
}

/** A class of angles between two bonds that leave one atom, by one of them; (a, b) is another one than (b, a). */
export interface AngleClass {
  readonly count: number;
  readonly centre: number;
  readonly centreClass: number;
  /** The two bonds' classes. */
  readonly first: number;
  readonly second: number;
  /** The atoms that the bonds lead to, and the vectors to them, Cartesian, Angstrom. */
  readonly ends: readonly [number, number];
  readonly vectors: readonly [Vector3, Vector3];
}

/** A crystal's bonds and angles, up to symmetry. */
export interface CrystalGraph {
  readonly atoms: readonly AtomClass[];
  /** [N] class of each atom. */
  readonly classOfAtom: readonly number[];
  /** Those shorter than the bond cutoff come first. */
  readonly bonds: readonly BondClass[];
  /** Number of bonds that make angles. */
  readonly shortCount: number;
  readonly angles: readonly AngleClass[];
}

/**
 * The graph of a crystal: a bond for every pair of atoms (images included) within the atom cutoff, an angle for every two bonds
 * within the bond cutoff that leave the same atom.
 * @param operations symmetry that the crystal has exactly: only one of the things that it makes equal is kept, with their number
 * @throws Error if the cell is singular, or an atom has no neighbour within the cutoff
 */
export function crystalGraph(crystal: Crystal, operations: readonly Operation[], config: EnergyConfig): CrystalGraph {
  const { classOfAtom, representatives, counts, toRepresentative } = atomClasses(crystal, operations);
  const stars = bondStars(crystal, representatives, config);
  const local = stars.map((star, c) => starOrbits(star, stabiliser(operations, representatives[c])));
  const orbitAt = ({ atom, image }: Neighbour, from: number): { star: number; orbit: number } => {
    // The bond seen from its other end, brought to the atom that stands for that end.
    const operation = operations[toRepresentative[atom]];
    const star = classOfAtom[atom];
    const back: Neighbour = { atom: from, image: [-image[0], -image[1], -image[2]], vector: [0, 0, 0], distance: 0 };
    const at = stars[star].find(imageOf(back, atom, operation));
    return { star, orbit: at === undefined ? -1 : local[star].orbitOf[at] };
  };
  const bonds: BondClass[] = [];
  const classOfOrbit = local.map(({ members }) => members.map(() => -1));
  stars.forEach((star, c) =>
    local[c].members.forEach((members, orbit) => {
      if (classOfOrbit[c][orbit] >= 0) return;
      const neighbour = star.neighbours[members[0]];
      const reverse = orbitAt(neighbour, representatives[c]);
      // At the very cutoff rounding may list a bond from one end only; it has no weight there.
      if (reverse.orbit < 0) return;
      const same = reverse.star === c && reverse.orbit === orbit;
      classOfOrbit[c][orbit] = bonds.length;
      classOfOrbit[reverse.star][reverse.orbit] = bonds.length;
      const { atom: to, vector, distance } = neighbour;
      const [from, fromClass, toClass] = [representatives[c], c, classOfAtom[to]];
      const count = (members.length * counts[c]) / (same ? 2 : 1);
      bonds.push({ count, from, to, fromClass, toClass, vector, distance });
    }),
  );
  const order = bonds.map((_, k) => k).sort((a, b) => Number(isLong(bonds[a])) - Number(isLong(bonds[b])) || a - b);
  function isLong({ distance }: BondClass): boolean {
    return distance >= config.bondCutoff;
  }
  const place = order.map(() => 0);
  order.forEach((old, now) => (place[old] = now));
  const shortCount = bonds.filter((bond) => !isLong(bond)).length;
  const bondAt = (c: number, k: number): number => {
    const at = place[classOfOrbit[c][local[c].orbitOf[k]]] ?? -1;
    // At the very cutoff rounding may call a bond short and its class long; it has no weight there.
    return at < shortCount ? at : -1;
  };
  return {
    atoms: representatives.map((atom, c) => ({ atomicNumber: crystal.atomicNumbers[atom], count: counts[c] })),
    classOfAtom,
    bonds: order.map((k) => bonds[k]),
    shortCount,
    angles: stars.flatMap((star, c) =>
      anglesOf(star, local[c], {
        cutoff: config.bondCutoff,
        centreClass: c,
        atoms: counts[c],
        bondAt: (k) => bondAt(c, k),
      }),
    ),
  };
}

interface Neighbour {
  readonly atom: number;
  /** Lattice translation of its cell, whole. */
  readonly image: Vector3;
  readonly vector: Vector3;
  readonly distance: number;
}

/** An atom's neighbours, and where an equal one stands among them. */
interface Star {
  readonly atom: number;
  readonly neighbours: readonly Neighbour[];
  find(neighbour: Pick<Neighbour, "atom" | "image">): number | undefined;
}

function atomClasses({ atomicNumbers }: Crystal, operations: readonly Operation[]) {
  const classOfAtom = atomicNumbers.map(() => -1);
  const toRepresentative = atomicNumbers.map(() => 0);
  const representatives: number[] = [];
  atomicNumbers.forEach((_, atom) => {
    if (classOfAtom[atom] >= 0) return;
    operations.forEach(({ atoms }) => (classOfAtom[atoms[atom]] = representatives.length));
    classOfAtom[atom] = representatives.length;
    representatives.push(atom);
  });
  atomicNumbers.forEach((_, atom) => {
    const target = representatives[classOfAtom[atom]];
    toRepresentative[atom] = Math.max(
      0,
      operations.findIndex(({ atoms }) => atoms[atom] === target),
    );
  });
  const counts = representatives.map((_, c) => classOfAtom.filter((k) => k === c).length);
  return { classOfAtom, representatives, counts, toRepresentative };
}

const stabiliser = (operations: readonly Operation[], atom: number): Operation[] =>
  operations.filter(({ atoms }) => atoms[atom] === atom);

function bondStars(crystal: Crystal, atoms: readonly number[], { atomCutoff }: EnergyConfig): Star[] {
  const { count, from, to, distances, vectors } = neighbours(crystal, atomCutoff);
  const toFractional = inverse(crystal.latticeMatrix);
  const lists = new Map(atoms.map((atom) => [atom, [] as Neighbour[]]));
  for (let k = 0; k < count; k++) {
    const list = lists.get(from[k]);
    if (!list) continue;
    const vector: Vector3 = [vectors[3 * k], vectors[3 * k + 1], vectors[3 * k + 2]];
    const difference = timesMatrix(vector, toFractional);
    const [x, y] = [crystal.fracCoords[to[k]], crystal.fracCoords[from[k]]];
    const image = (axis: 0 | 1 | 2) => Math.round(difference[axis] - x[axis] + y[axis]);
    list.push({ atom: to[k], image: [image(0), image(1), image(2)], vector, distance: distances[k] });
  }
  return atoms.map((atom) => starOf(atom, lists.get(atom)!, atomCutoff));
}

function starOf(atom: number, list: readonly Neighbour[], cutoff: number): Star {
  if (list.length === 0)
    throw new Error(`expected a neighbour within ${cutoff} Angstrom of atom ${atom + 1}, found none`);
  const key = ({ atom: to, image: [x, y, z] }: Pick<Neighbour, "atom" | "image">): number =>
    ((to * 2048 + x + 1024) * 2048 + y + 1024) * 2048 + z + 1024;
  const places = new Map(list.map((neighbour, k) => [key(neighbour), k]));
  return { atom, neighbours: list, find: (neighbour) => places.get(key(neighbour)) };
}

/** Where an operation takes a neighbour of `atom`, relative to where it takes the atom. */
function imageOf(
  { atom: to, image }: Neighbour,
  atom: number,
  { rotation, atoms, shifts }: Operation,
): Pick<Neighbour, "atom" | "image"> {
  const turned = timesMatrix(image, rotation);
  const at = (k: 0 | 1 | 2) => turned[k] + shifts[to][k] - shifts[atom][k];
  return { atom: atoms[to], image: [at(0), at(1), at(2)] };
}

interface Orbits {
  /** Orbit of each neighbour. */
  readonly orbitOf: readonly number[];
  /** The neighbours in each orbit. */
  readonly members: readonly (readonly number[])[];
  /** For each operation that leaves the atom in its place, where it takes each neighbour (-1: beyond the cutoff). */
  readonly maps: readonly (readonly number[])[];
}

function starOrbits(star: Star, operations: readonly Operation[]): Orbits {
  const maps = operations.map((operation) =>
    star.neighbours.map((neighbour) => star.find(imageOf(neighbour, star.atom, operation)) ?? -1),
  );
  const orbitOf = star.neighbours.map(() => -1);
  const members: number[][] = [];
  star.neighbours.forEach((_, k) => {
    if (orbitOf[k] >= 0) return;
    const orbit = [...new Set([k, ...maps.map((map) => map[k])])].filter((image) => image >= 0);
    orbit.forEach((image) => (orbitOf[image] = members.length));
    members.push(orbit);
  });
  return { orbitOf, members, maps };
}

/** What the angles at an atom need of the rest of the graph. */
interface AngleContext {
  readonly cutoff: number;
  readonly centreClass: number;
  /** Atoms in that class. */
  readonly atoms: number;
  /** The class of the bond to a neighbour, one of the short ones; -1: none. */
  readonly bondAt: (neighbour: number) => number;
}

/** The angles at one atom: ordered pairs of its short bonds, up to the operations that leave it in its place. */
function anglesOf(star: Star, { maps }: Orbits, { cutoff, centreClass, atoms, bondAt }: AngleContext): AngleClass[] {
  const { atom: centre, neighbours: list } = star;
  const short = list.map((_, k) => k).filter((k) => list[k].distance < cutoff && bondAt(k) >= 0);
  const width = list.length;
  const seen = new Set<number>();
  const angles: AngleClass[] = [];
  for (const a of short) {
    for (const b of short) {
      if (a === b || seen.has(a * width + b)) continue;
      const before = seen.size;
      seen.add(a * width + b);
      for (const map of maps) if (map[a] >= 0 && map[b] >= 0) seen.add(map[a] * width + map[b]);
      angles.push({
        count: (seen.size - before) * atoms,
        centre,
        centreClass,
        first: bondAt(a),
        second: bondAt(b),
        ends: [list[a].atom, list[b].atom],
        vectors: [list[a].vector, list[b].vector],
      });
    }
  }
  return angles;
}
