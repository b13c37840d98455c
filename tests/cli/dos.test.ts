import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { readDosFile } from "../../src/dos/index.js";
import { dosmith, fixture, makeWorkplace, type Workplace } from "./support.js";

interface Printed {
  atomicNumbers: number[];
  cell: number[][];
  efermi: number;
  energies: number[];
  siteDos: number[][];
  totalDos: number[];
  sigma: number;
  known: [number, number];
  channels?: { spin: string; orbital: string; siteDos: number[][] }[];
}

const silicon = fixture("dos/Si-spin.vasprun.xml.gz");
const lines = (out: string) => out.split("\n").map((line) => JSON.parse(line) as Printed);
const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
let place: Workplace;
let folder: string;
beforeAll(async () => {
  place = await makeWorkplace();
  folder = await mkdtemp(join(tmpdir(), "dosmith-dos-"));
}, 120_000);

describe("dosmith dos", () => {
  it("prints a table, and what a user should know beside it", async () => {
    const { code, out, notes } = await dosmith(["dos", silicon, fixture("dos/Al-methfessel.vasprun.xml.gz")]);
    expect(code).toBe(0);
    expect(out).toMatch(/vasprun\.xml, Si, 2 sites, 301 energies, Fermi level 6\.2700 eV/);
    expect(out).toMatch(/0 {2}Al/);
    expect(notes.join("\n")).toMatch(/Al-methfessel.*states are known from -10\.00 to 5\.\d\d eV only/);
  });

  it("prints JSON on the models' grid, on the file's own, on any", async () => {
    const [standard] = lines((await dosmith(["dos", silicon, "--json"])).out);
    expect(standard.energies).toHaveLength(400);
    expect([standard.energies[0], standard.energies[399]]).toEqual([-10, 10]);
    expect(standard.atomicNumbers).toEqual([14, 14]);
    const [native] = lines((await dosmith(["dos", silicon, "--json", "--native"])).out);
    const file = await readDosFile(silicon);
    expect(native.efermi).toBe(file.fermiEnergy);
    expect(native.energies.map((e) => e.toFixed(9))).toEqual(Array.from(file.energies, (e) => e.toFixed(9)));
    expect(native.siteDos[1].map((v) => v.toFixed(9))).toEqual(Array.from(file.siteDos![1], (v) => v.toFixed(9)));
    const [coarse] = lines((await dosmith(["dos", silicon, "--json", "--grid", "-16:26:22"])).out);
    expect(coarse.energies).toHaveLength(22);
    const step = (file.energies[300] - file.energies[0]) / 300;
    expect((sum(coarse.siteDos[0]) * 2) / (sum(native.siteDos[0]) * step)).toBeCloseTo(1, 3);
  });

  it("adds the parts by spin and orbital, which make up the whole", async () => {
    const [{ channels, siteDos }] = lines((await dosmith(["dos", silicon, "--json", "--orbitals"])).out);
    expect(channels!.map(({ spin, orbital }) => `${spin} ${orbital}`).slice(0, 2)).toEqual(["up s", "up py"]);
    expect(sum(channels!.map((part) => sum(part.siteDos[0])))).toBeCloseTo(sum(siteDos[0]), 3);
  });

  it("writes a file that it reads again, and does not replace it unasked", async () => {
    const out = join(folder, "si.json");
    expect((await dosmith(["dos", silicon, "--native", "--out", out])).code).toBe(0);
    const [again] = lines((await dosmith(["dos", out, "--json", "--native"])).out);
    const [first] = lines((await dosmith(["dos", silicon, "--json", "--native"])).out);
    expect(again).toMatchObject({ siteDos: first.siteDos, energies: first.energies, efermi: first.efermi, sigma: 0 });
    expect(again.cell).toEqual(first.cell);
    expect((await dosmith(["dos", silicon, "--out", out])).notes).toEqual([expect.stringMatching(/it exists already/)]);
  });

  it("reads every entry of a file with several, or one", async () => {
    const records = fixture("data/records.jsonl");
    expect(lines((await dosmith(["dos", records, "--json"])).out)).toHaveLength(6);
    expect(lines((await dosmith(["dos", `${records}#zincblende-ZnS`, "--json"])).out)[0].atomicNumbers).toEqual([
      30, 16,
    ]);
  });

  it.each<[string[], number, RegExp]>([
    [
      ["dos", fixture("dos/Li-no-projection.vasprun.xml.gz")],
      1,
      /Li-no-projection.*no site-projected DOS: run VASP with LORBIT = 11/,
    ],
    [["dos", fixture("dos/unfinished.vasprun.xml.gz")], 1, /the run is unfinished/],
    [["dos", fixture("dos/Si-spin-orbit.vasprun.xml.gz")], 1, /a spin-orbit or non-collinear run/],
    [["dos", "/nowhere/vasprun.xml"], 1, /^dosmith: \/nowhere\/vasprun\.xml: no such file or folder$/],
    [["dos", tmpdir()], 1, /a folder/],
    [["dos", silicon, "--grid", "3:1:9"], 2, /--grid.*START:STOP:POINTS/],
    [["dos", silicon, "--grid", "1:3:9", "--native"], 1, /leave --grid out/],
  ])("says what is wrong (%#)", async (argv, code, message) => {
    const said = await dosmith(argv);
    expect(said.notes.join("\n")).toMatch(message);
    expect([said.code, said.notes.length, said.out]).toEqual([code, 1, ""]);
  });

  it("needs a key for the Materials Project", async () => {
    const before = process.env.MP_API_KEY;
    delete process.env.MP_API_KEY;
    expect((await dosmith(["dos", "mp-149"])).notes[0]).toMatch(/needs an API key: .*MP_API_KEY/);
    if (before !== undefined) process.env.MP_API_KEY = before;
  });

  it("reads the total of a spin-orbit run when asked", async () => {
    const { code, notes } = await dosmith(["dos", fixture("dos/Si-spin-orbit.vasprun.xml.gz"), "--spin-orbit"]);
    expect(code).toBe(0);
    expect(notes[0]).toMatch(/only the total of its spectra was read/);
  });
});

describe("dosmith generate --target vasprun.xml", () => {
  const generate = (target: string, out: string, ...more: string[]) =>
    dosmith([
      "generate",
      "--target",
      target,
      "--count",
      "2",
      "--steps",
      "4",
      "--out",
      join(folder, out),
      ...place.sources,
      ...more,
    ]);

  it("says what was done to the spectrum and keeps it with the run", async () => {
    const { code, notes } = await generate(silicon, "si");
    expect(notes.join("\n")).toMatch(/shifted by 0\.507 eV, its valence-band maximum is the zero/);
    expect(code).toBe(0);
    const { run } = JSON.parse(await readFile(join(folder, "si", "run.json"), "utf8")) as {
      run: { target: { energyShift: number; siteDos: number[][] } };
    };
    expect(run.target.energyShift).toBeCloseTo(0.5065, 3);
    expect(run.target.siteDos).toHaveLength(2);
  });

  it("takes CompleteDos too, plain or gzip, and masks what it does not know", async () => {
    const packed = fixture("dos/Co2TaZn.complete-dos.json.gz");
    await writeFile(join(folder, "dos.json"), gunzipSync(await readFile(packed)));
    expect((await generate(join(folder, "dos.json"), "alloy")).code).toBe(0);
    const { code, notes } = await generate(fixture("dos/Al-methfessel.vasprun.xml.gz"), "al");
    expect(notes.join("\n")).toMatch(/states are known from .* eV only; the rest is masked/);
    expect(code).toBe(0);
  });

  it("refuses a run without projections, in one line", async () => {
    const { code, notes } = await generate(fixture("dos/Li-no-projection.vasprun.xml.gz"), "li");
    expect(notes).toEqual([expect.stringMatching(/LORBIT = 11/)]);
    expect(code).toBe(1);
  });
});
