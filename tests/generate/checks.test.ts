// Every bound of the options: the last value that is allowed, and the first that is not.
import { describe, expect, test } from "vitest";
import { assertConsistent, assertSettings, pinnedTypes } from "../../src/generate/checks.js";
import type { GenerateOptions } from "../../src/generate/index.js";
import { template, tinyModel } from "./support.js";

const { MAX_VALUE: large } = Number;

describe("settings", () => {
  test.each<[name: string, allowed: readonly GenerateOptions[], refused: readonly GenerateOptions[]]>([
    ["count", [{ count: 0 }, { count: 3 }], [{ count: -1 }, { count: 0.5 }]],
    ["batchSize", [{ batchSize: 1 }], [{ batchSize: 0 }, { batchSize: 1.5 }]],
    ["steps", [{ steps: 1 }], [{ steps: 0 }, { steps: Infinity }]],
    ["frameEvery", [{ frameEvery: 1 }], [{ frameEvery: 0 }]],
    ["guidanceWeight", [{ guidanceWeight: -1 }, { guidanceWeight: large }], [{ guidanceWeight: Infinity }, { guidanceWeight: NaN }]], // prettier-ignore
    [
      "guidanceInterval",
      [{ guidanceInterval: [0, 1] }, { guidanceInterval: [0.5, 0.5] }],
      [{ guidanceInterval: [-0.1, 1] }, { guidanceInterval: [0, 1.1] }, { guidanceInterval: [0.6, 0.5] }],
    ],
    ["eta", [{ eta: 0 }, { eta: 1 }], [{ eta: -0.1 }, { eta: 1.1 }, { eta: NaN }]],
    [
      "coordEta",
      [{ coordEta: 0 }, { coordEta: large }, { coordEta: "all" }],
      [{ coordEta: -0.1 }, { coordEta: Infinity }, { coordEta: NaN }],
    ],
    ["order", [{ order: 1 }, { order: 2 }], [{ order: 3 as 1 }, { order: 0 as 1 }]],
    ["spacing", [{ spacing: 0.5 }, { spacing: 4 }], [{ spacing: 0.49 }, { spacing: 4.1 }, { spacing: NaN }]],
    [
      "correctorStepSize",
      [{ correctorStepSize: 0 }, { correctorStepSize: large }],
      [{ correctorStepSize: -1e-9 }, { correctorStepSize: Infinity }, { correctorStepSize: NaN }],
    ],
  ])("%s", (name, allowed, refused) => {
    for (const options of allowed) expect(() => assertSettings(options)).not.toThrow();
    for (const options of refused)
      expect(() => assertSettings(options)).toThrow(new RegExp(`^${name}: expected .* found `));
  });
});

describe("options together", () => {
  const model = tinyModel(1);
  const { classCount } = model.config;
  const check = (options: GenerateOptions, atoms = 2) => assertConsistent(options, model, atoms);
  const templateAtoms = template.atomicNumbers.length;
  const [kept] = template.atomicNumbers;

  test("elements are those that the model knows", () => {
    for (const elements of [[1], [classCount]]) expect(() => check({ elements })).not.toThrow();
    for (const z of [0, classCount + 1, 1.5])
      for (const options of [{ elements: [z] }, { composition: new Map([[z, 2]]) }, { fixTypes: new Map([[0, z]]) }])
        expect(() => check(options)).toThrow(`the model knows Z = 1 to ${classCount}, found ${z}`);
  });

  test("a composition has as many atoms as the cell, of allowed elements", () => {
    expect(() => check({ composition: new Map([[3, 2], [9, 0]]) })).not.toThrow(); // prettier-ignore
    expect(() => check({ composition: new Map([[3, 2]]), elements: [3] })).not.toThrow();
    expect(() => check({ composition: new Map([[3, 1]]) })).toThrow("it has 1 atoms, the cell has 2");
    expect(() => check({ composition: new Map([[3, 3], [9, -1]]) })).toThrow("whole number of F atoms, found -1"); // prettier-ignore
    expect(() => check({ composition: new Map([[3, 1.5], [9, 0.5]]) })).toThrow("whole number of Li atoms, found 1.5"); // prettier-ignore
    expect(() => check({ composition: new Map([[3, 1], [9, 1]]), elements: [3] })).toThrow("F is not among"); // prettier-ignore
  });

  test("sites are those of the cell", () => {
    expect(() => check({ fixTypes: new Map([[0, 3], [1, 3]]) })).not.toThrow(); // prettier-ignore
    for (const site of [-1, 2, 0.5])
      expect(() => check({ fixTypes: new Map([[site, 3]]) })).toThrow(`fixTypes: site ${site} does not exist; the cell has sites 0 to 1`); // prettier-ignore
    const coords = { crystal: template, keep: { coords: [templateAtoms] } };
    expect(() => check({ template: coords }, templateAtoms)).toThrow(`template: site ${templateAtoms} does not exist`);
    const types = { crystal: template, keep: { types: [-1] } };
    expect(() => check({ template: types }, templateAtoms)).toThrow("template: site -1 does not exist");
    expect(() => check({ template: { crystal: template, keep: { types: true } } }, templateAtoms + 1)).toThrow(
      `template: it has ${templateAtoms} atoms, the cell has ${templateAtoms + 1}`,
    );
    expect(() => check({ initStructure: template }, templateAtoms + 1)).toThrow("initStructure: it has");
    expect(() => check({ initStructure: template }, templateAtoms)).not.toThrow();
  });

  test("what is certain must be possible", () => {
    const keep = { template: { crystal: template, keep: { types: true as const } } };
    const other = kept === 3 ? 9 : 3;
    expect(() => check({ ...keep, fixTypes: new Map([[0, kept]]) }, templateAtoms)).not.toThrow();
    expect(() => check({ ...keep, fixTypes: new Map([[0, other]]) }, templateAtoms)).toThrow("but the template keeps");
    expect(() => check({ ...keep, elements: [other] }, templateAtoms)).toThrow(/^template: site 0 is .* not among/);
    expect(() => check({ fixTypes: new Map([[1, 9]]), elements: [3] })).toThrow("fixTypes: site 1 is F");
    const composition = new Map([[3, 1], [9, 1]]); // prettier-ignore
    expect(() => check({ composition, fixTypes: new Map([[0, 3], [1, 9]]) })).not.toThrow(); // prettier-ignore
    expect(() => check({ composition, fixTypes: new Map([[0, 3], [1, 3]]) })).toThrow("2 sites are fixed to Li, but it has 1"); // prettier-ignore
    expect(() => check({ composition, fixTypes: new Map([[0, 5]]) })).toThrow("1 sites are fixed to B, but it has 0");
  });

  test("pins are the template's kept elements and the fixed ones", () => {
    const all = [...template.atomicNumbers.entries()];
    expect([...pinnedTypes({ template: { crystal: template, keep: { types: true } } })]).toEqual(all);
    expect([...pinnedTypes({ template: { crystal: template, keep: { types: [1] } } })]).toEqual([all[1]]);
    expect([...pinnedTypes({ template: { crystal: template, keep: { coords: true } } })]).toEqual([]);
    expect([...pinnedTypes({ fixTypes: new Map([[1, 9]]) })]).toEqual([[1, 9]]);
    expect([...pinnedTypes({})]).toEqual([]);
  });
});
