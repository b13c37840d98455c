import fc from "fast-check";
import { expect, it } from "vitest";
import { convexHull, type Phase } from "../../src/verify/index.js";

const [H, O, Fe] = [1, 8, 26];
const phase = (id: string, atomicNumbers: number[], energyPerAtom: number): Phase => ({
  id,
  atomicNumbers,
  energyPerAtom,
});
const elements = [phase("H", [H], -3), phase("O", [O], -5), phase("Fe", [Fe], -8)];
const tolerance = 1e-7;

it("an unstable compound decomposes into its neighbours on the hull", async () => {
  const hull = await convexHull([...elements, phase("FeO", [Fe, O], -8.2), phase("Fe2O3", [Fe, Fe, O, O, O], -8)]);
  const answer = hull.above(phase("Fe3O4", [Fe, Fe, Fe, O, O, O, O], -7.9));
  if (answer.kind !== "hull") throw new Error("expected a hull");
  expect(answer.energyAboveHull).toBeCloseTo(-7.9 + (2 * 8.2 + 5 * 8) / 7, 6);
  // Fe3O4 = FeO + Fe2O3: two and five of its seven atoms.
  const shares = new Map(answer.decomposition.map(({ phase, share }) => [phase.id, share]));
  expect(shares.get("FeO")).toBeCloseTo(2 / 7, 6);
  expect(shares.get("Fe2O3")).toBeCloseTo(5 / 7, 6);
  expect(answer.formationEnergy).toBeCloseTo(-7.9 - (3 * -8 + 4 * -5) / 7, 6);
});

it("a stable compound lies below the others, and is not compared with itself", async () => {
  const stable = phase("FeO", [Fe, O], -8);
  const hull = await convexHull([...elements, stable]);
  expect(hull.above(stable)).toMatchObject({ kind: "hull", energyAboveHull: expect.closeTo(-1.5, 6) as number });
  // The same composition from elsewhere is compared with it.
  expect(hull.above(phase("mine", [Fe, Fe, O, O], -7.5))).toMatchObject({
    energyAboveHull: expect.closeTo(0.5, 6) as number,
  });
});

it("an element is compared with its own best phase", async () => {
  const hull = await convexHull([...elements, phase("Fe fcc", [Fe, Fe], -7.8)]);
  expect(hull.above(phase("Fe fcc", [Fe, Fe], -7.8))).toMatchObject({
    energyAboveHull: expect.closeTo(0.2, 6) as number,
  });
});

it("without all end members there is no hull, and it says which are missing", async () => {
  const hull = await convexHull([phase("O", [O], -5), phase("FeO", [Fe, O], -8)]);
  expect(hull.above(phase("x", [Fe, O, H], -6))).toEqual({ kind: "no hull", missing: [Fe, H] });
});

it("an energy that is no number is refused by name", async () => {
  const hull = await convexHull(elements);
  expect(() => hull.above(phase("bad", [Fe, O], NaN))).toThrow("bad (FeO): its energy is NaN");
});

it("no known phase lies below the hull of the others and itself; more phases never raise it", async () => {
  const energy = fc.double({ min: -10, max: 0, noNaN: true });
  const atoms = fc.array(fc.constantFrom(H, O, Fe), { minLength: 2, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(atoms, energy), { minLength: 2, maxLength: 8 }), atoms, async (known, asked) => {
      const phases = known.map(([numbers, e], i) => phase(`p${i}`, numbers, e));
      const few = await convexHull([...elements, ...phases.slice(1)]);
      const all = await convexHull([...elements, ...phases]);
      const one = phase("asked", asked, -5);
      const [a, b] = [few.above(one), all.above(one)];
      if (a.kind !== "hull" || b.kind !== "hull") throw new Error("expected a hull");
      expect(b.energyAboveHull).toBeGreaterThanOrEqual(a.energyAboveHull - tolerance);
      // The decomposition has the asked composition and as many phases as there are elements, at most.
      expect(b.decomposition.length).toBeLessThanOrEqual(new Set(asked).size);
      for (const z of new Set(asked)) {
        const share = (numbers: readonly number[]) => numbers.filter((y) => y === z).length / numbers.length;
        const mixed = b.decomposition.reduce((sum, { phase, share: s }) => sum + s * share(phase.atomicNumbers), 0);
        expect(mixed).toBeCloseTo(share(asked), 6);
      }
    }),
    { numRuns: 60 },
  );
});
