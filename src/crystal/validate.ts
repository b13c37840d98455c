import type { Crystal } from "./crystal.js";
import { shortestLatticeVector } from "./distances.js";
import { elementData } from "./elements.js";
import { assertRegular } from "./lattice.js";
import { imageLattice, reducedCoords, visitImages } from "./reduction.js";
import { minus } from "./vectors.js";

/** Atoms closer than this (Angstrom) are two entries for one atom. */
export const overlapDistance = 0.1;

/**
 * Refuses an invalid crystal: no atoms, arrays of different lengths, unknown elements, numbers that are not finite, a
 * singular cell, atoms (or an atom and its image) closer than 0.1 Angstrom.
 * @param source what the message begins with, for example a file's name.
 * @returns the crystal itself.
 * @throws Error `source: ...` saying which atom, what was expected and what was found.
 */
export function assertCrystal(crystal: Crystal, source = "crystal"): Crystal {
  try {
    assertArrays(crystal);
    assertRegular(crystal.latticeMatrix);
    assertApart(crystal);
  } catch (error) {
    throw new Error(`${source}: ${(error as Error).message}`, { cause: error });
  }
  return crystal;
}

function assertArrays({ fracCoords, atomicNumbers }: Crystal): void {
  if (atomicNumbers.length === 0) throw new Error("expected at least one atom, found none");
  if (fracCoords.length !== atomicNumbers.length) {
    throw new Error(`expected as many coordinates as atoms (${atomicNumbers.length}), found ${fracCoords.length}`);
  }
  atomicNumbers.forEach((z) => elementData(z));
  fracCoords.forEach((x, atom) => {
    if (x.length === 3 && x.every(Number.isFinite)) return;
    throw new Error(`atom ${atom + 1}: expected three finite coordinates, found ${x.join(", ")}`);
  });
}

function assertApart(crystal: Crystal): void {
  const lattice = imageLattice(crystal.latticeMatrix);
  const shortest = shortestLatticeVector(lattice);
  if (shortest < overlapDistance) {
    throw new Error(`cell: expected no lattice vector below ${overlapDistance} Angstrom, found ${shortest} Angstrom`);
  }
  const coords = reducedCoords(crystal, lattice);
  for (let i = 0; i < coords.length; i++) {
    for (let j = i + 1; j < coords.length; j++) {
      visitImages(lattice, minus(coords[j], coords[i]), overlapDistance ** 2, (_x, _y, _z, squared) => {
        throw new Error(
          `atoms ${i + 1} and ${j + 1}: expected at least ${overlapDistance} Angstrom between them, ` +
            `found ${Math.sqrt(squared).toFixed(4)}`,
        );
      });
    }
  }
}
