import { describe, expect, it } from "vitest";
import { bootstrapStandardError } from "../../src/evaluate/index.js";

describe("bootstrap standard error", () => {
  const values = Array.from({ length: 50 }, (_, i) => (i * 37) % 50);
  const mean = values.reduce((a, b) => a + b) / values.length;
  const spread = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length);

  it("agrees with the known error of a mean within the noise of 4000 resamples", () => {
    const error = bootstrapStandardError(values, { resamples: 4000 })!;
    expect(error / (spread / Math.sqrt(values.length))).toBeGreaterThan(0.95);
    expect(error / (spread / Math.sqrt(values.length))).toBeLessThan(1.05);
  });

  it("repeats for a seed and differs between seeds", () => {
    expect(bootstrapStandardError(values, { seed: 3 })).toBe(bootstrapStandardError(values, { seed: 3 }));
    expect(bootstrapStandardError(values, { seed: 3 })).not.toBe(bootstrapStandardError(values, { seed: 4 }));
  });

  it("is 0 for equal values and unknown for fewer than two", () => {
    expect(bootstrapStandardError([2, 2, 2])).toBe(0);
    expect(bootstrapStandardError([2])).toBeNull();
    expect(bootstrapStandardError([])).toBeNull();
  });
});
