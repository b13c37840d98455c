import { expect, it } from "vitest";
import type { Dataset, DosRecord } from "../../src/data/index.js";
import { commonCutoff, hullOf, type Verification } from "../../src/verify/index.js";

const record = (id: string, atomicNumbers: number[], energy: number, cutoff: number = commonCutoff): DosRecord =>
  ({
    id,
    formula: id,
    crystal: { atomicNumbers },
    properties: { energy_per_atom_eV: energy, energy_ecut_eV: cutoff },
  }) as unknown as DosRecord;
const phases = [record("Al", [13], -4), record("Ni", [28], -6), record("AlNi", [13, 28], -6)];
const dataset = { [Symbol.iterator]: () => phases[Symbol.iterator](), info: undefined } as unknown as Dataset;
const done = (found: DosRecord): Verification => ({ status: "done", record: found }) as unknown as Verification;

it("answers for calculations that have an energy at the common cut-off", async () => {
  const hull = await hullOf(dataset);
  const answer = hull(done(record("mine", [13, 28], -5.5)));
  expect(answer).toMatchObject({ kind: "hull", energyAboveHull: expect.closeTo(0.5, 6) as number });
});

it("has nothing to say of failures, missing energies and other cut-offs", async () => {
  const hull = await hullOf(dataset);
  expect(hull({ status: "failed" } as Verification)).toBeUndefined();
  expect(hull(done({ ...phases[2], properties: {} }))).toBeUndefined();
  expect(hull(done(record("mine", [13, 28], -5.5, commonCutoff - 100)))).toBeUndefined();
  expect(hull(done(record("mine", [8, 28], -5.5)))).toMatchObject({ kind: "no hull" });
});
