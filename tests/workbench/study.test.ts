import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { targetFromRecord } from "../../src/dos/index.js";
import { metrics } from "../../src/evaluate/index.js";
import { studyChart } from "../../src/notebook/index.js";
import {
  Interrupted,
  openWorkbench,
  readStudy,
  studyTable,
  type Study,
  type Workbench,
} from "../../src/workbench/index.js";
import { makeWorkplace, type Workplace } from "../support/workplace.js";

let place: Workplace;
let bench: Workbench;
const at = (name: string) => join(place.folder, name);
const small = { targets: 2, count: 2, steps: 3, weights: [0, 1] };
const rowNames = [
  "true structure",
  "retrieval (stored DOS)",
  "retrieval (predicted DOS)",
  "unconditional fast",
  "fast w=0",
  "fast w=1",
];

beforeAll(async () => {
  place = await makeWorkplace();
  const { model, predictor, reportPredictor, split: dataset } = place;
  bench = await openWorkbench({ model, predictor, reportPredictor, dataset });
}, 120_000);
afterAll(() => bench.dispose());

/** Without wall times. */
const values = ({ rows }: Pick<Study, "rows">) =>
  rows.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith("seconds"))));

describe("a study", () => {
  it("is three lines: rows with errors, beside retrieval and the true structures", async () => {
    const study = await bench.study(small);
    const table = studyTable(study);
    const chart = studyChart(study);
    expect(table.map(({ generator }) => generator)).toEqual(rowNames);
    expect(table[0]["rel. L1, mean"]).toMatch(/^\d\.\d{3} ± \d\.\d{3}$/);
    expect(study.sweep.map(({ guidanceWeight }) => guidanceWeight)).toEqual([0, 1]);
    expect(study.cells).toHaveLength(12);
    expect(JSON.stringify(chart)).toContain("retrieval (stored DOS)");
  });

  it("in a file is the study in memory, is read again, and continues from its cells", async () => {
    const inMemory = await bench.study(small);
    const out = at("study.json");
    const stop = new AbortController();
    const first = bench.study({ ...small, out, signal: stop.signal });
    const watch = async () => {
      for await (const { done } of first) if (done > 3) stop.abort();
    };
    await expect(watch()).rejects.toThrow(Interrupted);
    const rest = bench.study({ ...small, out });
    const kept: number[] = [];
    for await (const progress of rest) kept.push(progress.kept);
    expect(kept[0]).toBeGreaterThan(2);
    expect(values(await rest)).toEqual(values(inMemory));
    expect(values(await readStudy(out))).toEqual(values(inMemory));
    await expect(bench.study({ ...small, out, seed: 1 })).rejects.toThrow(
      /cells of another study \(seed: 0 there, 1 asked/,
    );
  });

  it("takes records of one's own for targets, and a metric", async () => {
    const test = (await bench.dataset()).split().test;
    const atoms = {
      name: "atoms",
      description: "Atoms in the cell.",
      unit: "1",
      needs: [],
      compute: ({ candidates }: { candidates: readonly { atomicNumbers: readonly number[] }[] }) =>
        candidates[0].atomicNumbers.length,
    };
    const chosen = test.subset([0]);
    const study = await bench.study({ ...small, targets: chosen, use: "sites", metrics: [...metrics, atoms] });
    expect(study.targets).toEqual(chosen.ids);
    expect(study.rows[0].atoms).toBe(chosen.at(0).crystal.atomicNumbers.length);
    const broken = { ...atoms, name: "broken", compute: () => JSON.parse("{") as number };
    await expect(bench.study({ ...small, targets: chosen, metrics: [broken] })).rejects.toThrow(/broken/);
  });

  it("computes a kept cell again for a metric that it lacks, and takes no cell of another target of that name", async () => {
    const out = at("metrics.json");
    const record = (await bench.dataset()).split().test.at(0);
    const options = { ...small, weights: [0], targets: [record], out };
    const [count] = metrics;
    await bench.study({ ...options, metrics: [count] });
    const { rows } = await bench.study({ ...options, metrics: [count, ...metrics.slice(1, 3)] });
    for (const { name } of metrics.slice(1, 3)) expect(rows[0][name], name).not.toBeNull();
    const window = { target: targetFromRecord(record, { energyWindow: [-4, 0] }), trueCrystal: record.crystal };
    await expect(bench.study({ ...options, targets: [window] })).rejects.toThrow(
      /cells of another study \(namedTargets/,
    );
  });

  it("reads the names of older files, and refuses others with words", async () => {
    const stored = await readStudy("models/quality.json");
    expect(stored.rows[0].generator).toBe("true structure");
    const text = await readFile("models/quality.json", "utf8");
    await writeFile(at("bad.json"), text.replace('"rows": [', '"rows": [ 1,'));
    await expect(readStudy(at("bad.json"))).rejects.toThrow(/bad\.json: rows\.0: .*expected object.*no quality table/);
    await writeFile(
      at("old.cells.jsonl"),
      await readFile(at("study.cells.jsonl"), "utf8").then((lines) => lines.replaceAll("true structure", "floor")),
    );
    const again = bench.study({ ...small, out: at("old.json") });
    for await (const { from, total } of again) expect(from).toBe(total);
  });
});
