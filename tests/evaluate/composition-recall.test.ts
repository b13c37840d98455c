import { describe, expect, it } from "vitest";
import { calibrationCurve, compositionRecall, formulaRank } from "../../src/evaluate/index.js";

describe("recall of the true composition", () => {
  it("counts distinct formulas, not near-copies", () => {
    const answers = [[31, 33], [33, 31], [31, 31, 33, 33], [3, 9], [11, 17]]; // prettier-ignore
    expect(formulaRank({ answers, truth: [33, 31] })).toBe(1);
    expect(formulaRank({ answers, truth: [3, 3, 9, 9] })).toBe(2);
    expect(formulaRank({ answers, truth: [12, 8] })).toBe(Infinity);
  });
  it("is a share of questions", () => {
    const questions = [
      { answers: [[3, 9], [11, 17]], truth: [11, 17] }, // prettier-ignore
      { answers: [[3, 9]], truth: [3, 9] },
      { answers: [], truth: [3] },
    ];
    expect(compositionRecall(questions, [1, 2])).toEqual({ 1: 1 / 3, 2: 2 / 3 });
    expect(() => compositionRecall([], [1])).toThrow(/at least one question/);
  });
});

describe("calibration", () => {
  it("is perfect where probabilities are frequencies", () => {
    const forecasts = Array.from({ length: 1000 }, (_, i) => ({ probability: 0.7, right: i % 10 < 7 }));
    const { bins, expectedError } = calibrationCurve(forecasts);
    expect(bins).toEqual([{ count: 1000, meanProbability: expect.closeTo(0.7, 9) as number, accuracy: 0.7 }]);
    expect(expectedError).toBeCloseTo(0, 9);
  });
  it("tells overconfidence, and certainty counts", () => {
    const forecasts = [1, 1, 1, 1].map((probability, i) => ({ probability, right: i === 0 }));
    expect(calibrationCurve(forecasts).expectedError).toBeCloseTo(0.75, 9);
    expect(() => calibrationCurve([])).toThrow(/at least one forecast/);
  });
});
