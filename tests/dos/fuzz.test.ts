import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  dosFromText,
  parseVasprun,
  readDosFile,
  resampleDos,
  standardGrid,
  targetFromDos,
} from "../../src/dos/index.js";
import type { DosFile } from "../../src/dos/index.js";
import { damaged, randomOf, wrongAnswer, wrongError } from "../../scripts/fuzz-parts.mjs";
import { fixturePath, fixtureText, inPieces, thinned } from "./readers-support.js";

const name = "some.file";

/** Reads damaged variants; each must be refused in words or give a whole answer, that can be a target or is refused. */
async function fuzz(text: string, cases: number, seed: number, read: (variant: string) => Promise<DosFile> | DosFile) {
  const random = randomOf(seed);
  const found: string[] = [];
  let refused = 0;
  for (let i = 0; i < cases; i++) {
    const variant = damaged(text, random);
    const problem = await problemOf(() => read(variant)).catch((error: unknown) => {
      refused++;
      return wrongError(error, name);
    });
    if (problem) found.push(`case ${i}: ${problem}`);
  }
  expect(found).toEqual([]);
  return refused / cases;
}

async function problemOf(read: () => Promise<DosFile> | DosFile): Promise<string | undefined> {
  const file = await read();
  const values = resampleDos(file, standardGrid).siteDos?.values ?? [];
  const wrong = wrongAnswer(file) ?? (values.every(Number.isFinite) ? undefined : "not finite on the grid");
  if (wrong) return wrong;
  const target = targetFromDos(file);
  return target.siteDos?.values.every(Number.isFinite) === false
    ? "a target with a value that is no number"
    : undefined;
}

const vasprun = (variant: string) => parseVasprun(inPieces(variant), name);
const json = (variant: string) => dosFromText(variant, name)[0];

describe("damaged files", () => {
  it.each([
    ["Si-spin.vasprun.xml.gz", 1],
    ["KF.vasprun.xml.gz", 2],
    ["Li-relaxation.vasprun.xml.gz", 3],
    ["CsCl-gaussian.vasprun.xml.gz", 4],
  ])("%s: refused in words, or read whole", async (fixture, seed) => {
    const text = thinned(fixtureText(fixture), 20);
    expect(wrongAnswer(await vasprun(text))).toBeUndefined();
    const share = await fuzz(text, 1000, seed, vasprun);
    expect(share).toBeGreaterThan(0.3);
    expect(share).toBeLessThan(1);
  });

  it.each([
    ["Co2TaZn.complete-dos.json.gz", 200, 5],
    ["MnO.lobster-dos.json", 1500, 6],
  ])("%s: refused in words, or read whole", async (fixture, cases, seed) => {
    expect(await fuzz(fixtureText(fixture), cases, seed, json)).toBeGreaterThan(0.3);
  });

  it("a vasprun.xml cut off anywhere is an unfinished run", async () => {
    const text = thinned(fixtureText("Li-relaxation.vasprun.xml.gz"), 50);
    const whole = text.lastIndexOf("</modeling>");
    for (let i = 1; i <= 150; i++) {
      const at = Math.floor((whole * i) / 150);
      await expect(vasprun(text.slice(0, at))).rejects.toThrow(
        /some\.file: .*(the file ends at line|malformed XML|must contain a root)/,
      );
    }
  });

  it("a damaged gzip file is refused, or nothing of it was lost", async () => {
    const folder = mkdtempSync(join(tmpdir(), "dosmith-fuzz-"));
    const bytes = readFileSync(fixturePath("Li-relaxation.vasprun.xml.gz"));
    const good = await readDosFile(fixturePath("Li-relaxation.vasprun.xml.gz"));
    const random = randomOf(7);
    const path = join(folder, "x.gz");
    for (let i = 0; i < 100; i++) {
      const damage = Buffer.from(bytes);
      const at = Math.floor(random() * bytes.length);
      if (i % 2 === 0) damage[at] ^= 1 << Math.floor(8 * random());
      writeFileSync(path, i % 2 === 0 ? damage : damage.subarray(0, at));
      try {
        expect((await readDosFile(path)).siteDos).toEqual(good.siteDos);
      } catch (error) {
        expect(wrongError(error, path)).toBeUndefined();
      }
    }
  });

  it("would be noticed: the checks fail on what is wrong", async () => {
    const good = await readDosFile(fixturePath("Li-relaxation.vasprun.xml.gz"));
    expect(wrongAnswer(good)).toBeUndefined();
    expect(wrongAnswer({ ...good, siteDos: [good.energies.map(() => NaN)] })).toMatch(/no finite number/);
    expect(wrongAnswer({ ...good, energies: good.energies.map(() => 1) })).toMatch(/do not rise/);
    expect(wrongError(new TypeError("x.y is undefined"), name)).toMatch(/a bug/);
    expect(wrongError(new Error("bad"), name)).toMatch(/does not name the file/);
  });
});
