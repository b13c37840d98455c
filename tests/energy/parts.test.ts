// Graphs up to symmetry, batches, basis functions, quasi-Newton steps.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Crystal, Vector3 } from "../../src/crystal/index.js";
import { neighbours, supercell } from "../../src/crystal/index.js";
import { angularBasis, radialBasis } from "../../src/energy/basis.js";
import { packGraphs, sizeOf } from "../../src/energy/batch.js";
import type { EnergyConfig } from "../../src/energy/index.js";
import { symmetryOperations } from "../../src/energy/index.js";
import { crystalGraph } from "../../src/energy/graph.js";
import { emptyMemory, quasiNewtonStep, remember } from "../../src/energy/lbfgs.js";
import { identityOperation, projection } from "../../src/energy/operations.js";
import { referenceEntries, rocksalt } from "./support.js";

const config = { atomCutoff: 6, bondCutoff: 3 } as EnergyConfig;
const whole = (k: number) => {
  const crystal = referenceEntries()[k];
  return crystalGraph(crystal, [identityOperation(crystal)], config);
};
const total = (classes: readonly { readonly count: number }[]) => classes.reduce((sum, { count }) => sum + count, 0);

describe("graphs", () => {
  test("hold every bond once and every ordered pair of short bonds at an atom", () => {
    for (const k of [1, 8, 13, 30, 43]) {
      const crystal = referenceEntries()[k];
      const { bonds, angles, shortCount } = whole(k);
      expect(2 * bonds.length).toBe(neighbours(crystal, 6).count);
      const near = neighbours(crystal, 3);
      expect(2 * shortCount).toBe(near.count);
      const degrees = crystal.atomicNumbers.map((_, i) => near.from.filter((from) => from === i).length);
      expect(angles).toHaveLength(degrees.reduce((sum, n) => sum + n * (n - 1), 0));
    }
  });

  test("up to symmetry hold as many things, in fewer classes", () => {
    for (const k of [8, 11, 35, 42, 45]) {
      const crystal = referenceEntries()[k];
      const reduced = crystalGraph(crystal, symmetryOperations(crystal, 1e-4), config);
      const { bonds, angles } = whole(k);
      expect(total(reduced.bonds)).toBe(bonds.length);
      expect(total(reduced.angles)).toBe(angles.length);
      expect(total(reduced.atoms)).toBe(crystal.atomicNumbers.length);
      expect(reduced.bonds.length).toBeLessThan(bonds.length / 3);
    }
  });

  test("of rock salt: its shells", () => {
    const crystal = rocksalt(4.2, [12, 8]);
    const { bonds, angles, atoms } = crystalGraph(crystal, symmetryOperations(crystal, 1e-4), config);
    expect(atoms).toEqual([{ atomicNumber: 12, count: 1 }, { atomicNumber: 8, count: 1 }]); // prettier-ignore
    expect(bonds.slice(0, 3).map(({ distance, count }) => [distance.toFixed(2), count])).toEqual([
      ["2.97", 6],
      ["2.10", 6],
      ["2.97", 6],
    ]);
    expect(angles.length).toBeLessThan(40);
  });

  test("have angles between their short bonds only, also where bonds end at the very cutoff", () => {
    for (let ulps = -8; ulps <= 8; ulps++) {
      const { latticeMatrix } = rocksalt(((3 + ulps * 2 ** -51) * 4) / Math.sqrt(3), [50, 50]);
      const diamond: Crystal = { latticeMatrix, fracCoords: [[0, 0, 0], [0.25, 0.25, 0.25]], atomicNumbers: [50, 50] }; // prettier-ignore
      const { angles, shortCount } = crystalGraph(diamond, symmetryOperations(diamond, 1e-3), config);
      for (const { first, second } of angles) expect(Math.max(first, second)).toBeLessThan(shortCount);
    }
  });
});

describe("projections", () => {
  test("change nothing the second time, and leave the sum of forces", () => {
    const crystal = referenceEntries()[45];
    const { vectors, tensor } = projection(crystal.latticeMatrix, symmetryOperations(crystal, 1e-4));
    const forces = crystal.atomicNumbers.map((_, i): Vector3 => [Math.sin(i), Math.cos(i), Math.sin(3 * i)]);
    const once = vectors(forces);
    vectors(once).flat().forEach((x, k) => expect(x).toBeCloseTo(once.flat()[k], 12)); // prettier-ignore
    const strain = tensor([[1, 2, 3], [4, 5, 6], [7, 8, 9]]); // prettier-ignore
    expect(strain[0][0]).toBeCloseTo(strain[1][1], 4);
    expect(strain[0][0] + strain[1][1] + strain[2][2]).toBeCloseTo(15, 10);
    expect(strain[0][2]).toBeCloseTo(0, 10);
  });
});

describe("batches", () => {
  test("hold every graph once, in its own place", () => {
    const graphs = [0, 1, 4, 8, 11, 11, 15, 20, 30, 49].map(whole);
    const batches = packGraphs(graphs);
    const placed = batches.flatMap(({ placements }) => placements.map(({ graph }) => graph));
    expect([...placed].sort((a, b) => a - b)).toEqual(graphs.map((_, k) => k));
    for (const { shape, placements } of batches)
      for (const { graph, row, ...at } of placements) {
        const size = sizeOf(graphs[graph]);
        expect(row).toBeLessThan(shape.rows);
        for (const key of ["atoms", "bonds", "short", "angles"] as const)
          expect(at[key] + size[key]).toBeLessThanOrEqual(shape[key]);
        expect(shape.short + at.bonds + size.bonds - at.short - size.short).toBeLessThanOrEqual(shape.bonds);
      }
  });
});

describe("large graphs", () => {
  test("get rows to their measure, few of them at a time", () => {
    const crystal = supercell(referenceEntries()[15], [1, 1, 2]);
    const graph = crystalGraph(crystal, [identityOperation(crystal)], config);
    const size = sizeOf(graph);
    const batches = packGraphs(Array.from({ length: 20 }, () => graph));
    for (const { shape } of batches) {
      for (const key of ["atoms", "short", "angles"] as const) expect(shape[key]).toBeLessThan(1.5 * size[key] + 8);
      expect(shape.bonds).toBeLessThan(2.3 * size.bonds);
      expect(shape.rows * (shape.bonds + shape.angles)).toBeLessThanOrEqual(24_000);
    }
    expect(batches.flatMap(({ placements }) => placements)).toHaveLength(20);
  });
});

describe("basis functions", () => {
  const values = (functions: ReturnType<typeof radialBasis>, x: number) => {
    const found: [number, number][] = [];
    functions(x, (k, value, slope) => (found[k] = [value, slope]));
    return found;
  };

  test("have the slopes that they say", () => {
    const frequencies = [3.1, 40, 97];
    fc.assert(
      fc.property(fc.double({ min: 0.5, max: 5.9, noNaN: true }), (x) => {
        for (const functions of [radialBasis(frequencies, 6, 8), angularBasis(frequencies)]) {
          const [below, at, above] = [x - 1e-6, x, x + 1e-6].map((y) => values(functions, y));
          at.forEach(([, slope], k) => expect((above[k][0] - below[k][0]) / 2e-6).toBeCloseTo(slope, 4));
        }
      }),
    );
  });

  test("end smoothly at the cutoff", () => {
    const functions = radialBasis([Math.PI], 6, 8);
    expect(values(functions, 6)).toEqual([[0, 0]]);
    expect(Math.abs(values(functions, 5.999)[0][1])).toBeLessThan(1e-6);
  });
});

describe("quasi-Newton steps", () => {
  test("reach the bottom of a parabola of n coordinates in a few more than n of them", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.5, max: 20, noNaN: true }), { minLength: 1, maxLength: 6 }),
        (curvatures) => {
          const gradientAt = (at: Float64Array) => at.map((v, i) => curvatures[i] * v);
          let x = Float64Array.from(curvatures, (_, i) => 1 + i);
          let memory = emptyMemory;
          for (let k = 0; k < 40; k++) {
            const gradient = gradientAt(x);
            const step = quasiNewtonStep(memory, gradient, 10);
            const next = x.map((v, i) => v + step[i]);
            memory = remember(
              memory,
              step,
              gradientAt(next).map((g, i) => g - gradient[i]),
            );
            x = next;
          }
          expect(Math.max(...x.map(Math.abs))).toBeLessThan(1e-4);
        },
      ),
    );
  });

  test("learn nothing from a hilltop", () => {
    expect(remember(emptyMemory, Float64Array.of(1), Float64Array.of(-1)).pairs).toHaveLength(0);
  });
});
