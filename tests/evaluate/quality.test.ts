import { describe, expect, it } from "vitest";
import type { Crystal } from "../../src/crystal/crystal.js";
import type { CrystalLike } from "../../src/crystal/index.js";
import { supercell } from "../../src/crystal/index.js";
import { sumOfSites, targetFromRecord, type SiteDos, type TotalDos } from "../../src/dos/index.js";
import {
  trueStructureGenerator,
  evaluateMetric,
  metricRows,
  metricValues,
  metrics,
  qualityTable,
  rankCandidates,
  retrievalGenerator,
  retrievalIndex,
  runQualityTable,
  sweepGuidance,
  uniqueCrystals,
  type Candidate,
  type CandidateGenerator,
  type CellStore,
  type FinishedCell,
  type Metric,
} from "../../src/evaluate/index.js";
import type { PredictsDos } from "../../src/model/index.js";
import { cubic, fixtureRecords } from "./support.js";

const records = fixtureRecords();
const [training, held] = [records.slice(0, 12), records.slice(12)];
const targets = held.map((record) => ({ target: targetFromRecord(record), trueCrystal: record.crystal }));
const collapsed = cubic(
  3,
  [
    [0, 0, 0],
    [0.01, 0, 0],
  ],
  [11, 17],
);

/** Knows the fixtures' spectra by their crystals, and gives every other crystal a flat one. */
const oracle: PredictsDos = {
  predict: (crystals) =>
    Promise.resolve(
      crystals.map(({ latticeMatrix, atomicNumbers }) => {
        const known = records.find(({ crystal }) => crystal.latticeMatrix === latticeMatrix);
        const siteCount = atomicNumbers.length;
        const values = new Float32Array(siteCount * 100).fill(1);
        return known?.siteDos ?? { ...records[0].siteDos, siteCount, values };
      }),
    ),
};

const always = (name: string, candidates: readonly Candidate[]): CandidateGenerator => ({
  name,
  generate: () => Promise.resolve(candidates),
});

const study = (generators: readonly CandidateGenerator[], store?: CellStore) => ({
  targets,
  generators,
  rankPredictor: oracle,
  reportPredictor: oracle,
  trainingRecords: training,
  store,
});

describe("the quality table", () => {
  it("has a perfect true structure: valid, matching, recovered", async () => {
    const [row] = await runQualityTable(study([trueStructureGenerator()]));
    expect(row).toMatchObject({
      generator: "true structure",
      targets: targets.length,
      candidates: targets.length,
      structural_validity: 1,
      structural_validity_se: 0,
      composition_recovery: 1,
      structure_recovery: 1,
      uniqueness: 1,
      novelty: 1,
    });
    expect(row.site_relative_l1_best).toBeCloseTo(0, 9);
    expect(row["site_wasserstein_0.5eV_best"]).toBeCloseTo(0, 9);
  });

  it("has two columns for each declared metric, and every metric is described", async () => {
    const [row] = await runQualityTable(study([trueStructureGenerator()]));
    const columns = metrics.flatMap(({ name }) => [name, `${name}_se`]);
    expect(Object.keys(row)).toEqual(["generator", "targets", "candidates", ...columns]);
    expect(metricRows().every(({ description, unit }) => /^[A-Z].*\.$/.test(description) && unit !== "")).toBe(true);
    expect(new Set(metrics.map(({ name }) => name)).size).toBe(metrics.length);
  });

  it("counts copies, training crystals and collapsed cells for what they are", async () => {
    const known = training[0].crystal;
    const candidates = [known, supercell(known, [2, 1, 1]), held[0].crystal, collapsed];
    const [row] = await runQualityTable(study([always("mixed", candidates)]));
    expect(row.structural_validity).toBeCloseTo(3 / 4, 12);
    expect(row.uniqueness).toBeCloseTo(2 / 3, 12);
    expect(row.novelty).toBeCloseTo(1 / 3, 12);
    expect(row.composition_recovery).toBeCloseTo(1 / targets.length, 12);
    expect(row.composition_share).toBeCloseTo(1 / 4 / targets.length, 12);
    expect(row.structure_recovery).toBeCloseTo(1 / targets.length, 12);
  });

  it("survives a generator that gives only rubbish or nothing", async () => {
    const rows = await runQualityTable(study([always("rubbish", [collapsed]), always("nothing", [])]));
    expect(rows[0]).toMatchObject({ structural_validity: 0, site_mae_best: null, uniqueness: null, novelty: null });
    expect(rows[1]).toMatchObject({ structural_validity: null, composition_recovery: 0, seconds_per_crystal: null });
  });

  it("leaves out what it was not given the means for", async () => {
    const [row] = await runQualityTable({
      targets: [{ target: targets[0].target }],
      generators: [always("a", [held[0].crystal])],
    });
    expect(row).toMatchObject({
      structural_validity: 1,
      novelty: null,
      site_mae_mean: null,
      composition_recovery: null,
    });
    expect(row.structural_validity_se).toBeNull();
  });

  it("scores retrieval by stored DOS or by the predictor on its structures", async () => {
    const index = retrievalIndex(training);
    const flat: PredictsDos = {
      predict: (crystals) =>
        oracle.predict(crystals.map((crystal) => ({ ...crystal, latticeMatrix: [...crystal.latticeMatrix] as never }))),
    };
    const generators = (["stored", "predicted"] as const).map((dos) => retrievalGenerator(index, { count: 3, dos }));
    const [stored, predicted] = await runQualityTable({
      ...study(generators),
      rankPredictor: flat,
      reportPredictor: flat,
    });
    expect(stored.candidates).toBe(3 * targets.length);
    expect(stored.site_relative_l1_best).toBeLessThan(predicted.site_relative_l1_best as number);
    expect(stored.novelty).toBe(0);
  });

  it("times the generation in seconds", async () => {
    const slow: CandidateGenerator = {
      name: "slow",
      generate: async () => {
        await new Promise((resolve) => setTimeout(resolve, 60));
        return [held[0].crystal, held[1].crystal];
      },
    };
    const [row] = await runQualityTable({ ...study([slow]), targets: targets.slice(0, 1) });
    expect(row.seconds_per_crystal).toBeGreaterThan(0.025);
    expect(row.seconds_per_crystal).toBeLessThan(10);
  });

  it("takes batches as they come", async () => {
    async function* batches(): AsyncGenerator<Crystal | Crystal[]> {
      yield [held[0].crystal, held[1].crystal];
      yield await Promise.resolve(held[2].crystal);
    }
    const [row] = await runQualityTable(study([{ name: "stream", generate: batches }]));
    expect(row.candidates).toBe(3 * targets.length);
  });
});

describe("a metric from outside", () => {
  const atoms: Metric = {
    name: "atoms",
    description: "Atoms of the candidates.",
    unit: "atoms",
    needs: [],
    compute: ({ candidates }) => candidates.reduce((sum, { atomicNumbers }) => sum + atomicNumbers.length, 0),
  };

  it("is a column beside the others, and sees plain crystals whatever was generated", async () => {
    const generated = { index: 5, crystal: held[0].crystal };
    const options = { ...study([always("mine", [generated])]), targets: [targets[0]], metrics: [...metrics, atoms] };
    const [row] = await runQualityTable(options);
    expect(row).toMatchObject({ structural_validity: 1, atoms: held[0].crystal.atomicNumbers.length, atoms_se: null });
    expect(metricValues({ target: targets[0].target, candidates: [generated] }, [atoms])).toEqual({ atoms: row.atoms });
  });

  it("that throws is named, with generator and target", async () => {
    const broken: Metric = {
      ...atoms,
      name: "broken",
      compute: () => {
        throw new Error("no such element");
      },
    };
    const run = runQualityTable({ ...study([always("mine", [held[0].crystal])]), metrics: [atoms, broken] });
    await expect(run).rejects.toThrow(
      `generator mine, target ${targets[0].target.label}: metric broken: no such element`,
    );
  });

  it("that is not finite, or lacks what it needs, is null; a name that repeats is refused", async () => {
    const infinite: Metric = { ...atoms, compute: () => Infinity };
    const needy: Metric = { ...atoms, needs: ["trueCrystal"] };
    const input = { target: targets[0].target, candidates: [] };
    expect(evaluateMetric(infinite, input)).toBeNull();
    expect(evaluateMetric(needy, input)).toBeNull();
    expect(evaluateMetric(needy, { ...input, trueCrystal: held[0] })).toBe(0);
    await expect(runQualityTable({ ...study([]), metrics: [atoms, atoms] })).rejects.toThrow(
      /metric name.*"atoms" twice/,
    );
  });
});

describe("an interrupted study", () => {
  const memory = () => {
    const cells: FinishedCell[] = [];
    const store: CellStore = {
      load: () => cells.map((cell) => JSON.parse(JSON.stringify(cell)) as FinishedCell),
      save: (cell) => void cells.push(cell),
    };
    return { cells, store };
  };

  it("goes on where it stopped, computes no cell twice and ends with the same rows", async () => {
    const whole = await runQualityTable(study([trueStructureGenerator("a"), trueStructureGenerator("b")]));
    const { cells, store } = memory();
    let calls = 0;
    const counted = (name: string): CandidateGenerator => ({
      name,
      generate: (target) => {
        calls++;
        return trueStructureGenerator().generate(target);
      },
    });
    for await (const event of qualityTable(study([counted("a"), counted("b")], store))) {
      if (event.kind === "cell" && event.done === targets.length + 2) break;
    }
    expect(cells).toHaveLength(targets.length + 2);
    const rows = await runQualityTable(study([counted("a"), counted("b")], store));
    expect(calls).toBe(2 * targets.length);
    expect(cells).toHaveLength(2 * targets.length);
    const untimed = (list: typeof rows) =>
      list.map((row) => ({ ...row, seconds_per_crystal: 0, seconds_per_crystal_se: 0 }));
    expect(untimed(rows)).toEqual(untimed(whole));
  });

  it("computes a cell anew for a metric that it was not judged by", async () => {
    const { cells, store } = memory();
    await runQualityTable(study([trueStructureGenerator()], store));
    const count: Metric = { name: "count", description: "", unit: "", needs: [], compute: (c) => c.candidates.length };
    for (let again = 0; again < 2; again++) {
      const [row] = await runQualityTable({
        ...study([trueStructureGenerator()], store),
        metrics: [...metrics, count],
      });
      expect(row.count).toBe(1);
      expect(cells).toHaveLength(2 * targets.length);
    }
  });

  it("names generator and target of a failure and keeps what was finished", async () => {
    const { cells, store } = memory();
    const failing: CandidateGenerator = { name: "bad", generate: () => Promise.reject(new Error("no memory")) };
    const run = runQualityTable(study([trueStructureGenerator(), failing], store));
    await expect(run).rejects.toThrow(`generator bad, target ${targets[0].target.label}: no memory`);
    expect(cells).toHaveLength(targets.length);
  });

  it("refuses names and labels that repeat, and stops at an abort", async () => {
    await expect(runQualityTable(study([trueStructureGenerator(), trueStructureGenerator()]))).rejects.toThrow(
      /generator name.*"true structure" twice/,
    );
    await expect(runQualityTable({ ...study([]), targets: [targets[0], targets[0]] })).rejects.toThrow(/target label/);
    const aborted = { ...study([trueStructureGenerator()]), signal: AbortSignal.abort(new Error("stopped")) };
    await expect(runQualityTable(aborted)).rejects.toThrow("stopped");
  });
});

describe("ranking", () => {
  it("puts the true crystal first and invalid crystals last, unseen by the predictor", async () => {
    const seen: Crystal[] = [];
    const spy: PredictsDos = {
      predict: (crystals) => {
        seen.push(...crystals);
        return oracle.predict(crystals);
      },
    };
    const crystals = [collapsed, held[1].crystal, held[0].crystal];
    const ranked = await rankCandidates(targets[0].target, crystals, spy, oracle);
    expect(ranked.map(({ index }) => index)).toEqual([2, 1, 0]);
    expect(ranked[0].reportMatch?.site_mae).toBeCloseTo(0, 9);
    expect(ranked[2].rankMatch).toBeNull();
    expect(seen).not.toContain(collapsed);
  });

  it("takes generated crystals and records as they are, and gives back what it was given with its spectrum", async () => {
    const candidates = [{ index: 7, crystal: held[1].crystal }, held[0], { index: 9, crystal: collapsed }];
    const ranked = await rankCandidates(targets[0].target, candidates, oracle);
    expect(ranked.map(({ candidate }) => candidate)).toEqual([held[0], candidates[0], candidates[2]]);
    expect(ranked.map(({ crystal }) => crystal)).toEqual([held[0].crystal, held[1].crystal, collapsed]);
    expect(ranked.map(({ predicted }) => predicted)).toEqual([held[0].siteDos, held[1].siteDos, undefined]);
    expect(uniqueCrystals([...candidates.slice(0, 2), held[0]])).toEqual(candidates.slice(0, 2));
  });

  it("by the total alone, where only that is known of the target and the predictor expects it", async () => {
    const { target } = targets[0];
    const totalOf = (dos: SiteDos): TotalDos => ({ kind: "total", ...sumOfSites(dos) });
    const known = { ...target, siteDos: undefined, totalDos: totalOf(target.siteDos!), atomCount: target.siteDos!.siteCount }; // prettier-ignore
    const expects: PredictsDos = {
      predict: async (crystals) => (await oracle.predict(crystals)).map((dos) => ({ ...dos, total: totalOf(dos) })),
    };
    const ranked = await rankCandidates(known, [held[1].crystal, held[0].crystal], expects);
    expect(ranked.map(({ index }) => index)).toEqual([1, 0]);
    expect(ranked[0].rankMatch?.total_relative_l1).toBeCloseTo(0, 6);
  });

  it("reports the choice of one predictor with another's number", async () => {
    const wrong: PredictsDos = {
      predict: (crystals) =>
        Promise.resolve(crystals.map((c) => (c === held[1].crystal ? held[0].siteDos : held[1].siteDos))),
    };
    const options = { ...study([always("two", [held[0].crystal, held[1].crystal])]), targets: [targets[0]] };
    const [fooled] = await runQualityTable({ ...options, rankPredictor: wrong });
    const [right] = await runQualityTable(options);
    expect(right.site_relative_l1_best).toBeCloseTo(0, 9);
    expect(fooled.site_relative_l1_best).toBeGreaterThan(0.05);
  });

  it("refuses a predictor that returns too few spectra", async () => {
    const short: PredictsDos = { predict: () => Promise.resolve([]) };
    await expect(rankCandidates(targets[0].target, [held[0].crystal], short)).rejects.toThrow(
      /expected 1 spectra.*got 0/,
    );
  });
});

describe("sweepGuidance", () => {
  it("gives one row a weight, with the same seed for all", async () => {
    const asked: [number, number][] = [];
    const rows = await sweepGuidance(
      ({ trueCrystal }, { guidanceWeight, count, seed }) => {
        asked.push([guidanceWeight, seed]);
        return Promise.resolve(Array<CrystalLike>(count).fill(trueCrystal!));
      },
      targets.slice(0, 2),
      { weights: [0, 0.5, 2], count: 3, seed: 7 },
    );
    expect(rows.map((row) => row.guidance_weight)).toEqual([0, 0.5, 2]);
    expect(rows.map((row) => row.candidates)).toEqual([6, 6, 6]);
    expect(asked).toEqual([
      [0, 7],
      [0, 7],
      [0.5, 7],
      [0.5, 7],
      [2, 7],
      [2, 7],
    ]);
  });
});
