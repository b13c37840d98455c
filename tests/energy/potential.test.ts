// Energies and their derivatives: the Python package's numbers, and the laws that they obey.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Crystal, Matrix3, Vector3 } from "../../src/crystal/index.js";
import { rotate, supercell, volume } from "../../src/crystal/index.js";
import { timesMatrix } from "../../src/crystal/vectors.js";
import type { EnergyModel, Potential } from "../../src/energy/index.js";
import { energyPotential, loadEnergyModel, symmetryOperations } from "../../src/energy/index.js";
import { compiledEngine, eagerEngine, type Engine } from "../../src/runtime/index.js";
import { expectAllClose } from "../support/close.js";
import { modelPath, referenceEntries, rocksalt } from "./support.js";

const reference = referenceEntries();
let engine: Engine;
let model: EnergyModel;
let potential: Potential;
beforeAll(async () => {
  engine = await compiledEngine();
  model = await loadEnergyModel(modelPath);
  potential = energyPotential(engine, model);
});
afterAll(() => {
  potential.dispose();
  engine.dispose();
});

async function expectReference(of: Potential, entries: typeof reference): Promise<void> {
  const results = await of.evaluate(entries);
  results.forEach((found, k) => {
    const wanted = entries[k];
    const n = wanted.atomicNumbers.length;
    expectAllClose([found.energy / n], [wanted.energyPerAtom]);
    expectAllClose(found.siteEnergies, wanted.siteEnergies);
    expectAllClose(found.forces.flat(), wanted.forces, { floor: 0.1 });
    expectAllClose(found.stress.flat(), wanted.stressGPa, { floor: 1 });
    expectAllClose(found.magneticMoments, wanted.magneticMoments, { floor: 0.1 });
    expectAllClose(
      found.siteFeatures.flatMap((features) => [...features]),
      wanted.siteFeatures,
    );
  });
}

describe("CHGNet's numbers", () => {
  test("50 crystals, to 1e-5", { timeout: 300_000 }, () => {
    expect(reference).toHaveLength(50);
    return expectReference(potential, reference);
  });

  test("operation by operation, without compiling", { timeout: 120_000 }, async () => {
    const eager = await eagerEngine("cpu");
    await expectReference(energyPotential(eager, model), [reference[0], reference[11]]);
    eager.dispose();
  });

  test("the same from one of each kind of bond and angle, where symmetry makes them equal", async () => {
    const entries = reference.filter((_, k) => [0, 8, 11, 19, 35, 38, 42, 45].includes(k));
    const operations = entries.map((crystal) => symmetryOperations(crystal, 1e-4));
    expect(operations.map((list) => list.length)).toEqual([48, 48, 48, 24, 48, 48, 4, 16]);
    const whole = await potential.evaluate(entries);
    const reduced = await potential.evaluate(entries, operations);
    reduced.forEach((found, k) => {
      expectAllClose([found.energy], [whole[k].energy]);
      expectAllClose(found.forces.flat(), whole[k].forces.flat(), { floor: 1 });
      expectAllClose(found.stress.flat(), whole[k].stress.flat(), { floor: 1 });
      expectAllClose(found.siteEnergies, whole[k].siteEnergies);
    });
  });
});

describe("laws", () => {
  const crystal = reference[12];

  test("forces are the energy's slope", { timeout: 120_000 }, async () => {
    const step = 0.004;
    const moved = (atom: number, axis: number, by: number): Crystal => {
      const shift: Vector3 = [0, 1, 2].map((k) => (k === axis ? by : 0)) as unknown as Vector3;
      const fractional = crystal.fracCoords.map((x, i) => (i === atom ? addCartesian(crystal, x, shift) : x));
      return { ...crystal, fracCoords: fractional };
    };
    const pairs = [0, 1, 2].flatMap((axis) => [moved(1, axis, step), moved(1, axis, -step)]);
    const [{ forces }, ...found] = await potential.evaluate([crystal, ...pairs]);
    for (const axis of [0, 1, 2] as const) {
      const slope = (found[2 * axis].energy - found[2 * axis + 1].energy) / (2 * step);
      expect(forces[1][axis]).toBeCloseTo(-slope, 2);
    }
    for (const axis of [0, 1, 2] as const) expect(forces[0][axis] + forces[1][axis]).toBeCloseTo(0, 10);
  });

  test("the stress is the energy's slope by strain, over the volume", { timeout: 120_000 }, async () => {
    const step = 0.001;
    const strained = (row: number, column: number, by: number): Crystal => {
      const strain = [0, 1, 2].map((i) =>
        [0, 1, 2].map((j) => Number(i === j) + (i === row && j === column ? by : 0)),
      ) as unknown as Matrix3;
      const [a, b, c] = crystal.latticeMatrix;
      return { ...crystal, latticeMatrix: [timesMatrix(a, strain), timesMatrix(b, strain), timesMatrix(c, strain)] };
    };
    const entries = [[0, 0], [1, 2]] as const; // prettier-ignore
    const pairs = entries.flatMap(([i, j]) => [strained(i, j, step), strained(i, j, -step)]);
    const [{ stress }, ...found] = await potential.evaluate([crystal, ...pairs]);
    entries.forEach(([i, j], k) => {
      const slope = (found[2 * k].energy - found[2 * k + 1].energy) / (2 * step);
      expect(stress[i][j]).toBeCloseTo((slope / volume(crystal.latticeMatrix)) * 160.21766208, 1);
    });
    expect(stress[0][1]).toBeCloseTo(stress[1][0], 3);
  });

  test("a turned crystal has the same energy and turned forces; a larger cell as many times the energy", async () => {
    const turn: Matrix3 = [
      [0.6, -0.8, 0],
      [0.8, 0.6, 0],
      [0, 0, 1],
    ];
    const list = [crystal, rotate(crystal, turn), supercell(crystal, [1, 1, 2])];
    const [plain, turned, larger] = await potential.evaluate(list);
    expect(turned.energy).toBeCloseTo(plain.energy, 4);
    expect(larger.energy).toBeCloseTo(2 * plain.energy, 4);
    const [x, y, z] = plain.forces[0];
    expectAllClose(turned.forces[0], [0.6 * x - 0.8 * y, 0.8 * x + 0.6 * y, z]);
  });

  test("what else is in a batch changes nothing", async () => {
    const alone = await potential.evaluate([crystal]);
    const others = await potential.evaluate([reference[0], crystal, reference[3], rocksalt(4.2, [12, 8])]);
    expectAllClose([others[1].energy], [alone[0].energy]);
    expectAllClose(others[1].forces.flat(), alone[0].forces.flat());
    expect(await potential.evaluate([])).toEqual([]);
  });
});

describe("disposal", () => {
  test("a disposed potential stays disposed", async () => {
    const short = energyPotential(engine, model);
    short.dispose();
    short.dispose();
    await expect(short.evaluate([rocksalt(4.2, [12, 8])])).rejects.toThrow("energy potential: it was disposed");
  });
});

describe("bad input", () => {
  test.each([
    ["an element beyond plutonium", { ...rocksalt(5, [95, 8]) }, "crystal 2: expected elements up to number 94, found 95"],
    ["two atoms in one place", { ...rocksalt(5, [12, 8], -0.5), fracCoords: [[0, 0, 0], [0, 0, 0.001]] }, "crystal 2: atoms 1 and 2"],
    ["an atom without neighbours", { ...rocksalt(40, [12, 8]) }, "crystal 2: expected a neighbour within 6 Angstrom of atom 1"],
  ] as [string, Crystal, string][])("%s is refused", async (_, crystal, message) => {
    await expect(potential.evaluate([rocksalt(4.2, [12, 8]), crystal])).rejects.toThrow(message);
  }); // prettier-ignore
});

function addCartesian({ latticeMatrix }: Crystal, x: Vector3, shift: Vector3): Vector3 {
  // The lattice of the crystal under test is regular; solving by Cramer's rule keeps this independent of src.
  const [a, b, c] = latticeMatrix;
  const det = (p: Vector3, q: Vector3, r: Vector3) =>
    p[0] * (q[1] * r[2] - q[2] * r[1]) - p[1] * (q[0] * r[2] - q[2] * r[0]) + p[2] * (q[0] * r[1] - q[1] * r[0]);
  const whole = det(a, b, c);
  return [x[0] + det(shift, b, c) / whole, x[1] + det(a, shift, c) / whole, x[2] + det(a, b, shift) / whole];
}
