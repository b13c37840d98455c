import { readFileSync } from "node:fs";
import fc from "fast-check";
import type { Crystal, Matrix3, Vector3 } from "../../src/crystal/crystal.js";
import { permuteAtoms, rotate, supercell, toFractional, translate } from "../../src/crystal/index.js";
import type { DosRecord } from "../../src/data/record.js";
import type { SiteDos } from "../../src/dos/index.js";

interface RawRecord {
  id: string;
  formula: string;
  cell: Matrix3;
  positions: Vector3[];
  atomic_numbers: number[];
  y: number[][];
}

/** Real DFT records, their spectra averaged to 100 points. */
export function fixtureRecords(): DosRecord[] {
  const path = new URL("../fixtures/evaluate/records.json", import.meta.url);
  return (JSON.parse(readFileSync(path, "utf8")) as RawRecord[]).map((raw) => ({
    id: raw.id,
    formula: raw.formula,
    crystal: {
      latticeMatrix: raw.cell,
      fracCoords: toFractional(raw.positions, raw.cell),
      atomicNumbers: raw.atomic_numbers,
    },
    siteDos: siteDos(raw.y),
    properties: {},
  }));
}

export function siteDos(rows: readonly (readonly number[])[]): SiteDos {
  return {
    kind: "site",
    grid: { start: -10, stop: 10, count: rows[0].length },
    values: Float32Array.from(rows.flat()),
    siteCount: rows.length,
  };
}

/** A cubic cell of edge `a` (Angstrom). */
export function cubic(a: number, fracCoords: readonly Vector3[], atomicNumbers: readonly number[]): Crystal {
  const latticeMatrix: Matrix3 = [
    [a, 0, 0],
    [0, a, 0],
    [0, 0, a],
  ];
  return { latticeMatrix, fracCoords, atomicNumbers };
}

/** Rock salt in its cubic cell of eight atoms. */
export function rockSalt(a: number, cation: number, anion: number): Crystal {
  const cations: Vector3[] = [
    [0, 0, 0],
    [0, 0.5, 0.5],
    [0.5, 0, 0.5],
    [0.5, 0.5, 0],
  ];
  const anions = cations.map(([x, y, z]): Vector3 => [x + 0.5, y + 0.5, z + 0.5]);
  return cubic(a, [...cations, ...anions], [...cations.map(() => cation), ...anions.map(() => anion)]);
}

const unit = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const edge = fc.double({ min: 3, max: 7, noNaN: true });
const shear = fc.double({ min: -2, max: 2, noNaN: true });

/** Crystals of one to five atoms of up to two elements, cells from cubic to oblique; atoms may nearly overlap. */
export const anyCrystal: fc.Arbitrary<Crystal> = fc
  .record({
    edges: fc.tuple(edge, edge, edge),
    shears: fc.tuple(shear, shear, shear),
    atoms: fc.array(fc.tuple(unit, unit, unit, fc.constantFrom(11, 17)), { minLength: 1, maxLength: 5 }),
  })
  .map(({ edges, shears, atoms }) => ({
    latticeMatrix: [
      [edges[0], 0, 0],
      [shears[0], edges[1], 0],
      [shears[1], shears[2], edges[2]],
    ],
    fracCoords: atoms.map(([x, y, z]): Vector3 => [x, y, z]),
    atomicNumbers: atoms.map(([, , , z]) => z),
  }));

const angle = fc.double({ min: 0, max: 2 * Math.PI, noNaN: true });
const multiple = fc.integer({ min: -4, max: 4 });

/** Other descriptions of the same crystal: moved, turned, mirrored, another (skewed) cell, atoms in another order. */
export const anyRedescription: fc.Arbitrary<(crystal: Crystal) => Crystal> = fc
  .record({ shift: fc.tuple(unit, unit, unit), angle, mirror: fc.boolean(), m: multiple, n: multiple })
  .map(({ shift, angle, mirror, m, n }) => (crystal) => {
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    const turn: Matrix3 = [
      [c, s, 0],
      [-s, c, 0],
      [0, 0, mirror ? -1 : 1],
    ];
    const skew: Matrix3 = [
      [1, m, n],
      [0, 1, m],
      [0, 0, 1],
    ];
    const moved = rotate(translate(supercell(crystal, skew), shift), turn);
    return permuteAtoms(moved, [...moved.atomicNumbers.keys()].reverse());
  });
