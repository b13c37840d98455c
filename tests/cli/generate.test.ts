import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parseCif } from "../../src/crystal/index.js";
import { dosmith, makeWorkplace, type Workplace } from "./support.js";

let place: Workplace;
let whole: string;
const args = (out: string, ...more: string[]) => [
  ...["generate", "--target", "zincblende-ZnS", "--count", "10", "--steps", "6", "--seed", "3", "--out", out],
  ...place.sources,
  ...more,
];

beforeAll(async () => {
  place = await makeWorkplace();
  whole = join(place.folder, "whole");
  expect(await dosmith(args(whole))).toMatchObject({ code: 0 });
}, 120_000);

async function crystalFiles(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(join(folder, "crystals"))).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, "crystals", name), "utf8")));
  return Object.fromEntries(names.map((name, i) => [name, texts[i]]));
}

describe("a run's folder", () => {
  it("holds crystals, a ranked summary, what was asked and a report", async () => {
    expect((await readdir(whole)).sort()).toEqual([
      "crystals",
      "crystals.jsonl",
      "report.html",
      "run.json",
      "summary.csv",
    ]);
    expect(Object.keys(await crystalFiles(whole))).toEqual(
      Array.from({ length: 10 }, (_, i) => `${String(i + 1).padStart(4, "0")}.cif`),
    );
    const [header, ...rows] = (await readFile(join(whole, "summary.csv"), "utf8")).trimEnd().split("\n");
    expect(rows).toHaveLength(10);
    const column = header.split(",").indexOf("relative_l1_by_ranking_predictor");
    const ranked = rows
      .map((row) => row.split(",")[column])
      .filter((x) => x !== "")
      .map(Number);
    expect(ranked).toEqual([...ranked].sort((a, b) => a - b));
    expect(await readFile(join(whole, "report.html"), "utf8")).toContain("zincblende-ZnS");
  });
  it("says in run.json all that repeats it", async () => {
    const { run, command, versions } = JSON.parse(await readFile(join(whole, "run.json"), "utf8")) as {
      run: { settings: unknown; target: { siteDos: number[][]; totalDos: number[] }; model: unknown };
      command: string;
      versions: object;
    };
    expect(run.settings).toMatchObject({
      count: 10,
      seed: 3,
      steps: 6,
      coordEta: "all",
      guidanceWeight: 1,
      sampler: "fast",
    });
    expect(run.target.siteDos.map((row) => row.length)).toEqual([400, 400]);
    expect(run.target.totalDos).toHaveLength(400);
    expect(run.model).toEqual({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
    expect(command).toMatch(/^dosmith generate --target zincblende-ZnS/);
    expect(versions).toMatchObject({ dosmith: expect.any(String) as string });
  });
  it("is continued after a crash to the same bytes, whatever the crash left", async () => {
    const broken = join(place.folder, "broken");
    await mkdir(broken);
    await cp(join(whole, "run.json"), join(broken, "run.json"));
    const lines = (await readFile(join(whole, "crystals.jsonl"), "utf8")).split("\n");
    await writeFile(join(broken, "crystals.jsonl"), `${lines.slice(0, 3).join("\n")}\n${lines[3].slice(0, 20)}`);
    await writeFile(join(broken, ".run.json.0123456789ab.tmp"), "half");
    const { code, notes } = await dosmith(args(broken));
    expect({ code, first: notes[0] }).toEqual({ code: 0, first: `${broken}: continuing after 3 of 10 crystals` });
    expect(await crystalFiles(broken)).toEqual(await crystalFiles(whole));
    expect(await readFile(join(broken, "crystals.jsonl"), "utf8")).toBe(lines.join("\n"));
    expect((await readdir(broken)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    for (const name of ["summary.csv"])
      expect(await readFile(join(broken, name), "utf8")).toBe(await readFile(join(whole, name), "utf8"));
  });
  it("is not written again when it is complete", async () => {
    await writeFile(join(whole, "report.html"), "mine now");
    const { code, notes, out } = await dosmith(args(whole));
    expect(code).toBe(0);
    expect(notes[0]).toBe(`${whole}: all 10 crystals are there`);
    expect(out).toMatch(/rel\. L1/);
    expect(await readFile(join(whole, "report.html"), "utf8")).toBe("mine now");
  });
  it.each([
    [["--seed", "4"], /other settings \(settings\.seed: 3 there, 4 asked for\)/],
    [["--elements", "Zn,S"], /settings\.elements: nothing there, \["Zn","S"\] asked for/],
    [["--broaden", "0.5"], /target\.siteDos/],
    [["--target", "cscl-BCu"], /target\.source: "zincblende-ZnS" there, "cscl-BCu" asked for/],
  ])("refuses %j on top of it", async (more, message) => {
    const { code, notes } = await dosmith(args(whole, ...more));
    expect({ code, lines: notes.length }).toEqual({ code: 1, lines: 1 });
    expect(notes[0]).toMatch(message);
  });
  it("refuses a folder with other things in it", async () => {
    const other = join(place.folder, "other");
    await mkdir(other);
    await writeFile(join(other, "thesis.tex"), "");
    const { code, notes } = await dosmith(args(other));
    expect(code).toBe(1);
    expect(notes.join()).toMatch(/not empty and holds no run \(thesis\.tex\)/);
  });
  it("is not begun by options that cannot be met", async () => {
    const none = join(place.folder, "none");
    const { code, notes } = await dosmith(args(none, "--composition", "Al2O3"));
    expect({ code, notes }).toEqual({ code: 1, notes: ["dosmith: composition: it has 5 atoms, the cell has 2"] });
    await expect(readdir(none)).rejects.toThrow("ENOENT");
  });
  it("keeps what is finished at Ctrl-C and says how to go on", async () => {
    const stopped = join(place.folder, "stopped");
    const { code, notes } = await dosmith(args(stopped), AbortSignal.abort());
    expect(code).toBe(130);
    expect(notes.at(-1)).toMatch(
      /^dosmith: stopped: 0 of 10 crystals are finished in .*The same command continues: dosmith generate --target zincblende-ZnS/,
    );
  });
});

describe("constraints", () => {
  it("keep an exact composition and fixed sites", async () => {
    const out = join(place.folder, "fixed");
    const { code } = await dosmith(args(out, "--composition", "ZnS", "--fix-types", "1=S", "--count", "2"));
    expect(code).toBe(0);
    for (const text of Object.values(await crystalFiles(out))) expect(text).toMatch(/Zn1 {2}Zn[^]*S2 {2}S/);
  });
  it("keep a template's lattice", async () => {
    const out = join(place.folder, "template");
    const template = join(place.folder, "zns.cif");
    await writeFile(template, await readFile(join(place.folder, "fixed", "crystals", "0001.cif")));
    const { code, notes } = await dosmith(args(out, "--template", template, "--keep", "lattice", "--count", "1"));
    expect({ code, notes }).toMatchObject({ code: 0 });
    const [made, given] = [join(out, "crystals/0001.cif"), template].map(
      async (path) => parseCif(await readFile(path, "utf8")).latticeMatrix,
    );
    const [a, b] = [(await made).flat(), (await given).flat()];
    a.forEach((x, i) => expect(x).toBeCloseTo(b[i], 4));
  });
});

describe("targets", () => {
  it("may be a structure, whose DOS is predicted", async () => {
    const out = join(place.folder, "structure");
    const { code, out: said } = await dosmith([
      "generate",
      "--target",
      place.structure,
      "--count",
      "1",
      "--steps",
      "3",
      "--mask-sites",
      "0,2",
      "--energy-window",
      "-4,2",
      "--out",
      out,
      ...place.sources,
    ]);
    expect(code).toBe(0);
    expect(said).toMatch(/The true structure itself/);
  });
  it("may be a total alone, which the predictors cannot judge, and says so", async () => {
    const out = join(place.folder, "total");
    const { code, out: said } = await dosmith(args(out, "--use", "total", "--count", "2", "--num-atoms", "2"));
    expect(code).toBe(0);
    expect(said).toMatch(/only a total DOS|0 of 2 crystals are structurally valid/);
    await rm(out, { recursive: true });
  });
});

describe("settings of the fast sampler", () => {
  it.each([
    ["--steps", "6", "steps"],
    ["--coord-eta", "1", "coordEta"],
  ])("predictor-corrector takes no %s", async (flag, value, name) => {
    const target = ["--target", place.structure, "--out", join(place.folder, `other${flag}`)];
    const { code, notes } = await dosmith([
      ...["generate", ...target, "--sampler", "predictor-corrector", flag, value, ...place.sources],
    ]);
    expect(code).not.toBe(0);
    expect(notes.join()).toContain(`${name} is for the fast sampler`);
  });

  it("says what --coord-eta may be", async () => {
    const target = ["--target", place.structure, "--out", join(place.folder, "coord-eta")];
    const { code, notes } = await dosmith(["generate", ...target, "--coord-eta", "-1", ...place.sources]);
    expect(code).not.toBe(0);
    expect(notes.join()).toMatch(/coord-eta.*at least 0/s);
  });
});
