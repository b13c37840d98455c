import {
  assertCrystal,
  covalentRadius,
  crystalOf,
  minimumDistance,
  shortestDistances,
  volume,
} from "../crystal/index.js";
import type { Crystal, CrystalLike } from "../crystal/index.js";
import { shareOf, type Metric } from "./metric.js";
import type { VolumeRange } from "./volume-range.js";

/** Angstrom: the field's bound on the shortest distance (CDVAE, arXiv:2110.06197). */
const shortestAllowed = 0.5;
/** Angstrom^3: the field's bound on the cell. */
const smallestVolume = 0.1;
/** Of the sum of two covalent radii: the closest approach that the strict test allows. */
const radiiFraction = 0.7;

/**
 * Structural validity as the field counts it: every periodic distance, an atom's own images included, over 0.5
 * Angstrom and the cell over 0.1 Angstrom^3. Flat cells and non-finite numbers make a crystal invalid; they are no error.
 *
 * @example
 *     const good = (await generator.generate(target, { count: 4 })).filter(isStructurallyValid);
 */
export function isStructurallyValid(candidate: CrystalLike): boolean {
  const crystal = crystalOf(candidate);
  return (
    isCrystal(crystal) && volume(crystal.latticeMatrix) > smallestVolume && minimumDistance(crystal) > shortestAllowed
  );
}

/**
 * A test that a chemist would also pass: structurally valid, every periodic distance at least 0.7 times the sum of the
 * covalent radii (elements above Z = 96, which have none, only meet the field's bound), and the volume per atom within
 * the training set's.
 */
export function isStrictlyValid(candidate: CrystalLike, volumes: VolumeRange): boolean {
  const crystal = crystalOf(candidate);
  if (!isStructurallyValid(crystal)) return false;
  const perAtom = volume(crystal.latticeMatrix) / crystal.atomicNumbers.length;
  return perAtom >= volumes[0] && perAtom <= volumes[1] && keepsRadii(crystal);
}

function keepsRadii({ atomicNumbers, ...rest }: Crystal): boolean {
  const radii = atomicNumbers.map((z) => covalentRadius(z) ?? 0);
  const count = radii.length;
  return shortestDistances({ atomicNumbers, ...rest }).every(
    (distance, pair) => distance >= radiiFraction * (radii[Math.floor(pair / count)] + radii[pair % count]),
  );
}

function isCrystal(crystal: Crystal): boolean {
  try {
    assertCrystal(crystal);
    return true;
  } catch {
    return false;
  }
}

/** Share of the candidates that pass the lenient test (`isStructurallyValid`). */
export const structuralValidity: Metric = {
  name: "structural_validity",
  description:
    "Share of the candidates with no two atoms or images within 0.5 Angstrom and a cell over 0.1 Angstrom^3.",
  unit: "share",
  needs: [],
  compute: ({ candidates }) => shareOf(candidates, isStructurallyValid),
};

/** Share of the candidates that pass the strict test (`isStrictlyValid`). */
export const strictValidity: Metric = {
  name: "strict_validity",
  description:
    "Share of the candidates with all distances at least 0.7 times the sum of the covalent radii and a volume per atom within the training set's.",
  unit: "share",
  needs: ["trainingSet"],
  compute: ({ candidates, trainingSet }) =>
    shareOf(candidates, (crystal) => isStrictlyValid(crystal, trainingSet!.volumeRange)),
};
