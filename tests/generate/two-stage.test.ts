import { afterAll, describe, expect, test } from "vitest";
import type { TwoStageProgress } from "../../src/generate/index.js";
import { crystalGenerator, proposeThenPlace } from "../../src/generate/index.js";
import { makeTarget } from "../../src/dos/index.js";
import type { ElementProposer, PredictsDos } from "../../src/model/index.js";
import { compiledEngine } from "../../src/runtime/index.js";
import { siteDos, tinyModel } from "./support.js";

const engine = await compiledEngine();
const generator = crystalGenerator(engine, { ...tinyModel(1), elements: [3, 5, 7, 9] });
afterAll(() => {
  generator.dispose();
  engine.dispose();
});

/** Says the same of every target: the first site is lithium or sodium, the second fluorine or chlorine. */
const proposer = {
  propose: () =>
    Promise.resolve({
      notes: ["said by the test"],
      sites: [
        [{ atomicNumber: 3, probability: 0.8 }, { atomicNumber: 5, probability: 0.2 }], // prettier-ignore
        [{ atomicNumber: 9, probability: 0.6 }, { atomicNumber: 7, probability: 0.4 }], // prettier-ignore
      ],
    }),
} as unknown as ElementProposer;

/** Every crystal has one flat spectrum, half as high with boron. */
const predictor: PredictsDos = {
  predict: (crystals) =>
    Promise.resolve(
      crystals.map(({ atomicNumbers }) => ({
        kind: "site" as const,
        grid: target.siteDos!.grid,
        siteCount: 2,
        values: new Float32Array(2 * target.siteDos!.grid.count).fill(atomicNumbers.includes(5) ? 0.5 : 1),
      })),
    ),
};

const target = makeTarget("two sites", { siteDos: siteDos(2, 7) }, 0);
const whole = async (options: Parameters<typeof proposeThenPlace>[2]): Promise<TwoStageProgress> => {
  let last: TwoStageProgress | undefined;
  for await (const progress of proposeThenPlace({ proposer, generator, predictor }, target, options)) last = progress;
  return last!;
};

describe("compositions first, then shapes", () => {
  test("the likeliest compositions are placed, and all crystals ranked", async () => {
    const { compositions, ranked, finished, notes } = await whole({ compositions: 3, generate: { count: 2, steps: 2, seed: 1 } }); // prettier-ignore
    expect(compositions.map((c) => c.formula)).toEqual(["FLi", "LiN", "BF"]);
    expect(finished).toBe(3);
    expect(ranked.length).toBe(6);
    for (const { crystal, composition } of ranked) expect(crystal.atomicNumbers).toEqual(composition.atomicNumbers);
    const scores = ranked.map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => a - b));
    for (const { score, distance, composition } of ranked)
      expect(score).toBeCloseTo(distance - 0.1 * Math.log(composition.probability), 9);
    expect(notes).toContain("said by the test");
  });

  test("constraints act on what is proposed", async () => {
    const quick = { count: 1, steps: 2, seed: 1 };
    const fixed = await whole({ generate: { ...quick, fixTypes: new Map([[0, 5]]) } });
    expect(fixed.compositions.map((c) => c.formula)).toEqual(["BF", "BN"]);
    const exact = await whole({ generate: { ...quick, composition: new Map([[3, 1], [7, 1]]) } }); // prettier-ignore
    expect(exact.ranked.map(({ crystal }) => crystal.atomicNumbers)).toEqual([[3, 7]]);
    const crystal = { latticeMatrix: [[3, 0, 0], [0, 3, 0], [0, 0, 3]], fracCoords: [[0, 0, 0], [0.5, 0.5, 0.5]], atomicNumbers: [5, 9] } as const; // prettier-ignore
    const template = await whole({ generate: { ...quick, template: { crystal, keep: { types: [0] } } } });
    expect(template.compositions.map((c) => c.formula)).toEqual(["BF", "BN"]);
    const system = await whole({ chemicalSystem: [5, 7], generate: quick });
    expect(system.compositions.map((c) => c.formula)).toEqual(["BN"]);
  });
});

test("the proposer is told whether amplitudes are believed, and how many atoms there are", async () => {
  const asked: unknown[] = [];
  const watching = {
    propose: (_: unknown, options: unknown) => {
      asked.push(options);
      return proposer.propose(target, {});
    },
  } as unknown as ElementProposer;
  for (const knownConvention of [true, false, undefined]) {
    const options = { compositions: 1, knownConvention, generate: { count: 1, steps: 1, numAtoms: 2 } };
    for await (const _ of proposeThenPlace({ proposer: watching, generator, predictor }, target, options));
  }
  expect(asked).toEqual([
    { knownConvention: true, numAtoms: 2 },
    { knownConvention: false, numAtoms: 2 },
    { numAtoms: 2 },
  ]);
});
