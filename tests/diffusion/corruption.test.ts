import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { corrupt, cosineSchedule, streamNoise, wrap } from "../../src/diffusion/index.js";
import { key } from "../../src/runtime/index.js";
import { expectAllClose } from "../support/close.js";
import { cleanBlock, turns } from "./support.js";

const schedule = cosineSchedule(50);
const B = 4000;
const shape = { batchSize: B, atomsPerCrystal: 1, classCount: 2 };

describe("moments of the forward process", () => {
  const clean = cleanBlock({ ...shape, batchSize: 1 }, 3);
  const repeat = (row: Float32Array): Float32Array =>
    Float32Array.from({ length: row.length * B }, (_, i) => row[i % row.length]);
  const many = {
    ...shape,
    types: repeat(clean.types),
    fracCoords: repeat(clean.fracCoords),
    lattice: repeat(clean.lattice),
  };
  const noise = {
    types: key(1)
      .fold(0, 0, 0)
      .normals(B * 2),
    fracCoords: key(1)
      .fold(0, 0, 1)
      .normals(B * 3),
    lattice: key(1)
      .fold(0, 0, 2)
      .normals(B * 9),
  };
  test.each([1, 5, 20, 40, 50])("t = %i", (t) => {
    const { state, targets } = corrupt(many, schedule, new Int32Array(B).fill(t), noise);
    const ab = schedule.alphasCumprod[t];
    // Five standard errors of 4000 draws and more.
    const [mean, deviation] = moments(state.lattice.map((x, i) => x - Math.sqrt(ab) * many.lattice[i]));
    expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(9 * B));
    expect(Math.abs(deviation / Math.sqrt(1 - ab) - 1)).toBeLessThan(5 / Math.sqrt(2 * 9 * B));
    const types = moments(state.types.map((x, i) => x - Math.sqrt(ab) * many.types[i]));
    expect(Math.abs(types[1] / Math.sqrt(1 - ab) - 1)).toBeLessThan(5 / Math.sqrt(2 * 2 * B));
    const shifts = turns(state.fracCoords, many.fracCoords);
    const resultant = shifts.reduce((sum, d) => sum + Math.cos(2 * Math.PI * d), 0) / shifts.length;
    const expected = Math.exp(-2 * (Math.PI * schedule.coordSigmas[t]) ** 2);
    expect(Math.abs(resultant - expected)).toBeLessThan(5 / Math.sqrt(3 * B));
    const [, scoreSize] = moments(targets.fracCoords);
    expect(Math.abs(scoreSize - 1)).toBeLessThan(0.06);
  });
});

test("every crystal of a block has its own time", () => {
  const block = cleanBlock({ batchSize: 3, atomsPerCrystal: 2, classCount: 4 }, 1);
  const noise = {
    types: new Float32Array(24).fill(1),
    fracCoords: new Float32Array(18),
    lattice: new Float32Array(27),
  };
  const times = [1, 25, 50];
  const { state } = corrupt(block, schedule, times, noise);
  times.forEach((t, b) => {
    const [signal, spread] = [Math.sqrt(schedule.alphasCumprod[t]), Math.sqrt(1 - schedule.alphasCumprod[t])];
    expectAllClose(
      state.lattice.slice(9 * b, 9 * b + 9),
      block.lattice.slice(9 * b, 9 * b + 9).map((x) => signal * x),
    );
    expectAllClose(
      state.types.slice(8 * b, 8 * b + 8),
      block.types.slice(8 * b, 8 * b + 8).map((x) => signal * x + spread),
    );
  });
});

test("wrap gives [0, 1), also where float32 rounds up to 1", () => {
  fc.assert(
    fc.property(fc.double({ min: -1e3, max: 1e3, noNaN: true }), (x) => {
      const wrapped = wrap(x);
      expect(wrapped).toBeGreaterThanOrEqual(0);
      expect(wrapped).toBeLessThan(1);
      expect(Math.fround(wrapped)).toBe(wrapped);
    }),
  );
  expect(wrap(-1e-12)).toBe(0);
  expect(wrap(1 - 1e-12)).toBe(0);
});

test("a crystal's noise depends on its own stream only, and differs by field, step and purpose", () => {
  const one = { batchSize: 1, atomsPerCrystal: 3, classCount: 4 };
  const pair = { ...one, batchSize: 2 };
  const [alone, together] = [streamNoise(7, [5], one), streamNoise(7, [9, 5], pair)];
  for (const field of ["types", "fracCoords", "lattice"] as const) {
    const own = alone(field, 3, "predictor");
    expect([...together(field, 3, "predictor").slice(own.length)]).toEqual([...own]);
  }
  const draws = (["start", "predictor", "corrector", "hold"] as const).flatMap((purpose) =>
    [1, 2].flatMap((step) => [alone("fracCoords", step, purpose)[0], alone("lattice", step, purpose)[0]]),
  );
  expect(new Set(draws).size).toBe(draws.length);
});

function moments(values: Float32Array): [mean: number, rootMeanSquare: number] {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return [mean, Math.sqrt(values.reduce((a, b) => a + b * b, 0) / values.length)];
}
