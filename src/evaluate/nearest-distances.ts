import { neighbours, volume, type NeighbourList } from "../crystal/index.js";
import type { Crystal } from "../crystal/crystal.js";

/**
 * [N] by element: the distances from each atom to its `counts.get(element)` nearest neighbours of each element,
 * ascending, Angstrom. Periodic images count, the atom itself does not.
 *
 * @param counts by atomic number; each must be an element of the crystal.
 * @throws Error when the cell is singular or holds none of a counted element.
 */
export function nearestDistances(crystal: Crystal, counts: ReadonlyMap<number, number>): Map<number, Float64Array>[] {
  for (const element of counts.keys()) {
    if (!crystal.atomicNumbers.includes(element)) {
      throw new Error(`nearest distances: expected atoms of atomic number ${element} in the crystal, found none`);
    }
  }
  // A sphere that holds enough at the mean density; uneven crystals need a larger one.
  for (let radius = meanRadius(crystal, counts); ; radius *= 1.25) {
    const found = distancesByElement(crystal, neighbours(crystal, radius));
    const enough = found.every((lists) => [...counts].every(([element, count]) => lists.get(element)!.length >= count));
    if (enough) return found.map((lists) => nearest(lists, counts));
  }
}

function meanRadius(crystal: Crystal, counts: ReadonlyMap<number, number>): number {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const density = crystal.atomicNumbers.length / volume(crystal.latticeMatrix);
  return 1.1 * Math.cbrt((3 * total) / (4 * Math.PI * density));
}

function distancesByElement(crystal: Crystal, list: NeighbourList): Map<number, number[]>[] {
  const elements = new Set(crystal.atomicNumbers);
  const found = crystal.atomicNumbers.map(() => new Map([...elements].map((element) => [element, [] as number[]])));
  for (let entry = 0; entry < list.count; entry++) {
    const element = crystal.atomicNumbers[list.to[entry]];
    found[list.from[entry]].get(element)!.push(list.distances[entry]);
  }
  return found;
}

function nearest(
  lists: ReadonlyMap<number, readonly number[]>,
  counts: ReadonlyMap<number, number>,
): Map<number, Float64Array> {
  return new Map(
    [...counts].map(([element, count]) => [element, Float64Array.from(lists.get(element)!).sort().slice(0, count)]),
  );
}
