import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formula } from "../../src/crystal/index.js";
import type { ElementProbability } from "../../src/model/index.js";
import { proposeCompositions } from "../../src/model/index.js";

const site = (...probabilities: readonly (readonly [number, number])[]): ElementProbability[] =>
  probabilities.map(([atomicNumber, probability]) => ({ atomicNumber, probability }));

/** Every composition with its probability, by trying all arrangements. */
function bruteForce(
  sites: readonly ElementProbability[][],
  groups: readonly (readonly number[])[],
): Map<string, number> {
  const found = new Map<string, number>();
  const visit = (g: number, atoms: number[], p: number): void => {
    if (g === groups.length) {
      const key = [...atoms].sort((a, b) => a - b).join(" ");
      found.set(key, (found.get(key) ?? 0) + p);
      return;
    }
    for (const { atomicNumber } of sites[groups[g][0]]) {
      const mean = groups[g].reduce((sum, s) => sum + (sites[s].find((x) => x.atomicNumber === atomicNumber)?.probability ?? 0), 0) / groups[g].length; // prettier-ignore
      visit(g + 1, [...atoms, ...groups[g].map(() => atomicNumber)], p * mean);
    }
  };
  visit(0, [], 1);
  return found;
}

/** Sites of four elements, in random probabilities that sum to 1. */
const randomSite = fc
  .array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 })
  .map((weights) => {
    const total = weights.reduce((a, b) => a + b, 0);
    return site(...weights.map((w, i) => [[3, 9, 14, 22][i], w / total] as const));
  });

describe("the likeliest compositions", () => {
  it("are those of all arrangements tried, in their order", () => {
    fc.assert(
      fc.property(fc.array(randomSite, { minLength: 1, maxLength: 4 }), fc.boolean(), (sites, paired) => {
        const groups = paired && sites.length > 2 ? [[0, 1], ...sites.slice(2).map((_, i) => [i + 2])] : sites.map((_, i) => [i]); // prettier-ignore
        const expected = [...bruteForce(sites, groups)].sort(([, a], [, b]) => b - a);
        const { compositions, exact } = proposeCompositions(sites, { count: 5, groups });
        expect(exact).toBe(true);
        expect(compositions.length).toBe(Math.min(5, expected.length));
        compositions.forEach(({ atomicNumbers, probability }, i) => {
          expect(probability).toBeCloseTo(expected[i][1], 9);
          expect(bruteForceOf(expected, atomicNumbers)).toBeCloseTo(probability, 9);
        });
      }),
    );
  });
  const bruteForceOf = (all: readonly [string, number][], atoms: readonly number[]) =>
    all.find(([key]) => key === [...atoms].sort((a, b) => a - b).join(" "))![1];

  it("come in their likeliest arrangement, site by site, each formula once", () => {
    const sites = [site([31, 0.6], [33, 0.4]), site([33, 0.7], [31, 0.3])];
    const { compositions } = proposeCompositions(sites);
    expect(compositions.map((c) => c.formula)).toEqual(["AsGa", "As", "Ga"]);
    expect(compositions[0].atomicNumbers).toEqual([31, 33]);
    // Ga-As and As-Ga are one composition.
    expect(compositions[0].probability).toBeCloseTo(0.6 * 0.7 + 0.4 * 0.3, 9);
  });

  it("add up to one", () => {
    const sites = [site([31, 0.6], [33, 0.4]), site([33, 0.7], [31, 0.3]), site([8, 0.9], [16, 0.1])];
    const { compositions } = proposeCompositions(sites, { count: 100 });
    expect(compositions.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 9);
  });

  it("twelve unlike sites of sixty elements do not take forever", () => {
    const many = Array.from({ length: 12 }, (_, s) =>
      site(...Array.from({ length: 60 }, (_e, e) => [e + 1, 2 ** -(((e + 7 * s) % 60) + 1)] as const)),
    );
    const start = performance.now();
    const { compositions } = proposeCompositions(many);
    expect(compositions.length).toBe(16);
    expect(performance.now() - start).toBeLessThan(20_000);
  }, 30_000);
});

describe("constraints", () => {
  const sites = [site([3, 0.7], [11, 0.2], [19, 0.1]), site([9, 0.6], [17, 0.3], [8, 0.1])];

  it("allowed elements: the probabilities are those among them", () => {
    const { compositions, notes } = proposeCompositions(sites, { elements: [11, 19, 17] });
    expect(compositions.map((c) => c.formula)).toEqual(expect.arrayContaining(["ClNa", "ClK"]));
    expect(compositions[0].formula).toBe("ClNa");
    expect(compositions[0].probability).toBeCloseTo(2 / 3, 5);
    expect(notes).toEqual([]);
  });
  it("a chemical system: all of its elements, no other", () => {
    const { compositions } = proposeCompositions(sites, { chemicalSystem: [3, 17] });
    expect(compositions.map((c) => c.formula)).toEqual(["ClLi"]);
  });
  it("an exact composition, in its likeliest arrangement", () => {
    const { compositions } = proposeCompositions(sites, { composition: new Map([[9, 1], [19, 1]]) }); // prettier-ignore
    expect(compositions).toEqual([{ formula: "FK", atomicNumbers: [19, 9], probability: 1 }].map((c) => ({ ...c, probability: expect.closeTo(1, 3) as number }))); // prettier-ignore
  });
  it("an exact composition that parts equal sites, which a note says", () => {
    const equal = [sites[0], sites[0]];
    const { compositions, notes } = proposeCompositions(equal, { groups: [[0, 1]], composition: new Map([[3, 1], [11, 1]]) }); // prettier-ignore
    expect(compositions[0].formula).toBe("LiNa");
    expect(notes.join()).toMatch(/equal spectra were given different elements/);
  });
  it("a judge of compositions, exactly", () => {
    const even = (atoms: readonly number[]) => atoms.includes(8);
    const { compositions } = proposeCompositions(sites, { accept: even });
    expect(compositions.map((c) => c.formula)).toEqual(["Li2O", "Na2O", "K2O"].map((_, i) => formula([[3, 8], [11, 8], [19, 8]][i]))); // prettier-ignore
  });
  it("nothing likely is allowed: the nearest are used, and a note says so", () => {
    // Strontium resembles none of fluorine's neighbours less than krypton does; for a site that is lithium, rubidium is nearest.
    const { compositions, notes } = proposeCompositions([site([3, 1])], { elements: [37, 54, 76] });
    expect(compositions[0].formula).toBe("Rb");
    expect(notes.join()).toMatch(/allowed elements have a probability of 0.*the nearest of them are proposed/);
  });
  it("nothing at all is allowed: what breaks a constraint is proposed, and a note says so", () => {
    const { compositions, notes } = proposeCompositions(sites, { accept: () => false });
    expect(compositions[0].formula).toBe("FLi");
    expect(notes.join()).toMatch(/no composition that was searched .* fulfils all constraints/);
  });
  it("contradictions are refused", () => {
    expect(() => proposeCompositions(sites, { elements: [3], chemicalSystem: [3, 9] })).toThrow(
      /element 9, which the allowed/,
    );
    expect(() => proposeCompositions(sites, { composition: new Map([[3, 3]]) })).toThrow(/has 3 atoms, expected 2/);
    expect(() => proposeCompositions([], {})).toThrow(/at least one site/);
    expect(() => proposeCompositions(sites, { count: 0 })).toThrow(/count must be a whole number above 0/);
  });
});
