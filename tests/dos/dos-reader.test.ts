// A file format from outside: one object, passed along.
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dosFile, readDosEntries, readDosFile, targetFromDos, type DosReader } from "../../src/dos/index.js";

const folder = mkdtempSync(join(tmpdir(), "dosmith-reader-"));
const written = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

const twoColumns: DosReader = {
  name: "two columns",
  recognises: ({ path, start }) => path.endsWith(".dat") && /^[-\d]/.test(start),
  async read(input) {
    const rows = (await input.text())
      .trim()
      .split("\n")
      .map((line) => line.split(/\s+/).map(Number));
    return [
      dosFile({
        source: input.path,
        format: "two columns",
        energies: rows.map(([energy]) => energy),
        totalDos: rows.map(([, density]) => density),
      }),
    ];
  },
};
const readers = [twoColumns];
const ramp = Array.from({ length: 401 }, (_, i) => `${-10 + i * 0.05} ${1 + i / 400}`).join("\n");

describe("a reader from outside", () => {
  it("reads its files, and a target is made of them", async () => {
    const path = written("ramp.dat", ramp);
    const file = await readDosFile(path, { readers });
    expect(file).toMatchObject({ source: path, format: "two columns", sigma: 0, fermiEnergy: null });
    expect(file.totalDos).toHaveLength(401);
    const { totalDos, siteDos } = targetFromDos(file, { use: "total", zero: "keep" });
    expect(siteDos).toBeUndefined();
    // The mean of a ramp is its value: 1.5 in the middle.
    expect(totalDos!.values[200]).toBeCloseTo(1.5, 2);
  });

  it("is asked before the built-in ones, and only for what it recognises", async () => {
    const odd = written("odd.dat", `\n  ${ramp}`);
    expect((await readDosFile(odd, { readers })).format).toBe("two columns");
    await expect(readDosFile(written("x.txt", "words"), { readers })).rejects.toThrow(
      /x\.txt: expected one of two columns, projwfc.x \(Quantum ESPRESSO\), vasprun\.xml, JSON, GPAW \.gpw/,
    );
    const json = { ...twoColumns, name: "mine", recognises: () => true, read: () => Promise.resolve([]) };
    expect(await readDosEntries(written("a.json", "{}"), { readers: [json] })).toEqual([]);
    await expect(readDosFile(written("a.json", "{}"), { readers: [json] })).rejects.toThrow("it has no entry");
  });

  it("gives entries, of which one can be chosen", async () => {
    const path = written("two.dat", ramp);
    const two: DosReader = {
      ...twoColumns,
      read: async (input, options) => {
        const [file] = await twoColumns.read(input, options);
        return ["a", "b"].map((id) => ({ ...file, source: `${input.path}#${id}` }));
      },
    };
    await expect(readDosFile(path, { readers: [two] })).rejects.toThrow(`it has 2 entries; name one: ${path}#a`);
    expect((await readDosFile(path, { readers: [two], entry: "b" })).source).toBe(`${path}#b`);
  });

  it("is named when it throws, wherever it does, and when it gives nonsense", async () => {
    const path = written("bad.dat", "1 2\n1 3");
    await expect(readDosFile(path, { readers })).rejects.toThrow(
      `${path}: reader "two columns": ${path}: energies must rise: energy 1 is 1 eV after 1 eV`,
    );
    const broken = (part: Partial<DosReader>) => readDosFile(path, { readers: [{ ...twoColumns, ...part }] });
    const fail = () => {
      throw new Error("a bug");
    };
    for (const part of [{ recognises: fail }, { read: fail }, { read: () => Promise.reject(new Error("a bug")) }])
      await expect(broken(part)).rejects.toThrow(`${path}: reader "two columns": a bug`);
    const good = dosFile({ source: "s", format: "f", energies: [0, 1], totalDos: [1, 1] });
    const gives = (change: object) => broken({ read: () => Promise.resolve([{ ...good, ...change }]) });
    await expect(gives({ totalDos: undefined })).rejects.toThrow("it has no density of states");
    await expect(gives({ totalDos: Float64Array.of(1) })).rejects.toThrow("a spectrum of 1 points for 2 energies");
    await expect(gives({ energies: Float64Array.of(1) })).rejects.toThrow("expected at least 2 energies, found 1");
    await expect(gives({ sigma: -1 })).rejects.toThrow("sigma must be at least 0 eV, found -1");
    await expect(gives({ totalDos: Float64Array.of(1, NaN) })).rejects.toThrow(
      "a density of NaN states/eV at 1.000 eV",
    );
  });
});

describe("dosFile", () => {
  it("fills in what a format does not say", () => {
    const file = dosFile({ source: "s", format: "f", energies: [-1, 0, 1, 2], siteDos: [[1, 2, 3, 0], [0, 1, 0, 0]] }); // prettier-ignore
    expect(file).toMatchObject({ sigma: 0, binning: "centred", known: [-1, 1], notes: [], fermiEnergy: null });
    expect(file).not.toHaveProperty("valenceBandMaximum");
    expect(file).not.toHaveProperty("totalDos");
    const told = dosFile({ ...file, known: [-5, 5], sigma: 0.1, valenceBandMaximum: null, fermiEnergy: 3 });
    expect(told).toMatchObject({ known: [-5, 5], sigma: 0.1, valenceBandMaximum: null, fermiEnergy: 3 });
  });
});
