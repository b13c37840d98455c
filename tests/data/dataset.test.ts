import { copyFile, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Dataset, buildDataset, openDataset, streamDataset, takeCensus, censusMarkdown } from "../../src/data/index.js";
import { integrate, occupiedElectrons, sumOfSites } from "../../src/dos/index.js";
import { decodePart } from "../../src/data/part.js";
import { encodePart } from "../../src/data/part-encode.js";
import { about, fixture, fixtureRecords, temporaryFolder } from "./helpers.js";

describe("buildDataset and openDataset", () => {
  it("store real records to half precision, numbers and strings exactly", async () => {
    const out = await temporaryFolder();
    const report = await buildDataset({ inputs: [fixture], out, about, partSize: 4 });
    expect(report).toMatchObject({ added: 6, total: 6, repeatedIds: 0, newParts: { length: 2 } });
    const data = await openDataset(out);
    for (const original of await fixtureRecords()) {
      const stored = data.get(original.id);
      expect(stored.crystal.atomicNumbers).toEqual(original.crystal.atomicNumbers);
      expect(stored.properties).toMatchObject(original.properties);
      expect(stored.formula).toBe(original.formula);
      stored.siteDos.values.forEach((v, i) => {
        expect(Math.abs(v - original.siteDos.values[i])).toBeLessThanOrEqual(Math.max(v * 2 ** -10, 2 ** -24));
      });
      stored.crystal.latticeMatrix.flat().forEach((x, i) => {
        expect(x).toBeCloseTo(original.crystal.latticeMatrix.flat()[i], 5);
      });
    }
  });

  it("adds only new crystals, in new parts, and leaves the old parts as they are", async () => {
    const folder = await temporaryFolder();
    const lines = (await readFile(fixture, "utf8")).trimEnd().split("\n");
    const first = join(folder, "first.jsonl");
    await writeFile(first, `${lines.slice(0, 2).join("\n")}\n${lines[2].slice(0, 500)}`);
    const out = join(folder, "set");
    const begun = await buildDataset({ inputs: [first], out, about });
    expect(begun).toMatchObject({ added: 2, unfinished: [{ file: first, line: 3 }] });
    const before = await readFile(join(out, "part-0000.safetensors.gz"));
    const grown = await buildDataset({ inputs: [first, fixture], out });
    expect(grown).toMatchObject({ added: 4, total: 6, repeatedIds: 4, newParts: ["part-0001.safetensors.gz"] });
    expect(await readFile(join(out, "part-0000.safetensors.gz"))).toEqual(before);
    expect((await openDataset(out)).info).toMatchObject({ version: 2, counts: { crystals: 6 } });
    expect(await buildDataset({ inputs: [fixture], out })).toMatchObject({ added: 0, newParts: [] });
    expect((await openDataset(out)).info?.version).toBe(2);
  });

  it("reads the reference's JSON list as well, whatever its name, and names its entries", async () => {
    const folder = await temporaryFolder();
    const file = join(folder, "records.txt");
    const records = (await readFile(fixture, "utf8")).trimEnd().split("\n");
    await writeFile(file, ` [\n${records.join(",\n")}]`);
    const out = join(folder, "set");
    expect(await buildDataset({ inputs: [file, fixture], out, about })).toMatchObject({ added: 6, repeatedIds: 6 });
    expect((await openDataset(out)).length).toBe(6);
    await writeFile(file, `[${records[0]}, {"structure_id": "x"}]`);
    await expect(buildDataset({ inputs: [file], out, about })).rejects.toThrow(/records\.txt: entry 1 \(x\)/);
    await writeFile(file, `[${records[0]}`);
    await expect(buildDataset({ inputs: [file], out, about })).rejects.toThrow(/records\.txt: not JSON/);
  });

  it("drops the same crystal under another name", async () => {
    const folder = await temporaryFolder();
    const line = (await readFile(fixture, "utf8")).split("\n").find((l) => l.includes('"cscl-BCu"'))!;
    const file = join(folder, "x.jsonl");
    await writeFile(file, `${line}\n${line.replace("cscl-BCu", "cscl-CuB")}\n`);
    expect(await buildDataset({ inputs: [file], out: join(folder, "o"), about })).toMatchObject({
      added: 1,
      sameCrystals: ["cscl-CuB"],
    });
  });

  it("keeps a crystal's other volumes and strained versions beside its equilibrium", async () => {
    const folder = await temporaryFolder();
    const line = (await readFile(fixture, "utf8")).split("\n").find((l) => l.includes('"cscl-BCu"'))!;
    const record = JSON.parse(line) as object;
    const versions = [
      { ...record, kind: "equilibrium" },
      { ...record, structure_id: "cscl-BCu.v94", kind: "volume" },
      { ...record, structure_id: "cscl-BCu.strain", kind: "strain" },
    ];
    const file = join(folder, "x.jsonl");
    await writeFile(file, versions.map((version) => `${JSON.stringify(version)}\n`).join(""));
    const out = join(folder, "o");
    expect(await buildDataset({ inputs: [file], out, about })).toMatchObject({ added: 3, sameCrystals: [] });
    expect((await openDataset(out)).get("cscl-BCu.v94").properties.kind).toBe("volume");
  });

  it("refuses reserved formulas, naming file and line", async () => {
    const folder = await temporaryFolder();
    const record = JSON.parse(
      (await readFile(fixture, "utf8")).split("\n").find((l) => l.includes('"zincblende-ZnS"'))!,
    ) as object;
    const file = join(folder, "x.jsonl");
    await writeFile(file, `${JSON.stringify({ ...record, atomic_numbers: [12, 8], formula: "MgO" })}\n`);
    const out = join(folder, "o");
    await expect(buildDataset({ inputs: [file], out, about })).rejects.toThrow(/x\.jsonl: line 1 .*MgO is reserved/);
    expect(await readdir(folder)).toEqual(["x.jsonl"]);
    const own = { ...about, split: "none" as const };
    expect(await buildDataset({ inputs: [file], out, about: own })).toMatchObject({ added: 1 });
    const text = await readFile(join(out, "dataset.json"), "utf8");
    await writeFile(join(out, "dataset.json"), text.replace('"split": "none"', '"split": "formula-hash"'));
    await expect(openDataset(out)).rejects.toThrow(/MgO is reserved for an outside referee/);
  });

  it("streams the same records", async () => {
    const out = await temporaryFolder();
    await buildDataset({ inputs: [fixture], out, about, partSize: 2 });
    const streamed = [];
    for await (const record of streamDataset(out)) streamed.push(record);
    expect(streamed).toEqual([...(await openDataset(out))]);
  });
});

describe("damaged data sets are refused by name", () => {
  const made = async () => {
    const out = await temporaryFolder();
    await buildDataset({ inputs: [fixture], out, about });
    return out;
  };

  it("a changed or missing part, a missing folder, a wrong description", async () => {
    const out = await made();
    const part = join(out, "part-0000.safetensors.gz");
    const bytes = await readFile(part);
    bytes[bytes.length >> 1] ^= 1;
    await writeFile(part, bytes);
    await expect(openDataset(out)).rejects.toThrow(/part-0000\.safetensors\.gz: damaged: sha256/);
    const copy = join(out, "copy");
    await mkdir(copy);
    await copyFile(join(out, "dataset.json"), join(copy, "dataset.json"));
    await expect(openDataset(copy)).rejects.toThrow(/part-0000\.safetensors\.gz: cannot be read/);
    await expect(openDataset(join(out, "none"))).rejects.toThrow(/none.dataset\.json: not found; is .*none a data set/);
    await writeFile(join(copy, "dataset.json"), '{"format":"dosmith-dataset-1","parts":[{"file":"../../etc/passwd"}]}');
    await expect(openDataset(copy)).rejects.toThrow(/not a data set's description/);
  });

  it("a part with any byte changed gives whole records or an Error that names the file", async () => {
    const raw = gunzipSync(encodePart((await fixtureRecords()).slice(3, 5)));
    const headerEnd = 8 + Number(raw.readBigUInt64LE(0));
    fc.assert(
      fc.property(fc.oneof(fc.nat(headerEnd + 300), fc.nat(raw.length - 1)), fc.nat(255), (at, byte) => {
        const bad = Buffer.from(raw);
        bad[at] = byte;
        try {
          const part = decodePart(gzipSync(bad, { level: 1 }), "part");
          part.ids.forEach((_, i) => {
            const { crystal, siteDos } = part.at(i);
            expect(siteDos.values.every(Number.isFinite)).toBe(true);
            expect(crystal.fracCoords.flat().every(Number.isFinite)).toBe(true);
          });
        } catch (error) {
          expect((error as Error).message).toMatch(/^part: /);
        }
      }),
      { numRuns: 400 },
    );
  });
});

describe("Dataset", () => {
  it("is found by position and id, filters and subsets in order", async () => {
    const data = Dataset.fromRecords(await fixtureRecords());
    expect(data.at(-1).id).toBe(data.ids[5]);
    expect(data.subset([4, 1]).ids).toEqual([data.ids[4], data.ids[1]]);
    expect(data.filter(({ crystal }) => crystal.atomicNumbers.length === 1).ids).toEqual(["fcc-Cu"]);
    expect(() => data.get("rocksalt-ZnS")).toThrow(/no record "rocksalt-ZnS" among 6; similar: zincblende-ZnS/);
    expect(() => data.at(6)).toThrow(/no record at 6: the data set has 6/);
    expect(() => data.subset([-1])).toThrow(/no record at -1/);
    expect(() => Dataset.fromRecords([data.at(0), data.at(0)])).toThrow(/occurs twice/);
  });

  it("splits by composition without losing any", async () => {
    const data = Dataset.fromRecords(await fixtureRecords());
    for (let seed = 0; seed < 20; seed++) {
      const { train, validation, test } = data.split({
        by: "composition",
        seed,
        fractions: { validation: 0.3, test: 0.3 },
      });
      expect([...train.ids, ...validation.ids, ...test.ids].sort()).toEqual([...data.ids].sort());
    }
  });
});

describe("the bundled data set", () => {
  it("opens fast and says its counts truly", async () => {
    const start = performance.now();
    const data = await openDataset("datasets/pbe-prototypes");
    expect(performance.now() - start).toBeLessThan(5000);
    expect(data.info?.counts).toMatchObject({ crystals: data.length, formulas: new Set(data.formulas).size });
    const { bySplit, atoms, crystals } = takeCensus(data);
    expect(atoms).toBe(data.info?.counts.atoms);
    expect(Object.values(bySplit).reduce((a, b) => a + b, 0)).toBe(crystals);
  });

  it("obeys physics: no negative DOS, no more electrons than there are, nothing in the middle of a wide gap", async () => {
    for (const { id, siteDos, voronoiDos, properties } of await openDataset("datasets/pbe-prototypes")) {
      expect([id, Math.min(...siteDos.values, ...voronoiDos!.values) >= 0]).toEqual([id, true]);
      const total = sumOfSites(voronoiDos!);
      // The Fermi-Dirac and Gaussian broadening move a little over zero; deeper states than -10 eV are not on the grid.
      expect([id, occupiedElectrons(total) < 1.03 * Number(properties.n_electrons)]).toEqual([id, true]);
      const gap = Number(properties.gap_eV);
      if (gap > 2.2) expect([id, integrate(total, gap / 2 - 0.02, gap / 2 + 0.02) < 1e-4]).toEqual([id, true]);
    }
  });

  it("its card states the counts that it has", async () => {
    const card = await readFile("datasets/pbe-prototypes/README.md", "utf8");
    expect(card).toContain(censusMarkdown(takeCensus(await openDataset("datasets/pbe-prototypes"))));
  });
});
