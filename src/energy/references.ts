import type { Crystal } from "../crystal/index.js";
import { elementSymbol } from "../crystal/index.js";
import type { DosRecord } from "../data/index.js";
import { judgeRecords } from "./judge.js";
import type { Potential } from "./potential.js";

/** By symbol, eV an atom: what an element's atom counts before it is in a compound. */
export type ElementReferences = Readonly<Record<string, number>>;

/** A crystal with the model's energy and the formation energy that it should have. */
export interface ReferenceSample {
  readonly crystal: Crystal;
  /** The model's, eV per cell. */
  readonly energy: number;
  /** eV an atom. */
  readonly formationEnergy: number;
}

/**
 * The formation energy, eV an atom, from a model's energy per cell.
 * @returns undefined where an element has no reference
 */
export function formationEnergy(
  { atomicNumbers }: Crystal,
  energy: number,
  references: ElementReferences,
): number | undefined {
  const known = atomicNumbers.flatMap((z) => references[elementSymbol(z)] ?? []);
  if (known.length < atomicNumbers.length) return undefined;
  return (energy - known.reduce((sum, e) => sum + e, 0)) / atomicNumbers.length;
}

/**
 * References that bring the model's formation energies nearest to those of another recipe (other functionals, corrections,
 * potentials differ mostly by element). Least squares whose weights fall for samples far off (Cauchy's), as hypothetical crystals are.
 */
export function fitReferences(samples: readonly ReferenceSample[]): ElementReferences {
  const elements = [...new Set(samples.flatMap(({ crystal }) => crystal.atomicNumbers))].sort((a, b) => a - b);
  const rows = samples.map(({ crystal: { atomicNumbers } }) =>
    elements.map((z) => atomicNumbers.filter((other) => other === z).length / atomicNumbers.length),
  );
  const targets = samples.map(
    ({ crystal, energy, formationEnergy: wanted }) => energy / crystal.atomicNumbers.length - wanted,
  );
  let weights = samples.map(() => 1);
  let found = elements.map(() => 0);
  for (let round = 0; round < 8; round++) {
    found = leastSquares(rows, targets, weights);
    const misses = rows.map((row, k) => Math.abs(row.reduce((sum, x, j) => sum + x * found[j], -targets[k])));
    const usual = Math.max(1e-6, [...misses].sort((a, b) => a - b)[Math.floor(misses.length / 2)]);
    weights = misses.map((miss) => 1 / (1 + (miss / usual) ** 2));
  }
  return Object.fromEntries(elements.map((z, j) => [elementSymbol(z), found[j]]));
}

/** References for the recipe of these records; those without a formation energy are passed over. */
export async function referencesOf(potential: Potential, records: Iterable<DosRecord>): Promise<ElementReferences> {
  const judged = await judgeRecords(potential, [...records]);
  return fitReferences(
    judged.flatMap(({ record: { crystal, properties }, result: { energy } }) => {
      const { formation_energy_eV_per_atom: wanted } = properties;
      return typeof wanted === "number" ? [{ crystal, energy, formationEnergy: wanted }] : [];
    }),
  );
}

/** Minimises the weighted squares by the normal equations, with a hundredth of a sample's pull towards zero. */
function leastSquares(rows: readonly number[][], targets: readonly number[], weights: readonly number[]): number[] {
  const n = rows[0]?.length ?? 0;
  const matrix = Array.from({ length: n }, (_, i) => Array.from({ length: n + 1 }, (_, j) => (i === j ? 1e-4 : 0)));
  rows.forEach((row, k) => {
    for (let i = 0; i < n; i++) {
      if (row[i] === 0) continue;
      for (let j = 0; j < n; j++) matrix[i][j] += weights[k] * row[i] * row[j];
      matrix[i][n] += weights[k] * row[i] * targets[k];
    }
  });
  return solve(matrix);
}

/** Gauss's elimination of a positive definite [n][n + 1]; no pivoting is needed. */
function solve(matrix: number[][]): number[] {
  const n = matrix.length;
  for (let k = 0; k < n; k++)
    for (let i = k + 1; i < n; i++) {
      const factor = matrix[i][k] / matrix[k][k];
      for (let j = k; j <= n; j++) matrix[i][j] -= factor * matrix[k][j];
    }
  const x = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i--) {
    const known = matrix[i].slice(i + 1, n).reduce((sum, a, j) => sum + a * x[i + 1 + j], 0);
    x[i] = (matrix[i][n] - known) / matrix[i][i];
  }
  return x;
}
