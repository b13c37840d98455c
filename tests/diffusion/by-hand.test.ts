// Small cases worked out by hand: the schedule's formulas, the loss, and how types are decided at the end.
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import {
  allowedClasses,
  cosineSchedule,
  exactComposition,
  lossSums,
  type DiffusionState,
} from "../../src/diffusion/index.js";

describe("the schedule", () => {
  const T = 3;
  const { betas, alphas, alphasCumprod, sigmas, coordSigmas, scoreNorms } = cosineSchedule(T);
  const level = (t: number): number => Math.cos(((t / T + 0.008) / 1.008) * (Math.PI / 2)) ** 2;

  test("is the cosine's, the last beta cut at 0.9999", () => {
    expect(betas[1]).toBeCloseTo(1 - level(1) / level(0), 5);
    expect(betas[2]).toBeCloseTo(1 - level(2) / level(1), 5);
    expect(betas[T]).toBeCloseTo(0.9999, 6);
    expect(betas.length).toBe(T + 1);
    expect(alphas[2]).toBe(1 - betas[2]);
    expect(alphasCumprod[2]).toBeCloseTo(level(2) / level(0), 5);
  });

  test("has the posterior's deviation: none at t = 1, and (1 - ab) of the level before in the numerator", () => {
    expect(sigmas[1]).toBe(0);
    const [ab1, ab2] = [alphasCumprod[1], alphasCumprod[2]];
    expect(sigmas[2]).toBeCloseTo(Math.sqrt((betas[2] * (1 - ab1)) / (1 - ab2)), 12);
  });

  test("has geometric deviations of the coordinates from 0.005 to 0.5", () => {
    expect(Array.from(coordSigmas)).toEqual([0, 0.005, expect.closeTo(0.05, 12), expect.closeTo(0.5, 12)]);
    const other = cosineSchedule(2, { sigmaBegin: 0.1, sigmaEnd: 0.4 }).coordSigmas;
    expect(Array.from(other)).toEqual([0, 0.1, expect.closeTo(0.4, 12)]);
  });

  test("takes score norms of its own length only", () => {
    expect(Array.from(cosineSchedule(2, { scoreNorms: [1, 5, 7] }).scoreNorms)).toEqual([1, 5, 7]);
    expect(() => cosineSchedule(2, { scoreNorms: [1, 5] })).toThrow("scoreNorms has 2 entries, expected 3");
    expect(scoreNorms[1]).toBeCloseTo(1 / 0.005 ** 2, 3);
  });
});

test("the loss sums squared differences, field by field", () => {
  const block = (types: number[], fracCoords: number[], lattice: number[]) => ({
    types: tf.tensor(types, [1, 1, 2]),
    fracCoords: tf.tensor(fracCoords, [1, 1, 3]),
    lattice: tf.tensor(lattice, [1, 3, 3]),
  });
  const nine = (x: number): number[] => Array<number>(9).fill(x);
  const sums = lossSums(block([1, 3], [0.5, 0, 1], nine(2)), block([2, 5], [0, 0, 3], nine(-1)));
  expect(Array.from(sums.dataSync())).toEqual([5, 4.25, 81]);
});

describe("types are decided", () => {
  const shape = { batchSize: 2, atomsPerCrystal: 2, classCount: 3 };
  /** Two crystals of two atoms; [crystal][atom][class] */
  const state = (types: number[][][]): DiffusionState => ({
    ...shape,
    types: Float32Array.from(types.flat(2)),
    fracCoords: new Float32Array(12),
    lattice: new Float32Array(18),
  });
  const classesOf = ({ types }: DiffusionState): number[][] =>
    [0, 1].map((b) => [0, 1].map((i) => Array.from(types.subarray((b * 2 + i) * 3, (b * 2 + i + 1) * 3)).indexOf(1)));

  test("crystal by crystal, by the best of the allowed classes", () => {
    const given = state([
      [
        [0.1, 0.2, 0.9],
        [0.5, 0.3, 0.9],
      ],
      [
        [0.4, 0.1, 0.9],
        [0.2, 0.6, 0.9],
      ],
    ]);
    expect(classesOf(allowedClasses(new Set([0, 1]), shape).finish!(given))).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });

  test("to an exact composition as the atoms like it best, huge estimates and broken ones included", () => {
    const composition = exactComposition(
      new Map([
        [0, 1],
        [1, 1],
      ]),
      shape,
    );
    const given = state([
      [
        [0.2, 0.6, 0],
        [0.5, 0.4, 0],
      ],
      [
        [2, 1, 0],
        [NaN, 3, 0],
      ],
    ]);
    expect(classesOf(composition.finish!(given))).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });

  test("and a pinned atom keeps its class, however much another wants it", () => {
    const pinned = exactComposition(
      new Map([
        [0, 1],
        [1, 1],
      ]),
      shape,
      new Map([[0, 1]]),
    );
    const wanted = [
      [9, 0, 0],
      [0, 9, 0],
    ];
    expect(classesOf(pinned.finish!(state([wanted, wanted])))).toEqual([
      [1, 0],
      [1, 0],
    ]);
  });
});
