import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Matrix3 } from "../../src/crystal/index.js";
import { latticeParameters, volume } from "../../src/crystal/index.js";
import { decodeLattice, encodeLattice } from "../../src/model/index.js";
import { latticeMatrix, orthogonal } from "../crystal/arbitraries.js";
import { expectAllClose } from "../support/close.js";
import { timesMatrix } from "./support.js";

const spaces = [
  { latticeSpace: "matrix", latticeScale: 2.5 },
  { latticeSpace: "metric", latticeScale: 0.25 },
] as const;
const metric = spaces[1];
const atoms = fc.integer({ min: 1, max: 20 });
const flat = (lattice: Matrix3): Float32Array => Float32Array.from(lattice.flat());

describe("the numbers of a lattice that diffuse", () => {
  test.each(spaces)("$latticeSpace: there and back", (space) => {
    fc.assert(
      fc.property(latticeMatrix, atoms, (lattice, n) => {
        const back = decodeLattice(encodeLattice(lattice.flat(), n, space), n, space);
        const [found, expected] = [latticeParameters(back), latticeParameters(lattice)];
        expectAllClose(found.lengths, expected.lengths, { tolerance: 1e-5 });
        expectAllClose(found.anglesDeg, expected.anglesDeg, { tolerance: 1e-5 });
      }),
    );
  });

  test("a metric is symmetric and sees neither rotations nor reflections", () => {
    fc.assert(
      fc.property(latticeMatrix, orthogonal, atoms, (lattice, q, n) => {
        const numbers = encodeLattice(lattice.flat(), n, metric);
        expectAllClose(encodeLattice(timesMatrix(flat(lattice), q), n, metric), numbers, { tolerance: 1e-5 });
        for (const [i, j] of [
          [1, 3],
          [2, 6],
          [5, 7],
        ])
          expect(numbers[i]).toBeCloseTo(numbers[j], 5);
      }),
    );
  });

  test("its trace is the logarithm of the volume per atom, about zero for a typical crystal", () => {
    fc.assert(
      fc.property(latticeMatrix, atoms, (lattice, n) => {
        const numbers = encodeLattice(lattice.flat(), n, metric);
        const trace = (numbers[0] + numbers[4] + numbers[8]) * metric.latticeScale;
        expect(trace).toBeCloseTo(Math.log(volume(lattice) / (n * 2.7 ** 3)), 4);
      }),
    );
  });

  test("whatever a network says is decoded without an error, and every metric is a cell's", () => {
    const values = (value: fc.Arbitrary<number>) => fc.array(value, { minLength: 9, maxLength: 9 });
    fc.assert(
      fc.property(values(fc.float()), atoms, (numbers, n) => {
        for (const space of spaces) expect(decodeLattice(numbers, n, space).flat()).toHaveLength(9);
      }),
    );
    fc.assert(
      fc.property(values(fc.double({ min: -3, max: 3, noNaN: true })), atoms, (numbers, n) => {
        expect(volume(decodeLattice(numbers, n, metric))).toBeGreaterThan(0);
      }),
    );
  });
});
