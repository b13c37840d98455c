import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { formatCrystal, formatExtxyz, parseCif, readCrystalFile, readCrystals } from "../../src/crystal/index.js";
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
