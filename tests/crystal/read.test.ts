import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  atomicNumber,
  crystalOf,
  elementSymbol,
  formatCrystal,
  formatExtxyz,
  parseCif,
  readCrystalFile,
  readCrystals,
  spaceGroup,
  type CrystalFileFormat,
} from "../../src/crystal/index.js";
import { expectSameCrystal, fixture } from "./helpers.js";

const folder = mkdtempSync(join(tmpdir(), "dosmith-crystal-"));
afterAll(() => rmSync(folder, { recursive: true }));

const quartz = parseCif(fixture("quartz.cif"));

function written(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe("readCrystalFile", () => {
  it.each([
    ["a.cif", "cif"],
    ["POSCAR", "poscar"],
    ["CONTCAR_relaxed", "poscar"],
    ["b.vasp", "poscar"],
    ["c.xyz", "extxyz"],
    ["D.EXTXYZ", "extxyz"],
  ] as const)("knows %s", async (name, format) => {
    const read = await readCrystalFile(written(name, formatCrystal(quartz, format)));
    expectSameCrystal(read, quartz, 1e-8);
  });

  it("names the file when it refuses", async () => {
    const two = written("two.xyz", formatExtxyz([quartz, quartz]));
    await expect(readCrystalFile(two)).rejects.toThrow(/two\.xyz: expected one structure, found 2/);
    expect((await readCrystals(two)).length).toBe(2);
    await expect(readCrystalFile(written("a.txt", ""))).rejects.toThrow(/a\.txt: expected a structure file/);
    await expect(readCrystalFile(written("bad.cif", "x"))).rejects.toThrow(/bad\.cif: line 1: expected data_NAME/);
    await expect(readCrystalFile(join(folder, "none.cif"))).rejects.toThrow(/none\.cif/);
  });
});

describe("a format from outside", () => {
  const oneLine: CrystalFileFormat = {
    name: "one line",
    files: [".cube"],
    recognises: (path) => path.endsWith(".cube"),
    parse: (text) => {
      const [symbol, edge] = text.trim().split(" ");
      if (edge === undefined) throw new Error("expected a symbol and an edge");
      const a = Number(edge);
      return [
        { latticeMatrix: [[a, 0, 0], [0, a, 0], [0, 0, a]], fracCoords: [[0, 0, 0]], atomicNumbers: [atomicNumber(symbol)] }, // prettier-ignore
      ];
    },
    format: ({ atomicNumbers, latticeMatrix }) => `${elementSymbol(atomicNumbers[0])} ${latticeMatrix[0][0]}`,
  };
  const formats = [oneLine];

  it("is read, listed in messages, and named when it throws", async () => {
    const polonium = await readCrystalFile(written("po.cube", "Po 3.35"), { formats });
    expect(polonium).toMatchObject({ atomicNumbers: [84], latticeMatrix: [[3.35, 0, 0], [0, 3.35, 0], [0, 0, 3.35]] }); // prettier-ignore
    await expect(readCrystalFile(written("x.txt", ""), { formats })).rejects.toThrow(/\(\.cube, \.cif, /);
    await expect(readCrystalFile(written("bad.cube", "Po"), { formats })).rejects.toThrow(
      /bad\.cube: format one line: expected a symbol and an edge/,
    );
  });
});

describe("crystal-like arguments", () => {
  it("records and generated crystals are formatted and analysed as they are", () => {
    const record = { id: "quartz", crystal: quartz };
    expect(crystalOf(record)).toBe(quartz);
    expect(crystalOf(quartz)).toBe(quartz);
    for (const format of ["cif", "poscar", "extxyz"] as const)
      expect(formatCrystal(record, format)).toBe(formatCrystal(quartz, format));
    expect(formatExtxyz(new Set([record, quartz]))).toBe(formatExtxyz([quartz, quartz]));
    expect(spaceGroup(record)).toEqual(spaceGroup(quartz));
  });
});
