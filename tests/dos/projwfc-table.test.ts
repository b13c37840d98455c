// Tables of projwfc.x, small enough to check with a pencil; a folder through the reader that knows every format.
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readDosFile } from "../../src/dos/index.js";
import { readProjwfc } from "../../src/dos/readers/projwfc.js";
import { readProjwfcTable } from "../../src/dos/readers/projwfc-table.js";
import { fixturePath } from "./readers-support.js";

const folder = mkdtempSync(join(tmpdir(), "dosmith-table-"));
const table = (text: string) => {
  const path = join(folder, "t.pdos_tot");
  writeFileSync(path, text);
  return readProjwfcTable(path);
};
const header = "# E (eV)  dos(E)    pdos(E)";

describe("a table", () => {
  it("columns by name, energies as printed", async () => {
    const { energies, columns } = await table(`${header}\n -1.000 1.0 2.0\n\n 0.500 3.0 4.0\n 1.000 5.0 6.0\n`);
    expect([...energies]).toEqual([-1, 0.5, 1]);
    expect(columns.map(({ name, values }) => [name, ...values])).toEqual([["dos", 1, 3, 5], ["pdos", 2, 4, 6]]); // prettier-ignore
  });

  it.each([
    [
      [0, 0, 1, 2, 4],
      [0, 1, 2, 3, 4],
    ],
    [
      [0, 1, 2, 4, 4],
      [0, 1, 2, 3, 4],
    ],
    [
      [0, 1, 3],
      [0, 1, 3],
    ],
  ])("energies that repeat are made even: %o", async (printed, energies) => {
    const found = await table(`${header}\n${printed.map((e) => `${e} 1 1`).join("\n")}`);
    expect([...found.energies]).toEqual(energies);
  });

  it.each([
    [`${header}\n0 1 1`, "expected at least 2 energies, found 1"],
    [`${header}\n0 1 1\n1 1`, "line 3: expected 3 numbers, found 2"],
    [`${header}\n0 1 1\n2 1 1\n1 1 1`, "energies must rise: 1 eV comes after 2 eV"],
    [`${header}\n1 1 1\n1 1 1`, "energies must rise: 1 eV comes after 1 eV"],
    [`${header}\n0 1 x`, 'line 2: expected a number, found "x"'],
    ["# E\n0 1", "expected projwfc.x's header"],
  ])("refused (%#)", async (text, message) => {
    await expect(table(text)).rejects.toThrow(message);
  });
});

describe("a folder", () => {
  it("is read by the reader of every format, by its path or one of its files", async () => {
    const path = fixturePath("projwfc/AlP");
    expect(await readDosFile(path)).toEqual(await readProjwfc(path));
    const file = join(path, "AlP.pdos_tot.gz");
    expect(await readDosFile(file)).toEqual({ ...(await readProjwfc(path)), source: file });
    await expect(readDosFile(folder)).rejects.toThrow(folder);
  });
});
