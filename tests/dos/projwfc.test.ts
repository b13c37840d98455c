import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { beforeEach, describe, expect, it } from "vitest";
import { resampleDos, standardGrid, targetFromDos, targetNotes } from "../../src/dos/index.js";
import { readProjwfc } from "../../src/dos/readers/projwfc.js";
import { damaged, randomOf, wrongAnswer, wrongError } from "../../scripts/fuzz-parts.mjs";
import { fixturePath } from "./readers-support.js";

const folderOf = (name: string) => fixturePath(`projwfc/${name}`);
const textOf = (path: string) => gunzipSync(readFileSync(path)).toString("utf8");
/** The numbers below a table's header, by row. */
const rowsOf = (folder: string, name: string) =>
  textOf(join(folder, name))
    .split("\n")
    .slice(1)
    .filter((line) => line.trim() !== "")
    .map((line) => line.trim().split(/\s+/).map(Number));
const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);

/** A copy of a fixture, unpacked, to be changed. */
let copy = "";
function unpacked(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), "dosmith-projwfc-"));
  for (const file of readdirSync(folderOf(name)))
    writeFileSync(join(folder, file.replace(/\.gz$/, "")), textOf(join(folderOf(name), file)));
  return folder;
}
function change(file: string, edit: (text: string) => string): void {
  writeFileSync(join(copy, file), edit(readFileSync(join(copy, file), "utf8")));
}

describe("what projwfc.x wrote", () => {
  it.each(["AlP", "Fe-spin", "Si-spin-orbit"])(
    "%s: sites, total, atoms and zero are the program's own",
    async (name) => {
      const folder = folderOf(name);
      const file = await readProjwfc(folder);
      const schema = textOf(join(folder, "data-file-schema.xml.gz"));
      const fermi = 27.211386245988 * Number(/<(?:fermi_energy|highestOccupiedLevel)>(.*?)</.exec(schema)![1]);
      const total = rowsOf(folder, `${name}.pdos_tot.gz`);
      const spins = name === "Fe-spin" ? 2 : 1;
      const add = (row: number[]) => row.slice(1, 1 + spins).reduce((a, b) => a + b, 0);
      expect(file.fermiEnergy).toBeCloseTo(fermi, 9);
      file.energies.forEach((energy, e) => expect(energy + fermi).toBeCloseTo(total[e][0], 9));
      file.totalDos!.forEach((value, e) => expect(value).toBeCloseTo(add(total[e]), 6));
      file.siteDos!.forEach((values, site) => {
        const shells = readdirSync(folder)
          .filter((f) => f.includes(`pdos_atm#${site + 1}(`))
          .map((f) => rowsOf(folder, f));
        values.forEach((value, e) => expect(value).toBeCloseTo(sum(shells.map((rows) => add(rows[e]))), 6));
      });
      expect(wrongAnswer(file)).toBeUndefined();
    },
  );

  it("the cell and the atoms", async () => {
    const { crystal } = await readProjwfc(folderOf("AlP"));
    expect(crystal!.atomicNumbers).toEqual([13, 15]);
    expect(crystal!.latticeMatrix[0][1]).toBeCloseTo(2.732, 6);
    crystal!.fracCoords[1].forEach((x) => expect(x).toBeCloseTo(0.25, 9));
  });

  it("an insulator's zero is its valence-band maximum; its states add up to its electrons", async () => {
    const file = await readProjwfc(folderOf("AlP"));
    const step = file.energies[1] - file.energies[0];
    const occupied = file.totalDos!.reduce((n, value, e) => (file.energies[e] <= file.valenceBandMaximum! + 0.5 ? n + value * step : n), 0); // prettier-ignore
    expect(occupied).toBeCloseTo(8, 1);
    expect(file.sigma).toBe(0);
    expect(file.known[0]).toBe(-Infinity);
    expect(file.known[1]).toBeGreaterThan(5);
    expect(targetFromDos(file).energyShift).toBeCloseTo(-file.valenceBandMaximum!, 9);
  });

  it("a ferromagnet has two spins, no gap and pw.x's smearing", async () => {
    const file = await readProjwfc(folderOf("Fe-spin"), { channels: true });
    expect(file.valenceBandMaximum).toBeNull();
    expect(file.sigma).toBeCloseTo((0.02 * 13.605693) / Math.SQRT2, 4);
    const electrons = (spin: string) =>
      sum(
        file
          .channels!.filter((channel) => channel.spin === spin && channel.orbital.startsWith("d"))
          .map(({ siteDos }) => sum(siteDos[0].filter((_, e) => file.energies[e] <= 0)) * 0.1),
      );
    expect(electrons("up") - electrons("down")).toBeGreaterThan(1.5);
    expect(file.channels!.filter(({ spin }) => spin === "up").map(({ orbital }) => orbital)).toEqual(
      expect.arrayContaining(["s", "pz", "px", "py", "dz2", "dxy"]),
    );
    // Two s shells (3s and 4s) are one channel, and channels add up to the sites.
    expect(file.channels!.length).toBe(18);
    const sites = sum(file.siteDos![0]);
    expect(sum(file.channels!.map(({ siteDos }) => sum(siteDos[0])))).toBeCloseTo(sites, 0);
  });

  it("spin-orbit parts are summed, which a note says", async () => {
    const file = await readProjwfc(folderOf("Si-spin-orbit"));
    expect(file.siteDos!.length).toBe(2);
    expect(targetNotes(file, targetFromDos(file)).join()).toMatch(
      /spin-orbit or non-collinear run: its parts were summed/,
    );
    const step = file.energies[1] - file.energies[0];
    expect(sum(file.totalDos!.filter((_, e) => file.energies[e] < 0.5)) * step).toBeCloseTo(8, 0);
  });

  it("takes the folder or any of its files", async () => {
    const whole = await readProjwfc(folderOf("AlP"));
    for (const name of readdirSync(folderOf("AlP")))
      expect((await readProjwfc(join(folderOf("AlP"), name))).siteDos).toEqual(whole.siteDos);
  });
});

describe("what is refused, in words", () => {
  beforeEach(() => {
    copy = unpacked("AlP");
  });
  const refused = async (message: RegExp) => {
    const error = await readProjwfc(copy).then(
      () => new Error("it was read"),
      (e: unknown) => e as Error,
    );
    expect(error.message).toMatch(message);
    expect(error.message).toContain(copy);
  };
  const shell = "AlP.pdos_atm#2(P)_wfc#1(s)";

  it("k-resolved runs", async () => {
    await expect(readProjwfc(folderOf("Si-k-resolved"))).rejects.toThrow(/k-resolved.*without kresolveddos/);
  });
  it("a missing shell in the middle", async () => {
    rmSync(join(copy, shell));
    await refused(/expected atom 2, shell 1|expected atom 1, shell 3/);
  });
  it("a missing last shell: the sums tell", async () => {
    rmSync(join(copy, "AlP.pdos_atm#2(P)_wfc#2(p)"));
    await refused(/the projections add up to .*, expected .*one is missing/);
  });
  it("missing atoms", async () => {
    rmSync(join(copy, shell));
    rmSync(join(copy, "AlP.pdos_atm#2(P)_wfc#2(p)"));
    await refused(/expected projections of 2 atoms.*found 1/);
  });
  it("no data-file-schema.xml", async () => {
    rmSync(join(copy, "data-file-schema.xml"));
    await refused(/expected data-file-schema.xml .* found none: copy it from pw.x's outdir/);
  });
  it("no projections", async () => {
    rmSync(join(copy, "AlP.pdos_tot"));
    await refused(/expected a folder with PREFIX.pdos_tot/);
  });
  it("two runs in one folder, unless one is named", async () => {
    for (const name of readdirSync(copy).filter((n) => n.startsWith("AlP")))
      cpSync(join(copy, name), join(copy, name.replace("AlP.", "other.")));
    await refused(/several runs of projwfc.x \(AlP, other\); name one/);
    expect((await readProjwfc(join(copy, "other.pdos_tot"))).siteDos!.length).toBe(2);
  });
  it("two schemas, and one in a save folder is found", async () => {
    mkdirSync(join(copy, "tmp/x.save"), { recursive: true });
    renameSync(join(copy, "data-file-schema.xml"), join(copy, "tmp/x.save/data-file-schema.xml"));
    expect((await readProjwfc(copy)).siteDos!.length).toBe(2);
    cpSync(join(copy, "tmp/x.save"), join(copy, "tmp/y.save"), { recursive: true });
    await refused(/several data-file-schema.xml/);
  });
  it.each([
    [shell, (t: string) => t.replace(/\n(.*\n)/, "\n"), /expected the \d+ energies of AlP.pdos_tot, found \d+/],
    [shell, (t: string) => t.replace("ldos(E)", "xdos(E)"), /expected a column ldos\(E\), found xdos, pdos/],
    [shell, (t: string) => t.replace("# E (eV)", "# E (Ry)"), /expected projwfc.x's header/],
    [shell, (t: string) => t.replace(/\n(.*)\n/, "\n$1 1.0\n"), /line 2: expected 3 numbers, found 4/],
    [shell, (t: string) => t.replace(/E[-+]\d\d/, "E+*"), /line 2: expected a number, found/],
    ["data-file-schema.xml", (t: string) => t.replace(/name="P"/g, 'name="N"'), /expected atom 2 to be "N".*found "P"/],
    ["data-file-schema.xml", (t: string) => t.replace(/<fermi_energy>.*?<\/fermi_energy>/, ""), /no fermi_energy/],
    [
      "data-file-schema.xml",
      (t: string) => t.replace(/name="P"/g, 'name="Qq"'),
      /the species "Qq" begins with no element/,
    ],
    ["data-file-schema.xml", (t: string) => t.slice(0, t.length / 2), /the file ends at line/],
    [
      "data-file-schema.xml",
      () => "<modeling></modeling>",
      /expected pw.x's data-file-schema.xml .*found the root modeling/,
    ],
  ])("%s, damaged", async (file, edit, message) => {
    change(file, edit);
    await refused(message);
  });

  it("damaged files are refused in words or read whole", async () => {
    const random = randomOf(11);
    const files = readdirSync(copy);
    const texts = new Map(files.map((name) => [name, readFileSync(join(copy, name), "utf8")]));
    let refusals = 0;
    for (let i = 0; i < 150; i++) {
      const name = files[i % files.length];
      writeFileSync(join(copy, name), damaged(texts.get(name)!, random) || " ");
      try {
        const file = await readProjwfc(copy);
        expect(wrongAnswer(file)).toBeUndefined();
        expect(resampleDos(file, standardGrid).siteDos!.values.every(Number.isFinite)).toBe(true);
      } catch (error) {
        refusals++;
        expect(wrongError(error, copy)).toBeUndefined();
      }
      writeFileSync(join(copy, name), texts.get(name)!);
    }
    expect(refusals).toBeGreaterThan(50);
  }, 60_000);
});
