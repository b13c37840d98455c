import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { splitOfFormula } from "../../src/data/index.js";
import { makeTarget, standardGrid, targetFromRecord, type SiteDos } from "../../src/dos/index.js";
import {
  decodeModel,
  elementProposer,
  encodeModel,
  equalSites,
  loadPredictor,
  loadProposer,
  proposerFeatureCount,
  proposerFeatures,
  saveModel,
  targetEvidence,
} from "../../src/model/index.js";
import { compiledEngine, key } from "../../src/runtime/index.js";
import {
  calibrateProposer,
  defaultProposerOptions,
  foreignEvidence,
  plainEvidence,
  proposerExamples,
  proposerRun,
  runTraining,
  variedEvidence,
  type TrainProposerOptions,
} from "../../src/train/index.js";
import { temporaryFolder } from "../data/helpers.js";
import { drain, records } from "./support.js";

const engine = await compiledEngine();
afterAll(() => engine.dispose());

const options: TrainProposerOptions = {
  ...defaultProposerOptions,
  config: { ...defaultProposerOptions.config, hiddenDim: 24, members: 2 },
  steps: 60,
  batchSize: 8,
  learningRate: 1e-2,
  validateEvery: 20,
  dropout: 0.1,
};
const { config } = options;
const run = proposerRun(records, records, options);
const E = standardGrid.count;
const sites = (...rows: ((e: number) => number)[]): SiteDos => ({
  kind: "site",
  grid: standardGrid,
  siteCount: rows.length,
  values: Float32Array.from(rows.flatMap((row) => Array.from({ length: E }, (_, e) => row(e)))),
});

describe("training", () => {
  const trained = drain(runTraining(engine, run.task, run.options));
  test("the loss falls, and the same seed gives the same losses", async () => {
    const { losses } = await trained;
    expect(losses.at(-1)!).toBeLessThan(losses[0] / 2);
    const again = await drain(runTraining(engine, run.task, run.options), 5);
    expect(again.losses).toEqual(losses.slice(0, 5));
  });

  test("it learns its own records, is calibrated, and survives its file", async () => {
    const model = run.toModel((await trained).last!.state.best, { why: "test" });
    const proposer = elementProposer(engine, model);
    const calibrated = await calibrateProposer(proposer, records);
    expect(calibrated.config.temperatures.known).not.toBe(1);
    const path = join(await temporaryFolder(), "proposer.safetensors");
    await saveModel(path, calibrated);
    const loaded = await loadProposer(path);
    expect(loaded.config).toEqual(calibrated.config);
    await expect(loadPredictor(path)).rejects.toThrow(/expected a DOS predictor, found an element-?\s?proposer/);
    using again = elementProposer(engine, loaded);
    let right = 0;
    for (const record of records) {
      const { sites: said } = await again.propose(targetFromRecord(record), { knownConvention: true });
      said.forEach((elements, i) => {
        expect(elements.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 4);
        if (elements[0].atomicNumber === record.crystal.atomicNumbers[i]) right++;
      });
    }
    expect(right).toBeGreaterThan(records.reduce((n, { siteDos }) => n + siteDos.siteCount, 0) / 2);
    proposer.dispose();
    await expect(proposer.propose(targetFromRecord(records[0]))).rejects.toThrow("element proposer: it was disposed");
  });

  test("only elements of the data have a probability", async () => {
    const model = run.toModel((await trained).last!.state.best, {});
    using proposer = elementProposer(engine, model);
    const { sites: said } = await proposer.propose(targetFromRecord(records[0]));
    for (const { atomicNumber } of said.flat()) expect(model.elements).toContain(atomicNumber);
  });

  test("records without Voronoi curves train too", async () => {
    const bare = records.map(({ id, formula, crystal, siteDos, properties }) => ({ id, formula, crystal, siteDos, properties })); // prettier-ignore
    const { losses } = await drain(runTraining(engine, proposerRun(bare, bare, options).task, run.options), 3);
    expect(losses.every(Number.isFinite)).toBe(true);
    expect(proposerExamples(bare, config).every((example) => !plainEvidence(example).hasTotal)).toBe(true);
  });

  test("a damaged file is refused with its name", () => {
    const bytes = encodeModel(run.toModel(run.task.initial, {}));
    expect(() => decodeModel(bytes.subarray(0, bytes.length - 9), "some.safetensors")).toThrow(/some\.safetensors/);
    expect(() => proposerRun([], records, options)).toThrow(/training set is empty/);
    expect(splitOfFormula(records[0].formula)).not.toBe("reserved");
  });
});

describe("what a target shows", () => {
  const bump = (e: number): number => Math.exp(-(((e - 150) / 10) ** 2));
  test("the amplitude of a curve changes only the part that keeps it", () => {
    const at = (factor: number) =>
      proposerFeatures(config, targetEvidence(makeTarget("x", { siteDos: sites((e) => factor * 50 * bump(e)) }, 0)).evidence[0]); // prettier-ignore
    const [one, three] = [at(1), at(3)];
    expect(one.length).toBe(proposerFeatureCount(config));
    const difference = (from: number) => Math.max(...one.slice(from, from + config.bins).map((x, i) => Math.abs(x - three[from + i]))); // prettier-ignore
    expect(difference(0)).toBeGreaterThan(1);
    expect(difference(config.bins)).toBeLessThan(0.1);
  });

  test("a zero site is told from the others, which a note says; all zero is refused", () => {
    const { evidence, notes } = targetEvidence(makeTarget("x", { siteDos: sites(bump, () => 0) }, 0));
    expect(evidence[1].site).toBeUndefined();
    expect(evidence[1].context).toBeDefined();
    expect(notes.join()).toMatch(/spectrum of site 1 is zero/);
    const zero = makeTarget("nothing", { siteDos: sites(() => 0) }, 0);
    expect(() => targetEvidence(zero)).toThrow('target "nothing": all its spectra are zero: nothing tells elements');
    const beyond = makeTarget("beyond", { siteDos: sites(bump) }, 0, { energyWindow: [5, 9] });
    expect(() => targetEvidence(beyond)).toThrow(/all its spectra are zero from 5 to 9 eV/);
  });

  test("only one site asked for; a total alone needs a number of atoms", () => {
    const one = makeTarget("x", { siteDos: sites(bump, bump) }, 0, { siteMask: [true, false] });
    expect(targetEvidence(one).evidence.map(({ site }) => site !== undefined)).toEqual([true, false]);
    const total = makeTarget("t", { totalDos: { kind: "total", grid: standardGrid, values: sites(bump).values } }, 0);
    expect(() => targetEvidence(total)).toThrow(/say how many atoms the cell has/);
    expect(targetEvidence(total, { numAtoms: 2 }).evidence[0].context![150]).toBeCloseTo(0.5, 6);
  });

  test("sites with equal curves are one group", () => {
    expect(equalSites(sites(bump, (e) => bump(e + 30), (e) => 1.005 * bump(e)))).toEqual([[0, 2], [1]]); // prettier-ignore
    expect(equalSites(sites(() => 0, () => 0))).toEqual([[0, 1]]); // prettier-ignore
  });
});

describe("how training varies it", () => {
  const [example] = proposerExamples(records, config);
  test("a known convention leaves curves as they are; another has the same shape in another amplitude", () => {
    for (let i = 0; i < 20; i++) {
      const varied = variedEvidence(example, true, key(1).fold(i));
      if (varied.site) expect(varied.site).toEqual(example.site);
    }
    const plain = plainEvidence(example);
    const foreign = foreignEvidence(example, key(1).fold("x"));
    expect(foreign.knownConvention).toBe(false);
    expect(foreign.site).not.toEqual(plain.site);
    expect(foreignEvidence(example, key(1).fold("x"))).toEqual(foreign);
    expect([...foreign.site!].every((x) => Number.isFinite(x) && x >= -1e-6)).toBe(true);
  });
});
