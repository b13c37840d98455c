// What src/README.md promises a newcomer: one new file and one registration, here from outside through the public API.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commands, run, type MakeCommand } from "../../src/cli/index.js";
import { dosFile, type DosInput, type DosReader } from "../../src/dos/index.js";
import { metrics, type Metric } from "../../src/evaluate/index.js";
import { openWorkbench, type Workbench, type WorkbenchOptions } from "../../src/workbench/index.js";
import { makeWorkplace, type Workplace } from "../support/workplace.js";

let place: Workplace;
let bench: Workbench;
let sources: WorkbenchOptions;
const at = (name: string) => join(place.folder, name);
const small = { targets: 1, count: 2, steps: 2, weights: [0] };

beforeAll(async () => {
  place = await makeWorkplace();
  const { model, predictor, reportPredictor, split: dataset } = place;
  sources = { model, predictor, reportPredictor, dataset };
  bench = await openWorkbench(sources);
}, 120_000);
afterAll(() => bench.dispose());

describe("a metric", () => {
  const heaviest: Metric = {
    name: "heaviest_element",
    description: "Largest atomic number among the candidates.",
    unit: "Z",
    needs: [],
    compute: ({ candidates }) => Math.max(...candidates.flatMap(({ atomicNumbers }) => atomicNumbers)),
  };

  it("is a column of a study, with its error", async () => {
    const { rows } = await bench.study({ ...small, metrics: [...metrics, heaviest] });
    for (const row of rows) expect(row.heaviest_element).toBeGreaterThan(0);
  });

  it("that throws is named", async () => {
    const broken = { ...heaviest, compute: () => undefined!["x"] as number };
    await expect(bench.study({ ...small, metrics: [broken] })).rejects.toThrow(/heaviest_element/);
  });
});

describe("a file format", () => {
  const columns: DosReader = {
    name: "two columns",
    recognises: ({ path }) => path.endsWith(".dat"),
    async read(input) {
      const rows = (await input.text())
        .trim()
        .split("\n")
        .map((line) => line.split(" ").map(Number));
      if (rows.some((row) => row.length !== 2)) throw new Error("expected two columns");
      const [energies, dos] = [0, 1].map((column) => Float64Array.from(rows, (row) => row[column]));
      return [dosFile({ source: input.path, format: "two columns", energies, siteDos: [dos], totalDos: dos })];
    },
  };

  it("makes targets", async () => {
    const lines = Array.from({ length: 401 }, (_, i) => `${-10 + i / 20} ${1 + Math.sin(i / 20)}`);
    await writeFile(at("gauss.dat"), lines.join("\n"));
    const other = await openWorkbench({ ...sources, readers: [columns] });
    const target = await other.target(at("gauss.dat"), { energyZero: "keep" });
    expect(target.siteDos?.siteCount).toBe(1);
    const made = await other.generate(target, { count: 1, steps: 2 });
    expect(made.crystals[0].crystal.atomicNumbers).toHaveLength(1);
    await writeFile(at("bad.dat"), "1 2 3\n4 5 6");
    await expect(other.target(at("bad.dat"))).rejects.toThrow(
      /two columns.*expected two columns|bad\.dat.*two columns/,
    );
    const oneOf = (source: string) => dosFile({ source, format: "two", energies: [-9, 9], totalDos: [1, 1] });
    const read = ({ path }: DosInput) => Promise.resolve(["a", "b"].map((id) => oneOf(`${path}#${id}`)));
    const several = { ...columns, read };
    const two = await openWorkbench({ ...sources, readers: [several] });
    await expect(two.target(`${at("gauss.dat")}#c`)).rejects.toThrow(/gauss\.dat: no entry "c"; there are 2: a, b/);
    await expect(two.target(at("gauss.dat"))).rejects.toThrow(/it has 2 entries; name one: .*#a, .*#b/);
    await two.dispose();
    await other.dispose();
  });
});

describe("a command", () => {
  const greet: MakeCommand = ({ terminal }) =>
    new Command("greet").argument("<name>").action((name: string) => terminal.out(`hello ${name}`));

  it("stands beside the others", async () => {
    const out: string[] = [];
    const terminal = { out: (line: string) => void out.push(line), note: () => undefined, interactive: false };
    const all = [...commands, greet];
    expect(await run(["greet", "world"], { terminal, commands: all })).toBe(0);
    expect(await run(["--help"], { terminal, commands: all })).toBe(0);
    expect(out[0]).toBe("hello world");
    expect(out[1]).toMatch(/generate[^]*greet/);
    expect(await run(["greet"], { terminal, commands: all })).toBe(2);
  });
});
