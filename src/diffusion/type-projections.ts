import type { TypeRestriction } from "./constraints.js";

/** Only these of C classes: the others are set to zero probability, and in the end the best allowed class of each atom wins. */
export function allowedClasses(classes: ReadonlySet<number>, C: number): Required<TypeRestriction> {
  if (classes.size === 0) throw new Error("allowed elements: the set is empty");
  const classMask = Float32Array.from({ length: C }, (_, c) => Number(classes.has(c)));
  return {
    classMask,
    soften: (clean) => {
      for (let i = 0; i < clean.length; i++) if (classMask[i % C] === 0) clean[i] = 0;
    },
    decide: (types, atoms, classCount) => {
      for (let atom = 0; atom < atoms; atom++) {
        const row = types.subarray(atom * classCount, (atom + 1) * classCount);
        setOneHot(
          row,
          [...classes].reduce((best, c) => (row[c] > row[best] ? c : best)),
        );
      }
    },
  };
}

/**
 * Exactly this many atoms of each class. Softly: Sinkhorn scaling of the clean estimate to row sums 1 and the given
 * column sums; finally the assignment of atoms to places that the types like best.
 * @param counts class -> number of atoms; their sum must be N
 * @param assign optimal assignment: minimal cost, cost[atom][place] -> place of each atom
 */
export function exactComposition(
  counts: ReadonlyMap<number, number>,
  assign: (cost: number[][]) => number[],
): TypeRestriction {
  const present = new Map([...counts].filter(([, n]) => n > 0));
  const places = [...present].flatMap(([c, n]) => Array<number>(n).fill(c));
  return {
    soften: (clean, atoms, classCount) => sinkhorn(clean, atoms, classCount, present),
    decide: (types, atoms, classCount) => {
      if (places.length !== atoms)
        throw new Error(`exact composition: it has ${places.length} atoms, the cell ${atoms}`);
      const row = (atom: number): Float32Array => types.subarray(atom * classCount, (atom + 1) * classCount);
      const cost = Array.from({ length: atoms }, (_, atom) => places.map((c) => -preference(row(atom)[c])));
      assign(cost).forEach((place, atom) => setOneHot(row(atom), places[place]));
    },
  };
}

function sinkhorn(clean: Float32Array, atoms: number, classCount: number, counts: ReadonlyMap<number, number>): void {
  const classes = [...counts.keys()];
  const mass = Array.from({ length: atoms }, (_, atom) =>
    classes.map((c) => Math.max(finite(clean[atom * classCount + c]), 1e-3)),
  );
  for (let round = 0; round < 20; round++) {
    classes.forEach((c, k) => {
      const sum = mass.reduce((total, row) => total + row[k], 0);
      for (const row of mass) row[k] *= (counts.get(c) ?? 0) / sum;
    });
    for (const row of mass) {
      const sum = row.reduce((a, b) => a + b, 0);
      row.forEach((value, k) => (row[k] = value / sum));
    }
  }
  clean.fill(0);
  mass.forEach((row, atom) => row.forEach((value, k) => (clean[atom * classCount + classes[k]] = value)));
}

/** Whole numbers, on which the assignment's subtractions are exact: rounding errors, and NaN, would make it search forever. */
function preference(x: number): number {
  return Math.round(1e6 * Math.min(1e3, Math.max(-1e3, finite(x))));
}

/** A diverged network says NaN or infinity. */
function finite(x: number): number {
  return Number.isFinite(x) ? x : 0;
}

function setOneHot(row: Float32Array, index: number): void {
  row.fill(0);
  row[index] = 1;
}
