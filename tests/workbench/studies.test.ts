import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { format } from "prettier";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Crystal } from "../../src/crystal/index.js";
import { openDataset } from "../../src/data/index.js";
import { dftStudyChart, learningCurveStudyChart, samplerStudyChart } from "../../src/notebook/index.js";
import type { Verification } from "../../src/verify/index.js";
import {
  datasetCard,
  dftStudy,
  learningCurve,
  modelCard,
  openWorkbench,
  readDftStudy,
  readLearningCurve,
  readPublishedNumbers,
  readRecipeErrors,
  readSamplerStudy,
  readStudy,
  samplerStudy,
  summariseDft,
  type DftCandidate,
  type DftTarget,
  type LearningCurvePoint,
  type Workbench,
} from "../../src/workbench/index.js";
import { defaultDenoiserOptions, defaultPredictorOptions } from "../../src/train/index.js";
import { makeWorkplace, type Workplace } from "../support/workplace.js";

/** What stands between a file's marks, as Prettier writes it. */
async function between(file: string, open: string, close: string): Promise<string> {
  const text = await readFile(file, "utf8");
  return text.slice(text.indexOf(open) + open.length, text.indexOf(close)).trim();
}

describe("cards", () => {
  test("README.md and models/README.md hold what the stored studies say", async () => {
    const sections = modelCard({
      quality: await readStudy("models/quality.json"),
      samplers: await readSamplerStudy("models/sampler-study.json"),
      dft: await readDftStudy("models/dft-study.json"),
    });
    const places = [
      ...(["fast", "samplers", "sampler-choice", "dft"] as const).map((name) => ["models/README.md", name] as const),
      ...(["quality", "dft"] as const).map((name) => ["README.md", name] as const),
    ];
    for (const [file, name] of places) {
      const expected = await format(sections[name], { parser: "markdown", printWidth: 120 });
      expect(await between(file, `<!-- ${name} -->`, `<!-- /${name} -->`), `${file}, ${name}`).toBe(expected.trim());
    }
  });

  test("the data set's card holds what the data set and its generator's checks say", async () => {
    const folder = "datasets/pbe-prototypes";
    const sections = datasetCard({
      dataset: await openDataset(folder),
      errors: await readRecipeErrors("datasets/generator/known_errors.json"),
      published: await readPublishedNumbers("datasets/generator/published.json"),
    });
    for (const [name, text] of Object.entries(sections))
      expect(await between(join(folder, "README.md"), `<!-- ${name} -->`, `<!-- end of ${name} -->`), name).toBe(text);
  });

  test("a file of another kind is refused by name", async () => {
    await expect(readDftStudy("models/quality.json")).rejects.toThrow(
      /^models\/quality\.json: settings: .* this is not a stored DFT study/,
    );
  });
});

describe("the summary of a DFT study", () => {
  const computed = (predicted: number, dft: number, more: Partial<DftCandidate> = {}): DftCandidate => ({
    ...{ formula: "NaCl", isTarget: false, predicted, dft, aboveHull: dft, ...more },
  });
  const failed: DftCandidate = { formula: "NaCl", isTarget: false, predicted: 0.9, failure: "not-converged" };
  const target = (candidates: DftCandidate[], retrieval: number[]): DftTarget => ({
    ...{ id: "a", formula: "NaCl", atoms: 2, candidates, retrieval },
  });

  test("is that of the stored one", async () => {
    const { summary, targets } = await readDftStudy("models/dft-study.json");
    const found = summariseDft(targets);
    expect(found).toMatchObject({
      ...{ targets: summary.targets, calculations: summary.calculations, failures: summary.failures },
      ...{ shareBetterThanRetrieval: summary.shareBetterThanRetrieval, withHull: summary.withHull },
      medianAboveHull: summary.medianAboveHull,
    });
    expect(found.rankCorrelation).toBeCloseTo(summary.rankCorrelation!, 2);
    for (const name of ["generated, DFT, mean", "generated, predicted, mean", "retrieval, DFT, first choice"] as const)
      expect(found[name].mean).toBeCloseTo(summary[name].mean, 3);
  });

  test("counts failures, and means over targets, not over calculations", () => {
    const { "generated, DFT, mean": mean, ...summary } = summariseDft([
      target([computed(0.1, 0.2), failed, computed(0.2, 0.6)], [0.3, 0.5]),
      target([computed(0.5, 0.8)], [0.7]),
      target([failed], [0.1]),
    ]);
    expect(summary).toMatchObject({ targets: 2, calculations: 3, failures: { "not-converged": 2 }, withHull: 3 });
    expect(mean.mean).toBeCloseTo(0.6);
    expect(summary["generated, DFT, first choice"].mean).toBeCloseTo(0.5);
    expect(summary["generated, DFT, best by DFT"].mean).toBeCloseTo(0.5);
    expect(summary["retrieval, DFT, mean"].mean).toBeCloseTo(0.55);
    expect(summary["retrieval, DFT, first choice"].mean).toBeCloseTo(0.5);
    // 0.2 is nearer than 0.3; 0.8 is farther than 0.7.
    expect(summary.shareBetterThanRetrieval).toBe(0.5);
    expect(summary.rankCorrelation).toBeCloseTo(1);
    expect(summary.medianAboveHull).toBe(0.6);
  });

  test("of one calculation has no correlation and no errors", () => {
    const summary = summariseDft([target([computed(0.1, 0.2, { aboveHull: null })], [0.3])]);
    expect(summary).toMatchObject({ rankCorrelation: null, withHull: 0, medianAboveHull: null });
    expect(summary["generated, DFT, mean"]).toEqual({ mean: 0.2, error: null });
  });
});

describe("on a small budget", () => {
  let place: Workplace;
  let bench: Workbench;
  beforeAll(async () => {
    place = await makeWorkplace();
    const { model, predictor, reportPredictor, split: dataset } = place;
    bench = await openWorkbench({ model, predictor, reportPredictor, dataset });
  }, 120_000);
  afterAll(() => bench.dispose());

  test("the DFT study judges what was computed beside prediction and retrieval", async () => {
    const [record] = await bench.dataset();
    const asked: (readonly Crystal[])[] = [];
    async function* compute(crystals: readonly Crystal[]): AsyncGenerator<Verification> {
      asked.push(crystals);
      for (const [index, crystal] of [...crystals.entries()].reverse()) {
        if (index === 1) yield { status: "failed", index, crystal, seconds: 1, reason: "not-converged", message: "" };
        else yield { status: "done", index, crystal, seconds: 2, cached: false, record: { ...record, crystal } };
      }
      await Promise.resolve();
    }
    const study = dftStudy(bench, { targets: 1, candidates: 2, compute });
    const progress = [];
    for await (const step of study) progress.push(step);
    const { targets, settings, summary } = await study;
    expect(settings).toEqual({ generated: 8, guidanceWeight: 1, steps: 100, seed: 1, relax: "none" });
    expect(progress.map(({ done, total }) => [done, total])).toEqual([[1, 1]]);
    expect(asked[0].length).toBeLessThanOrEqual(2);
    const [{ candidates, retrieval }] = targets;
    expect(candidates).toHaveLength(asked[0].length);
    expect(retrieval).toEqual([...retrieval].sort((a, b) => a - b));
    if (candidates[1]) expect(candidates[1]).toMatchObject({ failure: "not-converged" });
    if (candidates[0]) expect(candidates[0].seconds).toBe(2);
    expect(summary.calculations).toBe(Math.min(1, candidates.length));
    expect(JSON.stringify(dftStudyChart({ targets }))).toContain("computed relative L1");
  });

  test("the sampler study compares settings in pairs and goes on from its cells", async () => {
    const options = {
      ...{ targets: 2, count: 2, folder: place.folder, reference: false },
      series: { fast: { steps: [2, 3] }, "w = 0": { steps: [3], guidanceWeight: 0 } },
    };
    const { results } = await samplerStudy(bench, options);
    expect(results.map(({ generator, series, evaluations }) => [generator, series, evaluations])).toEqual([
      ["fast, 2", "fast", 2],
      ["fast, 3", "fast", 3],
      ["w = 0, 3", "w = 0", 3],
    ]);
    expect(results.every(({ targets, candidates }) => targets === 2 && candidates === 4)).toBe(true);
    const again = samplerStudy(bench, options);
    const started = performance.now();
    expect((await again).results).toEqual(results);
    expect(performance.now() - started).toBeLessThan(5000);
    // Judged by another predictor, no cell is the same.
    const { model, reportPredictor, split: dataset } = place;
    const other = await openWorkbench({ model, predictor: reportPredictor, reportPredictor, dataset });
    await samplerStudy(other, options);
    await other.dispose();
    const files = (await readdir(place.folder)).filter((name) => /^sampler-study-test-.*\.cells\.jsonl$/.test(name));
    expect(files).toHaveLength(2);
    expect(JSON.stringify(samplerStudyChart(results))).toContain("guided evaluations a crystal");
  });

  test("the learning curve keeps its points", async () => {
    const out = join(place.folder, "curve.json");
    const tiny = { hiddenDim: 16, layerCount: 1, timesteps: 20 };
    const options = {
      ...{ shares: [0.6, 1], steps: 2, out, count: 1 },
      denoiser: { batchSize: 4, config: { ...defaultDenoiserOptions.config, ...tiny } },
      predictor: { batchSize: 4, config: { ...defaultPredictorOptions.config, hiddenDim: 16, layerCount: 1 } },
    };
    const seen: LearningCurvePoint[] = [];
    const first = learningCurve(bench, { ...options, shares: [1] });
    for await (const { point } of first) seen.push(point);
    const rest = learningCurve(bench, options);
    for await (const { point, from } of rest) {
      seen.push(point);
      expect(from).toBe(1);
    }
    expect(seen.map(({ share }) => share)).toEqual([1, 0.6]);
    const curve = await rest;
    expect(curve.points.map(({ share }) => share)).toEqual([0.6, 1]);
    expect(curve.points[0].trainCount).toBeLessThan(curve.points[1].trainCount);
    expect(await readLearningCurve(out)).toEqual(curve);
    await expect(learningCurve(bench, { ...options, steps: 3 })).rejects.toThrow(
      /curve\.json: it holds points of another curve \(steps: 2 there, 3 asked for\)/,
    );
    expect(JSON.stringify(learningCurveStudyChart(curve))).toContain("predictor on true structures");
  });
});
