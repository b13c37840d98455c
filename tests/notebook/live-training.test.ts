import { afterEach, describe, expect, it } from "vitest";
import { liveTraining, type MimeBundle } from "../../src/notebook/index.js";
import { lossHistory, type ShownProgress } from "../../src/notebook/live-training.js";

const globals = globalThis as { __dosmith_display?: unknown };
afterEach(() => delete globals.__dosmith_display);

/** What the notebook shows: the last bundle of each output. */
function screen() {
  const shown = new Map<string, MimeBundle>();
  let drawings = 0;
  globals.__dosmith_display = (bundle: MimeBundle, { displayId }: { displayId: string }) => {
    shown.set(displayId, bundle);
    drawings++;
  };
  const bundles = () => [...shown.values()];
  const bar = () => String(bundles()[0]["text/plain"]);
  const points = () =>
    (bundles()[1]["application/vnd.vegalite.v5+json"] as { data: { values: { step: number; series: string }[] } }).data
      .values;
  return { bundles, bar, points, drawings: () => drawings };
}

let ended = 0;
async function* training(steps: number, from = 0, failAt = Infinity): AsyncGenerator<ShownProgress, string> {
  const history = Array.from({ length: from }, (_, i) => ({
    step: i + 1,
    trainingLoss: 1,
    validationLoss: 2,
    learningRate: 1,
  }));
  try {
    for (let step = from + 1; step <= steps; step++) {
      if (step === failAt) throw new Error("the loss is NaN");
      await Promise.resolve();
      yield {
        step,
        steps,
        loss: 1 / step,
        ...(step % 10 === 0 ? { validation: { validationLoss: 2 / step } } : {}),
        state: { history },
      };
    }
    return "model";
  } finally {
    ended++;
  }
}

describe("liveTraining", () => {
  it("passes everything on and ends exactly at the run's end, drawing no more than asked", async () => {
    const { bar, points, drawings, bundles } = screen();
    const run = liveTraining(training(50), { label: "small model", title: "losses" });
    const steps: number[] = [];
    let next = await run.next();
    for (; !next.done; next = await run.next()) steps.push(next.value.step);
    expect(next.value).toBe("model");
    expect(steps).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    expect(bundles()).toHaveLength(2);
    expect(bar()).toMatch(/^small model: 100%, 50\/50 steps, .*took .*loss 0.0200$/);
    expect(points().filter(({ series }) => series === "training")).toHaveLength(50);
    expect(points().filter(({ series }) => series === "validation")).toHaveLength(5);
    // The first step, the last, and one a second between.
    expect(drawings()).toBeLessThan(12);
  });

  it("draws the last step of a loop that is left, after the run has ended", async () => {
    const { bar, points } = screen();
    const before = ended;
    for await (const { step } of liveTraining(training(50))) if (step === 7) break;
    expect(ended).toBe(before + 1);
    expect(bar()).toMatch(/14%, 7\/50 steps, .*stopped after \d+ s/);
    expect(points().at(-1)?.step).toBe(7);
  });

  it("draws the last step of a run that fails, and lets the failure through", async () => {
    const { bar } = screen();
    const watch = async () => {
      for await (const _ of liveTraining(training(50, 0, 6)));
    };
    await expect(watch()).rejects.toThrow("the loss is NaN");
    expect(bar()).toContain("10%, 5/50 steps");
  });

  it("continues a run: earlier validations are there, and only the new steps count for the rate", async () => {
    const { bar, points } = screen();
    for await (const { step } of liveTraining(training(1000, 990), { interval: 0 })) if (step === 995) break;
    expect(points().filter(({ series }) => series === "validation")).toHaveLength(990);
    expect(bar()).toContain("99%, 995/1000 steps");
  });
});

describe("lossHistory", () => {
  it("stays small and keeps the mean, however long the run", () => {
    const history = lossHistory();
    for (let step = 1; step <= 100_000; step++) history.training(step, step);
    const rows = history.rows();
    expect(rows.length).toBeGreaterThan(100);
    expect(rows.length).toBeLessThanOrEqual(300);
    expect(rows.at(-1)?.step).toBe(100_000);
    // A straight line stays one: each point is the mean of its steps.
    const width = rows[1].step - rows[0].step;
    expect(rows[0].trainLoss).toBeCloseTo((1 + width) / 2, 6);
    expect(rows[1].trainLoss! - rows[0].trainLoss!).toBeCloseTo(width, 6);
  });
});
