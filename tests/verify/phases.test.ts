import { describe, expect, it } from "vitest";
import { isEquilibrium, type DosRecord } from "../../src/data/index.js";
import { commonCutoff, phasesOf } from "../../src/verify/index.js";

const record = (id: string, properties: DosRecord["properties"]): DosRecord => ({
  id,
  formula: "Si",
  crystal: { latticeMatrix: [[2, 0, 0], [0, 2, 0], [0, 0, 2]], fracCoords: [[0, 0, 0]], atomicNumbers: [14] }, // prettier-ignore
  siteDos: { kind: "site", grid: { start: -10, stop: 10, count: 400 }, siteCount: 1, values: new Float32Array(400) },
  properties,
});
const energy = { energy_per_atom_eV: -5, energy_ecut_eV: commonCutoff };

describe("phasesOf", () => {
  it("takes equilibria at the common cut-off, and nothing whose energy does not compare", () => {
    const phases = phasesOf([
      record("a", { ...energy, kind: "equilibrium" }),
      record("b", { ...energy, kind: "volume" }),
      record("c", { ...energy, energy_ecut_eV: 320 }),
      record("d", { energy_per_atom_eV: -5 }),
      record("e", { energy_ecut_eV: commonCutoff }),
    ]);
    expect(phases).toEqual([{ id: "a", atomicNumbers: [14], energyPerAtom: -5 }]);
  });

  it("takes the elements' molecules, which have no record", () => {
    const phases = phasesOf([], { O: { energy_per_atom_eV: -4.2, phase: "molecule" } });
    expect(phases).toEqual([{ id: "O (molecule)", atomicNumbers: [8], energyPerAtom: -4.2 }]);
  });
});

it("a record that does not say otherwise is an equilibrium", () => {
  expect(isEquilibrium(record("a", {}))).toBe(true);
  expect(isEquilibrium(record("a", { kind: "strain" }))).toBe(false);
});
