import fc from "fast-check";
import { cheapestAssignment } from "../../src/base/assignment.js";
import { describe, expect, test } from "vitest";
import type { Constraint, Denoise, DiffusionState } from "../../src/diffusion/index.js";
import {
  allowedClasses,
  argmaxTypes,
  constrainDenoise,
  cosineSchedule,
  exactComposition,
  fastSampler,
  finishState,
  hold,
  predictorCorrector,
  restrictTypes,
  startState,
  streamNoise,
} from "../../src/diffusion/index.js";
import { normals } from "../../src/runtime/index.js";
import { seeds } from "../model/support.js";
import { cleanBlock, collect } from "./support.js";

const schedule = cosineSchedule(8);
const [B, N, C] = [2, 5, 7];
const shape = { batchSize: B, atomsPerCrystal: N, classCount: C };

/** An adversary: random answers of any size, with some that are no numbers. */
function adversary(seed: number, size: number, broken: boolean): Denoise {
  let call = 0;
  return (state) => {
    call += 1;
    const answer = (values: Float32Array, k: number): Float32Array =>
      normals(seed, call, 0, k, values.length).map((z, i) => (broken && (i + call) % 11 === 0 ? NaN : z * size));
    return Promise.resolve({
      types: answer(state.types, 0),
      fracCoords: answer(state.fracCoords, 1),
      lattice: answer(state.lattice, 2),
    });
  };
}

async function sample(
  constraints: readonly Constraint[],
  sampler: string,
  seed: number,
  denoise: Denoise,
): Promise<DiffusionState> {
  const noise = streamNoise(seed, [0, 1], shape);
  const start = startState(seed, [0, 1], shape, schedule.timesteps);
  const constrained = constrainDenoise(denoise, constraints);
  const run =
    sampler === "fast"
      ? fastSampler(constrained, start, schedule, noise, { steps: 5, startTime: 8 })
      : predictorCorrector(constrained, start, schedule, noise);
  return finishState((await collect(run)).final, constraints);
}

const adversaries = fc.record({
  seed: seeds,
  size: fc.constantFrom(0, 1, 50, 1e4),
  broken: fc.boolean(),
  sampler: fc.constantFrom("fast", "predictor-corrector"),
});

describe("never violated, whatever the network says", () => {
  test("allowed classes", () =>
    fc.assert(
      fc.asyncProperty(
        adversaries,
        fc.uniqueArray(fc.integer({ min: 0, max: C - 1 }), { minLength: 1 }),
        async ({ seed, size, broken, sampler }, classes) => {
          const constraint = restrictTypes(schedule, allowedClasses(new Set(classes), C));
          const final = await sample([constraint], sampler, seed, adversary(seed, size, broken));
          for (const c of argmaxTypes(final)) expect(classes).toContain(c);
        },
      ),
      { numRuns: 60 },
    ));

  test("exact composition", () =>
    fc.assert(
      fc.asyncProperty(
        adversaries,
        fc.array(fc.integer({ min: 0, max: C - 1 }), { minLength: N, maxLength: N }),
        async ({ seed, size, broken, sampler }, classes) => {
          const counts = new Map<number, number>();
          for (const c of classes) counts.set(c, (counts.get(c) ?? 0) + 1);
          const constraint = restrictTypes(schedule, exactComposition(counts, cheapestAssignment));
          const final = await sample([constraint], sampler, seed, adversary(seed, size, broken));
          const found = argmaxTypes(final);
          for (let b = 0; b < B; b++) expect([...found.slice(b * N, (b + 1) * N)].sort()).toEqual([...classes].sort());
        },
      ),
      { numRuns: 60 },
    ));

  test("held fields", () =>
    fc.assert(
      fc.asyncProperty(
        adversaries,
        fc.array(fc.boolean(), { minLength: B * N, maxLength: B * N }),
        async ({ seed, size, sampler }, rows) => {
          const clean = cleanBlock(shape, seed);
          const noise = streamNoise(seed, [0, 1], shape);
          const constraints = [
            hold({ field: "lattice", values: clean.lattice, rows: [true, true] }, schedule, noise),
            hold({ field: "fracCoords", values: clean.fracCoords, rows }, schedule, noise),
            hold({ field: "types", values: clean.types, rows }, schedule, noise),
          ];
          const final = await sample(constraints, sampler, seed, adversary(seed, size, false));
          expect([...final.lattice]).toEqual([...clean.lattice]);
          rows.forEach((held, atom) => {
            if (!held) return;
            expect(final.fracCoords.slice(3 * atom, 3 * atom + 3)).toEqual(
              clean.fracCoords.slice(3 * atom, 3 * atom + 3),
            );
            expect(final.types.slice(C * atom, C * atom + C)).toEqual(clean.types.slice(C * atom, C * atom + C));
          });
        },
      ),
      { numRuns: 40 },
    ));
});

test("the network sees held fields noised to its time, as it was trained", async () => {
  const clean = cleanBlock(shape, 3);
  const noise = streamNoise(1, [0, 1], shape);
  const constraint = hold({ field: "lattice", values: clean.lattice, rows: [true, false] }, schedule, noise);
  const seen: DiffusionState[] = [];
  const spy: Denoise = (state) => {
    seen.push(state);
    return Promise.resolve({ types: state.types, fracCoords: state.fracCoords, lattice: state.lattice });
  };
  const start = startState(1, [0, 1], shape, 8);
  for (const t of [1, 4, 8]) {
    const said = await constrainDenoise(spy, [constraint])(start, t);
    const z = noise("lattice", t, "hold");
    const [signal, spread] = [Math.sqrt(schedule.alphasCumprod[t]), Math.sqrt(1 - schedule.alphasCumprod[t])];
    const { lattice } = seen.at(-1)!;
    for (let i = 0; i < 9; i++) {
      expect(lattice[i]).toBeCloseTo(signal * clean.lattice[i] + spread * z[i], 5);
      expect(said.lattice[i]).toBe(z[i]);
    }
    expect([...lattice.slice(9)]).toEqual([...start.lattice.slice(9)]);
  }
});

test("an exact composition of another size says so", () => {
  const { decide } = exactComposition(new Map([[1, 2]]), cheapestAssignment);
  expect(() => decide(new Float32Array(3 * C), 3, C)).toThrow("exact composition: it has 2 atoms, the cell 3");
  expect(() => allowedClasses(new Set(), C)).toThrow("allowed elements: the set is empty");
});

test("the soft composition has the right sums", () => {
  const counts = new Map([
    [0, 2],
    [3, 3],
  ]);
  const clean = normals(1, 0, 0, 0, N * C);
  exactComposition(counts, cheapestAssignment).soften(clean, N, C);
  for (let atom = 0; atom < N; atom++)
    expect(clean.slice(atom * C, (atom + 1) * C).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
  for (const [c, n] of counts) {
    const sum = Array.from({ length: N }, (_, atom) => clean[atom * C + c]).reduce((a, b) => a + b, 0);
    expect(sum).toBeCloseTo(n, 1);
  }
});
