import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { formatCif, type Crystal } from "../../src/crystal/index.js";
import { openDataset, recordFromJson } from "../../src/data/index.js";
import { relativeL1, siteCurve, spacing } from "../../src/dos/index.js";
import { findCode, verify, type Verification, type VerifyOptions } from "../../src/verify/index.js";
import { dosmith, fixture, makeWorkplace, type Workplace } from "../cli/support.js";

// Real calculations. Without GPAW they cannot run and count as skipped, except where it is required (as in .ci/run).
const gpaw = await findCode("gpaw").catch((error: Error) => error.message);
if (typeof gpaw === "string" && process.env.DOSMITH_REQUIRE_GPAW) throw new Error(gpaw);

const silicon = (a: number, z = 14): Crystal => ({
  latticeMatrix: [
    [0, a / 2, a / 2],
    [a / 2, 0, a / 2],
    [a / 2, a / 2, 0],
  ],
  fracCoords: [
    [0, 0, 0],
    [0.25, 0.25, 0.25],
  ],
  atomicNumbers: [z, z],
});

async function all(crystals: readonly Crystal[], options: VerifyOptions = {}): Promise<Verification[]> {
  const found: Verification[] = [];
  for await (const verification of verify(crystals, options)) found[verification.index] = verification;
  return found;
}

function done(verification: Verification) {
  if (verification.status === "failed") throw new Error(`${verification.reason}: ${verification.message}`);
  return verification;
}

let place: Workplace;
beforeAll(async () => (place = await makeWorkplace()), 120_000);

describe.skipIf(typeof gpaw === "string")(
  `verification with GPAW${typeof gpaw === "string" ? ` (${gpaw})` : ""}`,
  () => {
    it("gives a crystal what the data set's generator gave it: spectrum, energy, pressure", async () => {
      const file = fixture("verify/cscl-GeS.json");
      const record = recordFromJson(JSON.parse(await readFile(file, "utf8")), file);
      const [found] = await all([record.crystal]);
      const { siteDos, properties } = done(found).record;
      for (const site of [0, 1]) {
        const [ours, theirs] = [siteDos, record.siteDos].map((dos) => [siteCurve(dos, site).values]);
        expect(relativeL1.compute(ours, theirs, spacing(siteDos.grid))).toBeLessThan(0.02);
      }
      for (const name of ["pressure_GPa", "energy_per_atom_eV", "efermi_eV"])
        expect(properties[name]).toBeCloseTo(Number(record.properties[name]), 1);
    });

    it("keeps what is finished, says why the rest is not, and loses nothing to a crystal that fails", async () => {
      const cacheFolder = join(place.folder, "cache");
      const crystals = [silicon(5.6), silicon(5.6, 93), silicon(0.5)];
      const found = await all(crystals, { cacheFolder, processes: 2, timeLimit: 200 });
      expect(found.map((one) => (one.status === "failed" ? one.reason : one.status))).toEqual([
        "done",
        "no-setup",
        "bad-structure",
      ]);
      const again = await all([silicon(5.6)], { cacheFolder });
      expect(done(again[0])).toMatchObject({ cached: true, seconds: 0, record: done(found[0]).record });
    });

    it("relaxes the volume", async () => {
      const [found] = await all([silicon(5.7)], { relax: "volume" });
      const { record } = done(found);
      expect(Math.abs(Number(record.properties.pressure_GPa))).toBeLessThan(8);
      const a = 2 * Math.max(...record.crystal.latticeMatrix.flat());
      expect(a).toBeGreaterThan(5.4);
      expect(a).toBeLessThan(5.55);
    });

    it("a calculation that takes too long is stopped and named", async () => {
      const [found] = await all([silicon(5.6)], { timeLimit: 0.5 });
      expect(found).toMatchObject({ status: "failed", reason: "time-limit" });
    });

    it("dosmith verify adds its results to a run", async () => {
      const run = join(place.folder, "run");
      const settings = ["--target", "zincblende-ZnS", "--count", "2", "--steps", "30", "--seed", "3"];
      const fixed = ["--template", join(place.folder, "zns.cif"), "--keep", "lattice,coords,types"];
      const truth = (await openDataset(place.dataset)).get("zincblende-ZnS").crystal;
      await writeFile(join(place.folder, "zns.cif"), formatCif(truth));
      expect(await dosmith(["generate", ...settings, ...fixed, "--out", run, ...place.sources])).toMatchObject({
        code: 0,
      });
      const { code, out } = await dosmith(["verify", run, "--top", "1"]);
      expect(code).toBe(0);
      // The template makes both crystals the same, so the calculation of the first is the second's too.
      expect(out).toMatch(/DFT: 2 of 2 calculations finished/);
      const [header, first, second] = (await readFile(join(run, "summary.csv"), "utf8"))
        .split("\n")
        .map((l) => l.split(","));
      const at = (row: readonly string[], name: string) => row[header.indexOf(name)];
      expect([at(first, "dft"), at(second, "dft")]).toEqual(["done", "done"]);
      expect(Number(at(first, "dft_relative_l1"))).toBeLessThan(0.25);
      expect(await readFile(join(run, "report.html"), "utf8")).toContain("Computed by DFT");
    });
  },
);
