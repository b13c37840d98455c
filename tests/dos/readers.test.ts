import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  broadenDos,
  dosFromText,
  energies as energiesOf,
  parseVasprun,
  readDosEntries,
  readDosFile,
  requireSites,
  resampleDos,
  spacing,
  standardGrid,
  storedSigma,
  targetFromDos,
  targetNotes,
  type DosFile,
  type EnergyGrid,
} from "../../src/dos/index.js";
import { fixturePath, fixtureText, inPieces } from "./readers-support.js";

interface Golden {
  readonly atomicNumbers: number[];
  readonly cell: number[][];
  readonly fracCoords: number[][];
  readonly efermi: number;
  readonly count: number;
  readonly every: number;
  readonly energies: number[];
  readonly totalDos: number[];
  readonly siteDos: number[][];
  readonly siteSums: number[];
  readonly channelSums: Record<string, number>[];
}
const golden = JSON.parse(readFileSync(fixturePath("golden.json"), "utf8")) as Record<string, Golden>;

/** Largest difference of two lists of equal length. */
const apart = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((most, x, i) => Math.max(most, Math.abs(x - b[i])), 0);
};
const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);
const folder = mkdtempSync(join(tmpdir(), "dosmith-readers-"));
const written = (name: string, content: string | Uint8Array) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const edited = (name: string, change: (text: string) => string, options = {}) =>
  parseVasprun(inPieces(change(fixtureText(name))), "edited.xml", options);

describe("what pymatgen reads", () => {
  it.each(Object.keys(golden))("%s", async (name) => {
    const expected = golden[name];
    const file = requireSites(await readDosFile(fixturePath(name)));
    const every = (values: ArrayLike<number>) => Array.from(values).filter((_, i) => i % expected.every === 0);
    expect(file.crystal!.atomicNumbers).toEqual(expected.atomicNumbers);
    expect(apart(file.crystal!.latticeMatrix.flat(), expected.cell.flat())).toBeLessThan(1e-9);
    const shifts = file.crystal!.fracCoords.flat().map((x, i) => x - expected.fracCoords.flat()[i]);
    expect(Math.max(...shifts.map((x) => Math.abs(x - Math.round(x))))).toBeLessThan(1e-9);
    expect(file.fermiEnergy).toBe(expected.efermi);
    expect(file.energies.length).toBe(expected.count);
    expect(apart(every(file.energies), expected.energies)).toBeLessThan(1e-8);
    expect(apart(every(file.totalDos!), expected.totalDos)).toBeLessThan(1e-8);
    file.siteDos.forEach((row, site) => expect(apart(every(row), expected.siteDos[site])).toBeLessThan(1e-8));
    expect(apart(file.siteDos.map(sum), expected.siteSums)).toBeLessThan(1e-6);
  });

  it.each(Object.keys(golden))("%s: by spin and orbital", async (name) => {
    const { channelSums } = golden[name];
    const { channels, siteDos } = await readDosFile(fixturePath(name), { channels: true });
    channelSums.forEach((sums, site) => {
      const found = channels!.map(({ spin, orbital, siteDos }) => [
        `${spin === "both" ? "up" : spin} ${orbital}`,
        Number(sum(siteDos[site]).toPrecision(9)),
      ]);
      const expected = Object.entries(sums).map(([key, value]) => [key, Number(value.toPrecision(9))]);
      const sorted = (pairs: unknown[][]) => pairs.filter(([, value]) => value !== 0).sort();
      expect(sorted(found)).toEqual(sorted(expected));
      expect(sum(channels!.map((part) => sum(part.siteDos[site])))).toBeCloseTo(sum(siteDos![site]), 8);
    });
  });

  it("does not depend on how the bytes arrive, on gzip, or on the name", async () => {
    const text = fixtureText("Li-relaxation.vasprun.xml.gz");
    const whole = await parseVasprun(inPieces(text, 1e9), "a");
    for (const size of [997, 8192]) expect(await parseVasprun(inPieces(text, size), "a")).toEqual(whole);
    const plain = await readDosFile(written("no-ending", text));
    expect({ ...plain, source: "a" }).toEqual(whole);
    expect((await readDosFile(written("packed.xml", gzipSync(text)))).siteDos).toEqual(whole.siteDos);
  });
});

describe("vasprun.xml", () => {
  it("takes the last ionic step", async () => {
    const { crystal } = await readDosFile(fixturePath("Li-relaxation.vasprun.xml.gz"));
    expect(Math.abs(crystal!.latticeMatrix[0][0])).toBeCloseTo(1.71975133, 8);
  });

  it("knows its smearing", async () => {
    const of = async (name: string) => {
      const { sigma, binning } = await readDosFile(fixturePath(name));
      return [Number(sigma.toFixed(4)), binning];
    };
    expect(await of("Si-spin.vasprun.xml.gz")).toEqual([0, "centred"]);
    expect(await of("Al-methfessel.vasprun.xml.gz")).toEqual([0, "below"]);
    expect(await of("CsCl-gaussian.vasprun.xml.gz")).toEqual([Number((0.05 / Math.SQRT2).toFixed(4)), "below"]);
  });

  it("has each value of a smeared run stand for the step below it, which is how VASP's own integral adds up", () => {
    const rows = [...fixtureText("CsCl-gaussian.vasprun.xml.gz").matchAll(/<r>([^<]*)<\/r>/g)]
      .map(([, row]) => row.trim().split(/\s+/).map(Number))
      .slice(0, 301);
    const step = (rows[300][0] - rows[0][0]) / 300;
    const off = (shift: number) =>
      sum(
        rows
          .slice(1, 300)
          .map(([, value], i) => Math.abs(value * step - (rows[i + 1 + shift][2] - rows[i + shift][2]))),
      );
    expect(off(0)).toBeLessThan(0.01);
    expect(off(1)).toBeGreaterThan(1);
  });

  it("finds the valence-band maximum in the bands, and that a metal has none", async () => {
    const silicon = await readDosFile(fixturePath("Si-spin.vasprun.xml.gz"));
    expect(silicon.valenceBandMaximum).toBeCloseTo(5.7635 - 6.27000444, 3);
    expect((await readDosFile(fixturePath("Al-methfessel.vasprun.xml.gz"))).valenceBandMaximum).toBeNull();
    expect(await readDosFile(fixturePath("CsCl-gaussian.vasprun.xml.gz"))).not.toHaveProperty("valenceBandMaximum");
  });

  it("says what a run lacks", async () => {
    const total = await readDosFile(fixturePath("Li-no-projection.vasprun.xml.gz"));
    expect(() => requireSites(total)).toThrow(/Li-no-projection.*no site-projected DOS: run VASP with LORBIT = 11/);
    expect(() => targetFromDos(total)).toThrow(/LORBIT = 11/);
    expect(targetFromDos(total, { use: "total" }).totalDos!.values.length).toBe(400);
    await expect(readDosFile(fixturePath("unfinished.vasprun.xml.gz"))).rejects.toThrow(
      /unfinished\.vasprun\.xml\.gz: the file ends at line 932 within <modeling>: the run is unfinished, or the file was cut off/,
    );
  });

  it("refuses spin-orbit runs, or reads their total", async () => {
    const path = fixturePath("Si-spin-orbit.vasprun.xml.gz");
    await expect(readDosFile(path)).rejects.toThrow(/Si-spin-orbit.*a spin-orbit or non-collinear run \(LSORBIT/);
    const file = requireSites(await readDosFile(path, { spinOrbit: "total", channels: true }));
    expect(file.notes[0]).toMatch(/only the total/);
    expect(file.channels!.every(({ spin }) => spin === "both")).toBe(true);
    const [, first] = /<set comment="ion 1">\s*<set comment="spin 1">([^]*?)<\/set>/.exec(
      fixtureText("Si-spin-orbit.vasprun.xml.gz"),
    )!;
    const rows = [...first.matchAll(/<r>([^<]*)<\/r>/g)].map(([, row]) => row.trim().split(/\s+/).map(Number));
    expect(rows.length).toBe(301);
    expect(
      apart(
        file.siteDos[0],
        rows.map(([, ...orbitals]) => sum(orbitals)),
      ),
    ).toBeLessThan(1e-9);
  });

  const numbered = (text: string, from: string, to: string) => {
    expect(text).toContain(from);
    return text.replace(from, to);
  };
  it.each<[string, (text: string) => string, RegExp]>([
    [
      "an overflow",
      (t) => numbered(t, "<r>    -4", "<r> *******"),
      /edited\.xml: line \d+: expected a number, found "\*+.*too wide/,
    ],
    [
      "another program",
      () => "<?xml version='1.0'?><fpmd:sample/>",
      /edited\.xml: line 1: not a vasprun\.xml: it begins with <fpmd:sample>/,
    ],
    [
      "no atoms",
      (t) => t.replace(/<atominfo>[^]*<\/atominfo>/, ""),
      /the structure has 2 positions, atominfo has 0 atoms/,
    ],
    ["no DOS", (t) => t.replace(/<dos>[^]*<\/dos>/, ""), /edited\.xml: it has no density of states/],
    [
      "an ion too few",
      (t) => t.replace(/<set comment="ion 2">[^]*?<\/set>\s*<\/set>\s*<\/set>/, "</set>"),
      /projected DOS for 1 ions, atominfo has 2 atoms/,
    ],
    ["a row too few", (t) => t.replace(/(<set comment="ion 2">[^]*?)<r>[^]*?<\/r>/, "$1"), /ion 2: energy 0 is/],
    ["a Fermi level too few", (t) => t.replace(/<i name="efermi">.*?<\/i>/, ""), /no Fermi level/],
    ["a wrong tag", (t) => t.replace("</dos>", "</sod>"), /edited\.xml: line \d+: malformed XML/],
    [
      "a folded cell",
      (t) =>
        t.replaceAll(
          /<varray name="basis" >[^]*?<\/varray>/g,
          '<varray name="basis"><v>1 0 0</v><v>1 0 0</v><v>0 0 1</v></varray>',
        ),
      /edited\.xml: structure: /,
    ],
  ])("refuses %s", async (_, change, message) => {
    await expect(edited("KF.vasprun.xml.gz", change)).rejects.toThrow(message);
  });

  it("warns of an electronic loop that ran out of steps, and of a grid too coarse", async () => {
    const { notes } = await edited("KF.vasprun.xml.gz", (t) =>
      t.replace(/<i type="int" name="NELM">\s*\d+/g, '<i type="int" name="NELM">     2'),
    );
    expect(notes.join("\n")).toMatch(/stopped after NELM = 2 steps/);
    expect(notes.join("\n")).toMatch(/too coarse: .* 45% of the states/);
  });
});

describe("JSON", () => {
  const dos = JSON.parse(fixtureText("Co2TaZn.complete-dos.json.gz")) as Record<string, unknown> & {
    energies: number[];
    pdos: Record<string, { densities: Record<string, number[]> }>[];
  };
  const read = (value: unknown, options = {}) => dosFromText(JSON.stringify(value), "x.json", options)[0];

  it("reads numpy arrays as monty writes them, and the Materials Project's wrapping", () => {
    const numpy = (data: number[]) => ({ "@module": "numpy", "@class": "array", dtype: "float64", data });
    const encoded = {
      ...dos,
      energies: numpy(dos.energies),
      efermi: { "@module": "numpy", "@class": "generic", data: 5.36219339 },
    };
    expect(read(encoded).energies).toEqual(read(dos).energies);
    expect(read([{ data: dos, material_id: "mp-865805" }]).siteDos).toEqual(read(dos).siteDos);
    expect(() =>
      read({ ...dos, energies: { "@module": "numpy", "@class": "array", dtype: "complex128", data: [[1], [2]] } }),
    ).toThrow(/x\.json: expected real numbers, found an array of complex ones/);
  });

  it("reads records of the paper, one or of a list or of lines, by their ids", async () => {
    const lines = readFileSync("tests/fixtures/data/records.jsonl", "utf8");
    const records = lines
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const path = written("records.json", JSON.stringify(records));
    const id = records[2].structure_id as string;
    const file = await readDosFile(path, { entry: id });
    expect(file.source).toBe(`${path}#${id}`);
    expect(Array.from(file.siteDos![0])).toEqual((records[2].y as number[][])[0]);
    expect(file.crystal!.latticeMatrix).toEqual(records[2].cell);
    expect(file.crystal!.atomicNumbers).toEqual(records[2].atomic_numbers);
    const fromLines = await readDosEntries(written("records.jsonl.gz", gzipSync(lines)));
    expect(fromLines.map(({ siteDos }) => siteDos)).toEqual((await readDosEntries(path)).map(({ siteDos }) => siteDos));
    await expect(readDosFile(path)).rejects.toThrow(/records\.json: it has 6 entries; name one: .*records\.json#/);
    await expect(readDosFile(path, { entry: "nothing" })).rejects.toThrow(/no entry "nothing"; there are 6: /);
  });

  it.each<[unknown, RegExp]>([
    [{ ...dos, efermi: null }, /x\.json: efermi: expected a finite number, found null/],
    [{ ...dos, energies: [3, 2, 1] }, /energies must rise: point 1 is 2 eV after 3 eV/],
    [{ ...dos, densities: { "1": [1] } }, /densities\["1"\] has 1 points, expected 301/],
    [{ ...dos, densities: { x: [1] } }, /expected the spins "1" and "-1", found "x"/],
    [{ ...dos, pdos: dos.pdos.slice(1) }, /pdos has 3 sites, the structure 4/],
    [{ ...dos, structure: { lattice: { matrix: [] } } }, /structure\.sites: expected a list, found nothing/],
    [{ ...dos, structure: 3 }, /structure: expected an object, found 3/],
    [{ energies: [1, 2] }, /expected siteDos or totalDos, found neither/],
    [{ hello: 1 }, /found the keys hello/],
    [3, /x\.json: expected an object, found 3/],
  ])("refuses in words (%#)", (value, message) => {
    expect(() => read(value)).toThrow(message);
  });

  it("refuses what is no JSON, no file, or a .gpw", async () => {
    await expect(readDosFile(written("a.json", '{"a": NaN}'))).rejects.toThrow(/a\.json: not JSON/);
    await expect(readDosFile(written("b.json", ""))).rejects.toThrow(/b\.json: the file is empty/);
    await expect(readDosFile(written("c.txt", "hello"))).rejects.toThrow(
      /c\.txt: expected one of projwfc.x \(Quantum ESPRESSO\), vasprun\.xml, JSON, GPAW \.gpw; the file begins with "hello"/,
    );
    await expect(readDosFile(written("d.gpw", "- of Ulm...."))).rejects.toThrow(
      /d\.gpw: a GPAW \.gpw file .*gpw-dos\.py/,
    );
    await expect(readDosFile(written("e.xz", Buffer.from("fd377a585a0000", "hex")))).rejects.toThrow(
      /compressed with xz/,
    );
    await expect(readDosFile("/nowhere/x.json")).rejects.toThrow(/ENOENT/);
  });
});

describe("on another grid", () => {
  const flat: DosFile = {
    source: "made up",
    format: "test",
    fermiEnergy: 0,
    energies: energiesOf({ start: -8, stop: 8, count: 161 }),
    sigma: 0,
    binning: "centred",
    known: [-8, 8],
    notes: [],
  };
  const peaks = fc.array(fc.tuple(fc.integer({ min: 20, max: 140 }), fc.double({ min: 0.1, max: 5, noNaN: true })), {
    minLength: 1,
    maxLength: 6,
  });
  const withPeaks = (list: [number, number][], binning: DosFile["binning"] = "centred"): DosFile => {
    const siteDos = [new Float64Array(161)];
    list.forEach(([i, height]) => (siteDos[0][i] += height));
    return { ...flat, siteDos, binning };
  };
  const states = (values: ArrayLike<number>, grid: EnergyGrid) => sum(values) * spacing(grid);

  it("keeps the states when broadened, on any grid", () => {
    fc.assert(
      fc.property(
        peaks,
        fc.integer({ min: 300, max: 900 }),
        fc.double({ min: 0.15, max: 0.5, noNaN: true }),
        (list, count, sigma) => {
          const grid = { start: -12, stop: 12, count };
          const file = withPeaks(list);
          const { values } = broadenDos(file, grid, sigma).siteDos!;
          expect(states(values, grid)).toBeCloseTo(states(file.siteDos![0], { start: -8, stop: 8, count: 161 }), 3);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("keeps the states when averaged onto a coarser one", () => {
    fc.assert(
      fc.property(peaks, fc.integer({ min: 30, max: 150 }), (list, count) => {
        const grid = { start: -12, stop: 12, count };
        const file = withPeaks(list);
        expect(states(resampleDos(file, grid).siteDos!.values, grid)).toBeCloseTo(sum(file.siteDos![0]) * 0.1, 4);
      }),
      { numRuns: 60 },
    );
  });

  it("broadens as a Gaussian about the middle of a value's step", () => {
    const mean = (file: DosFile) => {
      const { values } = broadenDos(file, standardGrid, 0.2).siteDos!;
      return energiesOf(standardGrid).reduce((total, e, i) => total + e * values[i], 0) / sum(values);
    };
    expect(mean(withPeaks([[80, 3]]))).toBeCloseTo(0, 4);
    expect(mean(withPeaks([[80, 3]], "below"))).toBeCloseTo(-0.05, 4);
    const { values } = broadenDos(withPeaks([[80, 10]]), standardGrid, 0.2).siteDos!;
    expect(Math.max(...values)).toBeCloseTo(1 / (0.2 * Math.sqrt(2 * Math.PI)), 1);
  });

  it("is 0 beyond the file's energies and unchanged on its own", () => {
    const file = withPeaks([[50, 2]]);
    const { values } = resampleDos(file, { start: -12, stop: 12, count: 241 }).siteDos!;
    expect(values.slice(0, 40).every((value) => value === 0)).toBe(true);
    expect(apart(values.slice(40, 201), file.siteDos![0])).toBeLessThan(1e-6);
  });
});

describe("targets from files", () => {
  it("silicon: zero at the valence-band maximum, 0.2 eV broadening, the states of VASP", async () => {
    const file = await readDosFile(fixturePath("Si-spin.vasprun.xml.gz"));
    const target = targetFromDos(file);
    expect(target.energyShift).toBeCloseTo(-file.valenceBandMaximum!, 12);
    expect(targetNotes(file, target)[0]).toMatch(/Si-spin.*shifted by 0\.507 eV/);
    expect(targetFromDos(file, { zero: "keep" }).energyShift).toBe(0);
    const e = energiesOf(standardGrid);
    const below = (grid: ArrayLike<number>, values: ArrayLike<number>, step: number, shift = 0) =>
      step * sum(Array.from(values).filter((_, i) => grid[i] + shift > -9 && grid[i] + shift < -1));
    const native = below(
      file.energies,
      file.siteDos![0],
      (file.energies[300] - file.energies[0]) / 300,
      target.energyShift,
    );
    expect(below(e, target.siteDos!.values.subarray(0, 400), spacing(standardGrid)) / native).toBeCloseTo(1, 1);
  });

  it("sees the gap of a sharp spectrum without bands", async () => {
    const file = await readDosFile(fixturePath("CsCl-gaussian.vasprun.xml.gz"));
    expect(targetFromDos(file).energyShift).toBeGreaterThan(0.1);
    expect(targetFromDos(file).energyShift).toBeLessThan(0.5);
    expect(targetFromDos(await readDosFile(fixturePath("Co2TaZn.complete-dos.json.gz"))).energyShift).toBe(0);
  });

  it("masks what the bands do not reach, and says so", async () => {
    const file = await readDosFile(fixturePath("Al-methfessel.vasprun.xml.gz"));
    const target = targetFromDos(file);
    expect(target.energyWindow![0]).toBe(-10);
    expect(target.energyWindow![1]).toBeCloseTo(file.known[1] - 2 * storedSigma, 6);
    expect(targetNotes(file, target).join()).toMatch(
      /states are known from -10\.00 to 5\.\d\d eV only; the rest is masked .*NBANDS/,
    );
    expect(targetFromDos(file, { energyWindow: [-4, 2] }).energyWindow).toEqual([-4, 2]);
    expect(() => targetFromDos(file, { energyWindow: [6, 9] })).toThrow(
      /from 6 to 9 eV are asked for, the file has those from .* NBANDS/,
    );
  });
});
