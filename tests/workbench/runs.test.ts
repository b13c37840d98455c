import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fastSampler } from "../../src/diffusion/index.js";
import { samplers } from "../../src/generate/index.js";
import {
  Interrupted,
  openWorkbench,
  readRunFolder,
  reportData,
  saveRun,
  summaryRows,
  type RunOptions,
  type RunProgress,
  type Workbench,
} from "../../src/workbench/index.js";
import { makeWorkplace, type Workplace } from "../support/workplace.js";

let place: Workplace;
let bench: Workbench;
const at = (name: string) => join(place.folder, name);
const settings: RunOptions = { count: 10, steps: 6, seed: 3 };

beforeAll(async () => {
  place = await makeWorkplace();
  const { model, predictor, reportPredictor, dataset } = place;
  bench = await openWorkbench({ model, predictor, reportPredictor, dataset });
}, 120_000);
afterAll(() => bench.dispose());

async function crystalFiles(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(join(folder, "crystals"))).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, "crystals", name), "utf8")));
  return Object.fromEntries(names.map((name, i) => [name, texts[i]]));
}

describe("a run", () => {
  it("in memory is the run in a folder, and is saved as that", async () => {
    const target = await bench.target("zincblende-ZnS");
    const inMemory = await bench.generate(target, settings);
    const inFolder = await bench.generate("zincblende-ZnS", { ...settings, out: at("folder") });
    expect(inMemory.folder).toBeUndefined();
    expect(summaryRows(inMemory)).toEqual(summaryRows(inFolder));
    expect(reportData(inMemory)).toEqual(reportData(inFolder));
    await saveRun(inMemory, at("saved"));
    expect(await crystalFiles(at("saved"))).toEqual(await crystalFiles(at("folder")));
    for (const name of ["run.json", "crystals.jsonl", "summary.csv"])
      expect(await readFile(at(`saved/${name}`), "utf8"), name).toBe(await readFile(at(`folder/${name}`), "utf8"));
  });

  it("reports its progress, block by block", async () => {
    const steps: RunProgress[] = [];
    const run = bench.generate("zincblende-ZnS", { ...settings, batchSize: 4 });
    for await (const step of run) steps.push(step);
    expect(steps[0]).toMatchObject({ done: 0, total: 10, from: 0, kept: 0, crystals: [] });
    expect(steps.at(-1)).toMatchObject({ done: 10, total: 10 });
    expect(steps.flatMap(({ crystals }) => crystals.map(({ index }) => index))).toEqual([...Array(10).keys()]);
    expect((await run).crystals).toHaveLength(10);
  });

  it("stopped at any block and continued is the uninterrupted one, to the byte", async () => {
    const options = { ...settings, batchSize: 4 };
    await bench.generate("zincblende-ZnS", { ...options, out: at("whole") });
    const stop = new AbortController();
    const part = bench.generate("zincblende-ZnS", { ...options, out: at("part"), signal: stop.signal });
    const watch = async () => {
      for await (const step of part) if (step.crystals.length > 0) stop.abort();
    };
    await expect(watch()).rejects.toThrow(Interrupted);
    await expect(part).rejects.toThrow(`stopped: 4 of 10 crystals are finished in ${at("part")}`);
    // Cut off within a block, with what a crash leaves behind.
    await mkdir(at("crashed"));
    await cp(at("part/run.json"), at("crashed/run.json"));
    const lines = (await readFile(at("part/crystals.jsonl"), "utf8")).split("\n");
    await writeFile(at("crashed/crystals.jsonl"), `${lines[0]}\n${lines[1].slice(0, 20)}`);
    await writeFile(at("crashed/.run.json.0123456789ab.tmp"), "half");
    for (const folder of ["part", "crashed"]) {
      await bench.generate("zincblende-ZnS", { ...options, out: at(folder) });
      expect(await crystalFiles(at(folder))).toEqual(await crystalFiles(at("whole")));
      for (const name of ["crystals.jsonl", "summary.csv", "run.json"])
        expect(await readFile(at(`${folder}/${name}`), "utf8")).toBe(await readFile(at(`whole/${name}`), "utf8"));
      expect((await readdir(at(folder))).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    }
  });

  it("never overwrites: not its own finished files, no other run, no foreign folder", async () => {
    const out = at("folder");
    await writeFile(join(out, "summary.csv"), "mine now");
    await bench.generate("zincblende-ZnS", { ...settings, out });
    expect(await readFile(join(out, "summary.csv"), "utf8")).toBe("mine now");
    await expect(bench.generate("zincblende-ZnS", { ...settings, seed: 4, out })).rejects.toThrow(
      /other settings \(settings\.seed: 3 there, 4 asked for\)/,
    );
    await mkdir(at("thesis"));
    await writeFile(at("thesis/thesis.tex"), "");
    await expect(bench.generate("zincblende-ZnS", { ...settings, out: at("thesis") })).rejects.toThrow(
      /not empty and holds no run \(thesis\.tex\)/,
    );
    expect(await readdir(at("thesis"))).toEqual(["thesis.tex"]);
  });

  it("of a file with numbers in brackets continues, its name kept as it is", async () => {
    const target = { ...(await bench.target("zincblende-ZnS")), source: "relaxed [1, 2].cif", label: "relaxed [1, 2]" };
    const options = { count: 1, steps: 2, out: at("brackets") };
    await bench.generate(target, options);
    expect((await readRunFolder(options.out)).file.run.target).toMatchObject({ source: target.source });
    expect((await bench.generate(target, options)).crystals).toHaveLength(1);
  });

  it("is continued whether it was watched or not", async () => {
    const options = { count: 2, steps: 2, out: at("watched") };
    const watched = bench.generate("zincblende-ZnS", { ...options, frameEvery: 1 });
    const frames = [];
    for await (const { frame } of watched) if (frame) frames.push(frame);
    expect(frames.length).toBeGreaterThan(1);
    expect((await bench.generate("zincblende-ZnS", options)).crystals).toEqual((await watched).crystals);
  });

  it("gives a registered sampler its steps, and no other than the fast one", async () => {
    samplers.set("mine", ({ steps }) => fastSampler({ steps }));
    const options = { count: 1, steps: 3 };
    expect((await bench.generate("zincblende-ZnS", { ...options, sampler: "mine" })).crystals).toHaveLength(1);
    samplers.delete("mine");
    for (const sampler of ["predictor-corrector" as const, fastSampler()])
      await expect(bench.generate("zincblende-ZnS", { ...options, sampler })).rejects.toThrow(
        /^steps is for the fast sampler/,
      );
  });

  it("with other constraints of one's own is another run", async () => {
    const options = { count: 2, steps: 2, out: at("constrained") };
    const run = await bench.generate("zincblende-ZnS", { ...options, constraints: [() => []] });
    expect(reportData(run).settings.constraints).toBe("1 of one's own");
    await bench.generate("zincblende-ZnS", { ...options, constraints: [() => []] });
    const other = bench.generate("zincblende-ZnS", { ...options, constraints: [() => [].slice(1)] });
    await expect(other).rejects.toThrow(/other settings \(settings\.constraints: /);
  });

  it("is read again as it was", async () => {
    const run = await bench.generate("zincblende-ZnS", { ...settings, out: at("again") });
    const again = await bench.openRun(at("again"));
    expect(summaryRows(again)).toEqual(summaryRows(run));
    expect(again.target.siteDos).toEqual(run.target.siteDos);
    expect(reportData(again).notes).toEqual(reportData(run).notes);
    const { model, reportPredictor, dataset } = place;
    const other = await openWorkbench({ model, predictor: reportPredictor, reportPredictor, dataset });
    await expect(other.openRun(at("again"))).rejects.toThrow(
      /again: its crystals were judged by other predictors \(rank: /,
    );
    await other.dispose();
  });

  it("takes symbols, formulas and files where the generator takes numbers and crystals", async () => {
    const run = await bench.generate("zincblende-ZnS", {
      count: 2,
      steps: 3,
      composition: "ZnS",
      elements: ["Zn", "S"],
    });
    for (const { crystal } of run.crystals) expect([...crystal.atomicNumbers].sort()).toEqual([16, 30]);
    const template = { crystal: place.structure, keep: { lattice: true } };
    await expect(bench.generate("zincblende-ZnS", { count: 1, template })).rejects.toThrow(/9 atoms/);
  });
});

describe("run.json is checked like any other input", () => {
  const damaged = async (change: (file: Record<string, Record<string, Record<string, unknown>>>) => void) => {
    const folder = at(`damaged-${Math.random().toString(36).slice(2)}`);
    await cp(at("folder"), folder, { recursive: true });
    const file = JSON.parse(await readFile(join(folder, "run.json"), "utf8")) as never;
    change(file);
    await writeFile(join(folder, "run.json"), JSON.stringify(file));
    return readRunFolder(folder);
  };

  it.each([
    [
      "a number that is a text",
      (f) => void (f.run.settings.count = "10"),
      /run\.settings\.count: expected .*found string/,
    ],
    ["a missing key", (f) => void delete f.run.target, /run\.json: run\.target: expected object/],
    ["null for a crystal", (f) => void (f.judging.trueCrystal = null as never), /judging\.trueCrystal/],
    ["another format", (f) => void (f.format = "dosmith-run-9" as never), /format: expected one of "dosmith-run-1"/],
  ] as [string, (f: Record<string, Record<string, Record<string, unknown>>>) => void, RegExp][])(
    "%s is named",
    async (_, change, message) => expect(damaged(change)).rejects.toThrow(message),
  );

  it("an older version's run is read but not continued; one too old is refused with its version", async () => {
    const old = await damaged((file) => void (file.format = "dosmith-run-1" as never));
    expect(old.crystals).toHaveLength(10);
    await expect(bench.generate("zincblende-ZnS", { ...settings, out: old.folder })).rejects.toThrow(
      /a run of dosmith 0\.1\.0, which this version reads but does not continue/,
    );
    const older = damaged((file) => {
      file.format = "dosmith-run-1" as never;
      delete (file as { judging?: unknown }).judging;
    });
    await expect(older).rejects.toThrow(/made by dosmith 0\.1\.0, too old to be read/);
  });
});

describe("a workbench", () => {
  it("opens only what is needed", async () => {
    // Files that are there and hold nothing: whoever opened one would fail.
    await writeFile(at("empty.safetensors"), "");
    await mkdir(at("empty-set"));
    const empty = {
      model: at("empty.safetensors"),
      reportPredictor: at("empty.safetensors"),
      dataset: at("empty-set"),
    };
    const partly = await openWorkbench({ ...empty, predictor: at("empty.safetensors") });
    await expect(partly.dataset()).rejects.toThrow(/dataset\.json/);
    await expect(partly.generate("zincblende-ZnS")).rejects.toThrow(/dataset\.json/);
    await partly.dispose();
  });

  it("refuses names that lead nowhere at once", async () => {
    await expect(openWorkbench({ model: "none.safetensors" })).rejects.toThrow(
      "model: none.safetensors: no such file or folder",
    );
  });

  it("says that it was disposed of, and stays so", async () => {
    const other = await openWorkbench({ model: place.model, dataset: place.dataset });
    await other.dataset();
    await other[Symbol.asyncDispose]();
    await other.dispose();
    await expect(other.dataset()).rejects.toThrow("workbench: it was disposed");
    await expect(other.generate("zincblende-ZnS")).rejects.toThrow("workbench: it was disposed");
    expect(existsSync(at("none"))).toBe(false);
  });
});
