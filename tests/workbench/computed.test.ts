import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeReport } from "../../src/notebook/index.js";
import type { Verification } from "../../src/verify/index.js";
import {
  compareComputed,
  openWorkbench,
  reportData,
  runNotes,
  summaryRows,
  writeRunFile,
  type Run,
  type Workbench,
} from "../../src/workbench/index.js";
import { makeWorkplace, type Workplace } from "../support/workplace.js";

let place: Workplace;
let bench: Workbench;
let run: Run;
let verified: Run;

beforeAll(async () => {
  place = await makeWorkplace();
  const { model, predictor, reportPredictor, dataset } = place;
  bench = await openWorkbench({ model, predictor, reportPredictor, dataset });
  run = await bench.generate("zincblende-ZnS", { count: 4, steps: 6, seed: 3, out: join(place.folder, "run") });
  const record = (await bench.dataset()).get("zincblende-ZnS");
  const asked = { index: 0, crystal: record.crystal, seconds: 12.34 };
  // The calculation gives exactly the spectrum that was asked for; another one crashed.
  const done: Verification = { ...asked, status: "done", record, cached: false };
  const failed: Verification = { ...asked, status: "failed", reason: "crashed", message: "signal 9" };
  const [first, second] = run.candidates.map(({ index }) => index);
  const hull = { kind: "hull", energyAboveHull: 0.125 } as never;
  const computed = new Map([
    [first, compareComputed(done, run.target, hull)],
    [second, compareComputed(failed, run.target)],
  ]);
  verified = { ...run, computed };
}, 120_000);
afterAll(() => bench.dispose());

describe("calculations of a run", () => {
  it("are columns of its summary: the target's own spectrum is at distance 0", () => {
    const [first, second, third] = summaryRows(verified);
    expect(first).toMatchObject({ dft: "done", dft_seconds: 12.3, dft_energy_above_hull_eV_per_atom: 0.125 });
    expect(first.dft_relative_l1).toBeCloseTo(0, 6);
    expect(first.dft_wasserstein_eV).toBeCloseTo(0, 6);
    expect(second).toMatchObject({ dft: "failed", dft_relative_l1: null, dft_remark: "crashed: signal 9" });
    expect(third).toMatchObject({ dft: null, dft_seconds: null });
    expect(Object.keys(summaryRows(run)[0]).some((name) => name.startsWith("dft"))).toBe(false);
  });

  it("are told in its notes and in its report", () => {
    const notes = runNotes(verified).join("\n");
    expect(notes).toMatch(/DFT: 1 of 2 calculations finished \(1 crashed\)/);
    expect(notes).toMatch(/mean relative L1 of the computed crystals is 0\.000 by DFT/);
    const [first, second, third] = reportData(verified).candidates.map(({ computed }) => computed);
    expect(first).toMatchObject({ energyAboveHull: 0.125, match: { relativeL1: expect.closeTo(0, 6) as number } });
    expect([second, third]).toEqual([{ failure: "crashed: signal 9" }, undefined]);
  });

  it("replace the files of the run that lack them", async () => {
    const before = await writeReport(run);
    expect(await readFile(before, "utf8")).not.toContain("Computed by DFT");
    await writeRunFile(run, "report.html", "nothing is replaced");
    expect(await readFile(before, "utf8")).toMatch(/^<!doctype html>/);
    await writeReport(verified);
    expect(await readFile(before, "utf8")).toContain("1 of 4 computed by DFT");
  });

  it("of a run in memory need a path for the report", async () => {
    const { folder: _, ...inMemory } = run;
    await expect(writeReport(inMemory)).rejects.toThrow("report.html: the run is in memory; save it to a folder first");
    const path = await writeReport(inMemory, join(place.folder, "alone.html"));
    expect(await readFile(path, "utf8")).toContain("zincblende-ZnS");
  });
});
