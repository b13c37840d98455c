import { mkdir, readFile, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { openDataset } from "../../src/data/index.js";
import { targetFromJson } from "../../src/dos/index.js";
import { loadDenoiser, loadPredictor } from "../../src/model/index.js";
import { dosmith, fixture, makeWorkplace, type Workplace } from "./support.js";

let place: Workplace;
const at = (name: string) => join(place.folder, name);

beforeAll(async () => {
  place = await makeWorkplace();
}, 120_000);

describe("predict", () => {
  it("prints a table, and lines that are targets again", async () => {
    const table = await dosmith(["predict", place.structure, "--predictor", place.predictor]);
    expect(table.out).toMatch(/O2Si, 9 atoms/);
    const out = at("quartz-dos.json");
    expect((await dosmith(["predict", place.structure, "--predictor", place.predictor, "--out", out])).code).toBe(0);
    expect(targetFromJson(await readFile(out, "utf8"), out).siteDos?.siteCount).toBe(9);
    const again = await dosmith(["predict", place.structure, "--predictor", place.predictor, "--out", out]);
    expect(again).toMatchObject({
      code: 1,
      notes: [`dosmith: ${out}: it exists already; choose another name, or --force to replace it`],
    });
  });
});

describe("evaluate", () => {
  it("judges a folder, passing over what it cannot read", async () => {
    await mkdir(at("structures"));
    await writeFile(at("structures/a.cif"), await readFile(place.structure));
    await writeFile(at("structures/b.cif"), "data_b\n");
    const { code, out, notes } = await dosmith([
      "evaluate",
      at("structures"),
      "--target",
      "zincblende-ZnS",
      "--out",
      at("judged.csv"),
      ...place.sources.slice(2),
    ]);
    expect(code).toBe(0);
    expect(out).toMatch(/1 of 2 structures are structurally valid; 1 could not be read/);
    expect(notes[0]).toMatch(/b\.cif/);
    expect(await readFile(at("judged.csv"), "utf8")).toMatch(/^rank,formula.*\n1,O2Si,154,/);
  });
});

describe("evaluate --quality-table", () => {
  const study = (...more: string[]) => [
    "evaluate",
    "--quality-table",
    "--targets",
    "2",
    "--count",
    "2",
    "--weights",
    "0,1",
    "--steps",
    "3",
    "--out",
    at("quality.json"),
    ...place.sources.slice(0, -1),
    place.split,
    ...more,
  ];

  it("runs over the test split and continues from its cells", async () => {
    const first = await dosmith(study());
    expect(first).toMatchObject({ code: 0 });
    const text = await readFile(at("quality.json"), "utf8");
    const result = JSON.parse(text) as { rows: { generator: string; targets: number }[]; metrics: unknown[] };
    expect(result.rows.map(({ generator }) => generator)).toEqual([
      "true structure",
      "retrieval (stored DOS)",
      "retrieval (predicted DOS)",
      "unconditional fast",
      "fast w=0",
      "fast w=1",
    ]);
    expect(first.out).toMatch(/fast w=1/);
    // A crash in the middle: half of the cells and half a line are left.
    const cells = (await readFile(at("quality.cells.jsonl"), "utf8")).split("\n");
    await writeFile(at("quality.cells.jsonl"), `${cells.slice(0, 4).join("\n")}\n${cells[4].slice(0, 9)}`);
    const again = await dosmith(study());
    expect(again.notes[0]).toBe("continuing: 3 finished cells are kept");
    const withoutTimes = (json: string) => json.replaceAll(/"seconds_per_crystal(_se)?": [^,\n]+/g, "");
    expect(withoutTimes(await readFile(at("quality.json"), "utf8"))).toBe(withoutTimes(text));
    for (const option of [
      ["--energy-window", "-4,0"],
      ["--use", "total"],
      ["--target", "diamond-Si"],
    ]) {
      const { code, notes } = await dosmith(study(...option));
      expect([code, notes[0]]).toEqual([1, expect.stringContaining(`${option[0]} has no place here`)]);
    }
    const other = await dosmith(study("--seed", "1"));
    expect(other.notes).toEqual([expect.stringMatching(/cells of another study \(seed: 0 there, 1 asked for\)/)]);
  });
});

describe("data", () => {
  it("exports and imports what it holds", async () => {
    expect((await dosmith(["data", "export", place.dataset, "--out", at("all.json")])).out).toMatch(/6 records/);
    const about = ["--name", "again", "--licence", "CC0", "--recipe", "PBE"];
    expect(await dosmith(["data", "import", at("all.json"), "--out", at("again"), ...about])).toMatchObject({
      code: 0,
    });
    const [before, after] = [await openDataset(place.dataset), await openDataset(at("again"))];
    expect(after.ids).toEqual(before.ids);
    expect(after.get("diamond-Si").siteDos.values).toEqual(before.get("diamond-Si").siteDos.values);
    expect((await dosmith(["data", "info", at("again")])).out).toMatch(/again, version 1, CC0[^]*6 crystals/);
    expect((await dosmith(["data", "list", at("again")])).out).toMatch(/zincblende-ZnS/);
  });
  it("asks what a new data set is", async () => {
    const { code, notes } = await dosmith(["data", "build", fixture("data/records.jsonl"), "--out", at("new")]);
    expect({ code, notes }).toEqual({
      code: 1,
      notes: [`dosmith: ${at("new")}: a new data set needs --name, --licence, --recipe`],
    });
  });
});

describe("import", () => {
  it("turns a checkpoint into a model", async () => {
    const out = at("imported.safetensors");
    const { code, out: said } = await dosmith(["import", fixture("model/dosmatgen-small.ckpt"), "--out", out]);
    expect({ code, said }).toMatchObject({ code: 0, said: expect.stringMatching(/has no scaler yet/) as string });
    expect((await loadDenoiser(out)).kind).toBe("denoiser");
  });
  it("refuses a scaler of other energies than the model's", async () => {
    const more = ["--out", at("other.safetensors"), "--scaler-from", place.dataset];
    const { code, notes } = await dosmith(["import", fixture("model/dosmatgen-small.ckpt"), ...more]);
    expect({ code, notes }).toEqual({
      code: 1,
      notes: [expect.stringMatching(/takes spectra of 20 points, .* has 400/)],
    });
  });
  it("refuses foreign objects by name", async () => {
    const { code, notes } = await dosmith([
      "import",
      fixture("model/foreign-os-system.ckpt"),
      "--out",
      at("evil.safetensors"),
    ]);
    expect({ code, lines: notes.length }).toEqual({ code: 1, lines: 1 });
    expect(notes[0]).toMatch(/system/);
    expect(existsSync(at("evil.safetensors"))).toBe(false);
  });
});

describe("train", () => {
  const train = (...more: string[]) => [
    "train",
    "--kind",
    "predictor",
    "--dataset",
    place.split,
    "--hidden-dim",
    "4",
    "--layers",
    "1",
    "--batch-size",
    "2",
    "--steps",
    "4",
    "--validate-every",
    "2",
    "--save-every",
    "2",
    ...more,
  ];
  it("stops at Ctrl-C, resumes to the same weights, and refuses to start over", async () => {
    const first = await dosmith(train("--out", at("run")));
    expect(first, first.notes.join()).toMatchObject({ code: 0 });
    expect(await dosmith(train("--out", at("stopped")), AbortSignal.abort())).toMatchObject({
      code: 130,
      notes: [expect.stringMatching(/stopped after step 1 of 4.*--resume/)],
    });
    expect(await dosmith(train("--out", at("stopped")))).toMatchObject({
      code: 1,
      notes: [expect.stringMatching(/resume it \(--resume\)/)],
    });
    expect(await dosmith(train("--out", at("stopped"), "--resume"))).toMatchObject({ code: 0 });
    const [a, b] = [
      await loadPredictor(at("run/predictor.safetensors")),
      await loadPredictor(at("stopped/predictor.safetensors")),
    ];
    expect([...b.parameters]).toEqual([...a.parameters]);
    expect(await readFile(at("run/loss.csv"), "utf8")).toMatch(
      /^step,trainingLoss,validationLoss,learningRate\n2,[^]*\n4,/,
    );
  });
  it("refuses other settings than the saved run's", async () => {
    const { code, notes } = await dosmith(train("--out", at("run"), "--resume", "--learning-rate", "0.5"));
    expect({ code, lines: notes.length }).toEqual({ code: 1, lines: 1 });
    expect(notes[0]).toMatch(/other settings/);
  });
});

describe("options that have another name today", () => {
  it.each([
    [["generate", "--batch", "4"], "--batch-size"],
    [["generate", "--seed-crystal", "a.cif"], "--init-structure"],
    [["generate", "--seed-noise", "0.5"], "--init-noise"],
    [["train", "--data", "set"], "--dataset"],
  ])("%j names it", async (argv, today) => {
    const { code, notes } = await dosmith([...argv, "--target", "x", "--kind", "denoiser", "--out", at("renamed")]);
    expect([code, notes]).toEqual([2, [`dosmith: unknown option '${argv[1]}': it is ${today} now`]]);
  });
});
