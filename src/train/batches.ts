import { key } from "../runtime/index.js";

/** Crystals of one batch that have the same number of atoms. */
export interface BatchBlock {
  readonly atomsPerCrystal: number;
  /** Indices into the training set. */
  readonly indices: readonly number[];
}

/**
 * Batches as a pure function of (seed, step), so that a resumed run sees what an uninterrupted one would. Every batch
 * has the same number of crystals of each size, in proportion to the data: few compiled programs, and less variance
 * than random mixes. Each size walks through its own endless shuffled epochs.
 * @param sizes atoms of each training crystal
 * @param seed of the shuffling
 */
export function stratifiedBatches(
  sizes: readonly number[],
  batchSize: number,
  seed: number,
): (step: number) => BatchBlock[] {
  const groups = [...groupBySize(sizes)].sort(([a], [b]) => a - b);
  const shuffled = new Map<string, readonly number[]>();
  const epochOrder = (atoms: number, members: readonly number[], epoch: number): readonly number[] => {
    const name = `${atoms}/${epoch}`;
    const known = shuffled.get(name);
    if (known) return known;
    if (shuffled.size > 2 * groups.length) shuffled.clear();
    const order = key(seed).fold(atoms, epoch).shuffled(members);
    shuffled.set(name, order);
    return order;
  };
  return (step) =>
    groups.map(([atoms, members]) => {
      const count = Math.max(1, Math.round((batchSize * members.length) / sizes.length));
      const first = (step - 1) * count;
      const indices = Array.from({ length: count }, (_, k) => {
        const at = first + k;
        return epochOrder(atoms, members, Math.floor(at / members.length))[at % members.length];
      });
      return { atomsPerCrystal: atoms, indices };
    });
}

/** Indices of the crystals of each size. */
export function groupBySize(sizes: readonly number[]): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  sizes.forEach((size, i) => groups.set(size, [...(groups.get(size) ?? []), i]));
  return groups;
}
