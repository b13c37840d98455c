// The measure of an energy model, on a model whose numbers can be worked out by hand.
import { describe, expect, test } from "vitest";
import type { Crystal } from "../../src/crystal/index.js";
import { crystalOf, elementSymbol, volume } from "../../src/crystal/index.js";
import type { DosRecord, RecordProperties } from "../../src/data/index.js";
import type { EnergyModel, EnergyResult, Potential } from "../../src/energy/index.js";
import { checkEnergyModel, fitReferences, formationEnergy, referencesOf } from "../../src/energy/index.js";
import { rocksalt } from "./support.js";

const gigapascal = 160.21766208;

/** Every crystal of this model wants a volume of 10 Angstrom^3 an atom: E = k/2 (V - V0)^2 and an energy for each element. */
const springs = (k: number): Potential => {
  const judge = (crystal: Crystal): EnergyResult => {
    const n = crystal.atomicNumbers.length;
    const excess = volume(crystal.latticeMatrix) - 10 * n;
    const s = k * excess * gigapascal;
    const none = crystal.atomicNumbers.map(() => 0);
    return {
      energy: (k / 2) * excess ** 2 - crystal.atomicNumbers.reduce((sum, z) => sum + z, 0),
      stress: [[s, 0, 0], [0, s, 0], [0, 0, s]], // prettier-ignore
      forces: crystal.atomicNumbers.map(() => [0, 0, 0]),
      siteEnergies: none,
      magneticMoments: none,
      siteFeatures: [],
    };
  };
  const evaluate: Potential["evaluate"] = (list) => Promise.resolve(list.map((like) => judge(crystalOf(like))));
  return {
    model: {} as EnergyModel,
    evaluate,
    evaluateEach: evaluate,
    dispose: () => undefined,
    [Symbol.dispose]: () => undefined,
  };
};

const record = (crystal: Crystal, properties: RecordProperties): DosRecord => ({
  id: "x",
  formula: "x",
  crystal,
  siteDos: { atoms: 0, points: 0, values: new Float32Array() } as unknown as DosRecord["siteDos"],
  properties,
});
const salt = (perAtom: number, numbers: [number, number]) => rocksalt(Math.cbrt(8 * perAtom), numbers);

describe("checkEnergyModel", () => {
  test("measures pressures, formation energies and volumes", async () => {
    const records = [
      record(salt(10, [12, 12]), { formation_energy_eV_per_atom: 0 }),
      record(salt(11, [12, 12]), { formation_energy_eV_per_atom: 0.5 }),
      record(salt(10, [8, 8]), { formation_energy_eV_per_atom: 0 }),
      record(salt(10.5, [12, 8]), { formation_energy_eV_per_atom: -0.2 }),
      record(salt(10.5, [12, 26]), { formation_energy_eV_per_atom: -0.2 }),
      record(salt(9, [12, 8]), { kind: "volume", pressure_GPa: 5 }),
      record(salt(11, [12, 8]), { kind: "volume", pressure_GPa: -5 }),
    ];
    const k = 0.02;
    const {
      pressure,
      deformedPressure,
      formationEnergy,
      volume: volumes,
    } = await checkEnergyModel(springs(k), records);
    expect(pressure.count).toBe(5);
    expect(pressure.mean).toBeCloseTo(k * gigapascal * 0.8, 6);
    expect(pressure.median).toBeCloseTo(k * gigapascal, 6);
    expect(deformedPressure).toMatchObject({ count: 2, spread: 5 });
    expect(deformedPressure.correlation).toBeCloseTo(1, 10);
    expect(deformedPressure.mean).toBeCloseTo(Math.abs(2 * k * gigapascal - 5), 6);
    // The iron salt has no element to count from; magnesium counts from the lower of its two crystals.
    expect(formationEnergy.count).toBe(4);
    expect(formationEnergy.mean).toBeCloseTo((Math.abs(k - 0.5) + Math.abs(k / 4 + 0.2)) / 4, 6);
    expect(volumes).toMatchObject({ count: 5, converged: 5, within2Percent: 0.4 });
    expect(volumes.median).toBeCloseTo(1 - 10 / 10.5, 2);
  });

  test("references fitted to other crystals bring formation energies to the recipe's", async () => {
    const others = ([[12, 8], [12, 12], [8, 8], [26, 8], [26, 12]] as [number, number][]).map((numbers) =>
      record(salt(10, numbers), { formation_energy_eV_per_atom: numbers[0] / 100 }),
    ); // prettier-ignore
    const references = await referencesOf(springs(0.02), others);
    const wrong = record(salt(10, [26, 12]), { formation_energy_eV_per_atom: 0.25 });
    const found = await checkEnergyModel(springs(0.02), [wrong], { references });
    expect(formationEnergy(wrong.crystal, -38, references)).toBeCloseTo(found.fittedFormationEnergy!.mean + 0.25, 6);
    expect(formationEnergy(rocksalt(4, [79, 8]), 0, references)).toBeUndefined();
  });

  test("fitted references are those that samples were made with, in spite of a wild one", () => {
    const own: Record<string, number> = { O: -5, Mg: -1.5, Fe: -8 };
    const samples = ([[8, 8], [12, 8], [26, 8], [26, 12], [12, 12], [26, 26]] as [number, number][]).flatMap((numbers) => {
      const crystal = salt(10, numbers);
      const energy = numbers.reduce((sum, z) => sum + own[elementSymbol(z)], 0);
      return [0, 0.01, -0.01, 0.02].map((noise) => ({ crystal, energy, formationEnergy: noise }));
    }); // prettier-ignore
    const wild = { crystal: salt(10, [8, 8]), energy: -10, formationEnergy: 3 };
    const found = fitReferences([...samples, wild]);
    for (const [symbol, energy] of Object.entries(own)) expect(found[symbol]).toBeCloseTo(energy, 1);
    expect(fitReferences([])).toEqual({});
  });

  test("of nothing is empty", async () => {
    expect((await checkEnergyModel(springs(1), [])).pressure.count).toBe(0);
  });
});
