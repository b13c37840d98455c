import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { isEquilibrium, openDataset } from "../../src/data/index.js";
import { readDosFile, targetFromDos, targetFromRecord } from "../../src/dos/index.js";
import { proposerQuality } from "../../src/evaluate/index.js";
import { elementProposer, loadProposer, proposeCompositions } from "../../src/model/index.js";
import { compiledEngine } from "../../src/runtime/index.js";

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const engine = await compiledEngine();
const proposer = elementProposer(engine, await loadProposer(path("models/proposer.safetensors")));
afterAll(() => {
  proposer.dispose();
  engine.dispose();
});

describe("the bundled element proposer", () => {
  test("holds the compositions of formulas that it never saw, and knows how sure it is", async () => {
    const { test: records } = (await openDataset(path("datasets/pbe-prototypes"))).split();
    const questions = [...records]
      .filter(isEquilibrium)
      .filter((_, i) => i % 2 === 0)
      .map((record) => ({ target: targetFromRecord(record), truth: record.crystal.atomicNumbers }));
    const quality = await proposerQuality(proposer, questions, true);
    expect(quality.compositionAmong[1]).toBeGreaterThan(0.7);
    expect(quality.compositionAmong[4]).toBeGreaterThan(0.9);
    expect(quality.compositionAmong[16]).toBeGreaterThan(0.97);
    expect(quality.expectedCalibrationError).toBeLessThan(0.05);
    expect(quality.places.length).toBe(questions.length);
  }, 60_000);

  test("names elements that it never saw in no answer; constraints reach them all the same", async () => {
    const target = targetFromDos(await readDosFile(path("tests/fixtures/dos/KF.vasprun.xml.gz")));
    const { sites } = await proposer.propose(target);
    expect(sites.flat().some(({ atomicNumber }) => atomicNumber === 54)).toBe(false);
    const { compositions, notes } = proposeCompositions(sites, { elements: [54] });
    expect(compositions.map((c) => c.formula)).toEqual(["Xe"]);
    expect(notes.join()).toMatch(/the nearest of them are proposed/);
  });
});
