import { latticeFromParameters } from "../../src/crystal/index.js";
import type { DiffusionState } from "../../src/diffusion/index.js";
import { oneHotTypes } from "../../src/model/index.js";
import type { DenseBlock } from "./blocks.js";
import { gather } from "./blocks.js";
import type { ReferenceArray, ReferenceCrystals } from "./file.js";
import { assertLength, assertShape } from "./file.js";
import type { ReferenceNetwork } from "./network.js";
import { missingEntries } from "./rows.js";

/** Clean crystals of an entry that has them all. */
export interface CrystalEntries {
  readonly num_atoms: readonly number[];
  readonly atomic_number: readonly number[];
  readonly frac_coords: ReferenceArray;
  readonly lengths: ReferenceArray;
  readonly angles_deg: ReferenceArray;
}

/** The crystals of an entry, or the names of what it lacks. */
export function crystalEntries(entry: ReferenceCrystals): { entries?: CrystalEntries; missing: string[] } {
  const { num_atoms, atomic_number, frac_coords, lengths, angles_deg } = entry;
  if (num_atoms && atomic_number && frac_coords && lengths && angles_deg)
    return { entries: { num_atoms, atomic_number, frac_coords, lengths, angles_deg }, missing: [] };
  return { missing: missingEntries({ num_atoms, atomic_number, frac_coords, lengths, angles_deg }) };
}

/**
 * The crystals of a block: one-hot types, coordinates, lattice in the canonical frame.
 * @throws Error naming the file and the entry when its arrays do not fit each other
 */
export function cleanBlock(
  network: ReferenceNetwork,
  entry: string,
  crystals: CrystalEntries,
  block: DenseBlock,
): DiffusionState {
  assertCrystals(network, entry, crystals);
  const { classCount } = network.config;
  const vector = (array: ReferenceArray, i: number): [number, number, number] =>
    gather(array, [i]) as unknown as [number, number, number];
  const lattices = block.crystals.map((i) =>
    latticeFromParameters(vector(crystals.lengths, i), vector(crystals.angles_deg, i)),
  );
  return {
    batchSize: block.crystals.length,
    atomsPerCrystal: block.atomsPerCrystal,
    classCount,
    types: oneHotTypes(
      block.atoms.map((i) => crystals.atomic_number[i]),
      classCount,
    ),
    fracCoords: gather(crystals.frac_coords, block.atoms),
    lattice: Float32Array.from(lattices.flat(2)),
  };
}

function assertCrystals({ file, config }: ReferenceNetwork, entry: string, crystals: CrystalEntries): void {
  const atoms = crystals.num_atoms.reduce((a, b) => a + b, 0);
  assertLength(file, `${entry}.atomic_number`, crystals.atomic_number, atoms);
  assertShape(file, `${entry}.frac_coords`, crystals.frac_coords, [atoms, 3]);
  for (const name of ["lengths", "angles_deg"] as const)
    assertShape(file, `${entry}.${name}`, crystals[name], [crystals.num_atoms.length, 3]);
  const beyond = crystals.atomic_number.find((z) => z > config.classCount);
  if (beyond !== undefined)
    throw new Error(
      `${file.fileName}: entry ${entry}.atomic_number: expected 1 to ${config.classCount}, found ${beyond}`,
    );
}
