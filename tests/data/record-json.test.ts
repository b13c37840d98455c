// What records carry beside crystal and spectra: forces, stress, typed properties, printable names.
import { describe, expect, it } from "vitest";
import { recordFromJson, recordToJson, type DosRecord } from "../../src/data/index.js";
import { decodePart } from "../../src/data/part.js";
import { encodePart } from "../../src/data/part-encode.js";
import { fixtureRecords } from "./helpers.js";

const stress = [
  [1.5, 0.25, 0],
  [0.25, 2.5, -0.125],
  [0, -0.125, -4],
];
const forces = [
  [0.1, 0, -0.2],
  [-0.1, 0, 0.1],
  [0, 0, 0.1],
];

/** The fixture's AgB2 (three atoms, the old form of the stress) as JSON, with changes. */
async function json(change: object = {}): Promise<Record<string, unknown>> {
  return { ...recordToJson((await fixtureRecords())[0]), ...change };
}

describe("stress and forces", () => {
  it("the old form, three numbers, stays the diagonal in the properties", async () => {
    const entry = await json();
    const old = recordFromJson({ ...entry, stress_GPa: [-0.21, -0.21, -5.94] }, "f");
    expect(old.properties).toMatchObject({ stress_GPa_0: -0.21, stress_GPa_1: -0.21, stress_GPa_2: -5.94 });
    expect(old.stress).toBeUndefined();
    expect(old.forces).toBeUndefined();
    expect(recordFromJson(recordToJson(old), "f").properties).toEqual(old.properties);
  });

  it("the whole tensor and the forces on each atom survive JSON and a part", async () => {
    const record = recordFromJson(await json({ stress_GPa: stress, forces_eV_A: forces }), "f");
    expect(record).toMatchObject({ stress, forces });
    expect(record.properties).toMatchObject({ stress_GPa_0: 1.5, stress_GPa_1: 2.5, stress_GPa_2: -4 });
    const again = recordToJson(record);
    expect(again).toMatchObject({ stress_GPa: stress, forces_eV_A: forces });
    expect(again).not.toHaveProperty("stress_GPa_0");
    expect(recordFromJson(again, "f")).toEqual(record);
    const stored = decodePart(encodePart([record]), "part").at(0);
    expect(stored).toMatchObject({ stress, forces });
    expect(stored.properties.stress_GPa_2).toBe(-4);
  });

  it("old and new records share a part: each gets its own back, none gets another's", async () => {
    const records = (await fixtureRecords()).slice(0, 3);
    const mixed: DosRecord[] = [records[0], { ...records[1], ...vectorsOf(records[1]) }, records[2]];
    const part = decodePart(encodePart(mixed), "part");
    expect(part.at(0)).not.toHaveProperty("forces");
    expect(part.at(0)).not.toHaveProperty("stress");
    expect(part.at(1)).toMatchObject(vectorsOf(records[1]));
    expect(part.at(2)).not.toHaveProperty("stress");
    expect(decodePart(encodePart(records), "part").at(1)).not.toHaveProperty("forces");
  });

  const vectorsOf = ({ crystal }: DosRecord): Required<Pick<DosRecord, "forces" | "stress">> => ({
    forces: crystal.atomicNumbers.map((z, i) => [i + 0.5, -z, 0.0625]),
    stress: [
      [1, 2, 3],
      [2, 5, 6],
      [3, 6, 9],
    ],
  });

  it.each([
    [{ forces_eV_A: forces.slice(1) }, "f (alb2-AgB2): forces_eV_A must be 3 vectors, found 2"],
    [{ forces_eV_A: [...forces.slice(1), [0, 0, null]] }, "forces_eV_A[2] must be 3 finite numbers, found [0,0,null]"],
    [{ stress_GPa: stress.slice(1) }, "f (alb2-AgB2): stress_GPa must be 3 vectors, found 2"],
    [{ stress_GPa: [[1, 2], ...stress.slice(1)] }, "stress_GPa[0] must be 3 finite numbers, found [1,2]"],
  ])("of another shape are refused (%#)", async (change, message) => {
    const entry = await json(change);
    expect(() => recordFromJson(entry, "f")).toThrow(message);
  });
});

describe("properties", () => {
  it.each([
    [{ gap_eV: "none" }, 'f (alb2-AgB2): gap_eV must be a number, found "none"'],
    [{ prototype: 7 }, "f (alb2-AgB2): prototype must be a text, found 7"],
  ])("known ones have their type (%#)", async (change, message) => {
    const entry = await json(change);
    expect(() => recordFromJson(entry, "f")).toThrow(message);
  });

  it("known ones may be null, others may be anything plain", async () => {
    const { properties } = recordFromJson(await json({ gap_eV: null, kind: null, spacegroup: "P6/mmm", mine: 3 }), "f");
    expect(properties).toMatchObject({ gap_eV: null, kind: null, spacegroup: "P6/mmm", mine: 3 });
  });

  it("a part's columns have their types too", async () => {
    const [record] = await fixtureRecords();
    const wrong = { ...record, properties: { ...record.properties, gap_eV: "none" as unknown as number } };
    expect(() => decodePart(encodePart([wrong]), "part")).toThrow("part: the property gap_eV has the wrong type");
    const mistyped = { ...record, properties: { ...record.properties, kind: 1 as unknown as string } };
    expect(() => decodePart(encodePart([mistyped]), "part")).toThrow("part: the property kind has the wrong type");
  });
});

describe("ids", () => {
  it("with escape sequences are refused, and quoted so that a terminal shows them", async () => {
    const entry = await json({ structure_id: "a\u001b[2Jb" });
    expect(() => recordFromJson(entry, "f")).toThrow("f: structure_id must be printable, found a\\u001b[2Jb");
    const [record] = await fixtureRecords();
    const part = encodePart([{ ...record, id: "x\u009b31m" }]);
    expect(() => decodePart(part, "part")).toThrow("part: ids must be printable, found x\\u009b31m");
  });
});
