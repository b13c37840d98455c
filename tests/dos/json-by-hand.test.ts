// JSON of densities of states, small enough to check with a pencil.
import { describe, expect, it } from "vitest";
import { dosFile, dosFromText, storedSigma } from "../../src/dos/index.js";
import { fixtureText } from "./readers-support.js";

const dos = JSON.parse(fixtureText("Co2TaZn.complete-dos.json.gz")) as { energies: number[]; pdos: unknown[] };
const read = (value: unknown) => dosFromText(JSON.stringify(value), "x.json")[0];

describe("JSON", () => {
  it("refuses spectra that cannot be: no spin, repeated energies, other lengths, sites of another crystal", () => {
    expect(() => read({ ...dos, densities: {} })).toThrow('densities: expected the spins "1" and "-1", found none');
    expect(() => read({ ...dos, densities: { up: [1] } })).toThrow('expected the spins "1" and "-1", found "up"');
    expect(() => read({ ...dos, densities: { "1": [1] } })).toThrow(`densities["1"] has 1 points, expected ${dos.energies.length}`); // prettier-ignore
    expect(() => read({ ...dos, pdos: dos.pdos.slice(1) })).toThrow("pdos has 3 sites, the structure 4");
    expect(() => read({ energies: [0, 1, 1], totalDos: [1, 1, 1] })).toThrow(
      "energies must rise: point 2 is 1 eV after 1 eV",
    );
    expect(() => read({ energies: [0], totalDos: [1] })).toThrow("energies: expected at least 2 energies, found 1");
    expect(read({ energies: [0, 1], totalDos: [1, 1], sigma: 0 }).sigma).toBe(0);
    expect(() => read({ energies: [0, 1], totalDos: [1, 1], sigma: -0.1 })).toThrow("sigma must be at least 0 eV");
    const crystal = { cell: [[4, 0, 0], [0, 4, 0], [0, 0, 4]], fracCoords: [[0, 0, 0]], atomicNumbers: [29] }; // prettier-ignore
    expect(() => read({ ...crystal, energies: [0, 1], siteDos: [[1, 1], [1, 1]] })).toThrow("siteDos has 2 sites, atomicNumbers 1"); // prettier-ignore
    const own = read({
      ...crystal,
      energies: [0, 1],
      siteDos: [[1, 2]],
      known: [-3, 5],
      efermi: 2,
      valenceBandMaximum: null,
    });
    expect(own).toMatchObject({ known: [-3, 5], fermiEnergy: 2, valenceBandMaximum: null, sigma: storedSigma });
    expect(own).not.toHaveProperty("totalDos");
    expect(read({ energies: [0, 1], siteDos: [[1, 2]] })).not.toHaveProperty("valenceBandMaximum");
    expect(read({ energies: [0, 1], siteDos: [[1, 2]], valenceBandMaximum: -0.5 }).valenceBandMaximum).toBe(-0.5);
  });

  it("has no more parts than the file has and the caller asks for", () => {
    const always = ["binning", "energies", "fermiEnergy", "format", "known", "notes", "sigma", "source"];
    const keys = (value: unknown) => Object.keys(read(value)).sort();
    expect(keys(dos)).toEqual([...always, "crystal", "siteDos", "totalDos"].sort());
    expect(keys({ ...dos, structure: undefined })).toEqual([...always, "siteDos", "totalDos"].sort());
    expect(keys({ ...dos, pdos: undefined, structure: undefined })).toEqual([...always, "totalDos"].sort());
    expect(Object.keys(dosFromText(JSON.stringify(dos), "x", { channels: true })[0])).toContain("channels");
    expect(keys({ energies: [0, 1], siteDos: [[1, 1]] })).toEqual([...always, "siteDos"].sort());
    expect(keys({ energies: [0, 1], totalDos: [1, 1] })).toEqual([...always, "totalDos"].sort());
    const given = dosFile({ source: "s", format: "f", energies: [0, 1], totalDos: [1, 1] });
    expect(Object.keys(given).sort()).toEqual([...always, "totalDos"].sort());
  });

  it("says what it found", () => {
    expect(() => read({ energies: [0, 1], totalDos: [1, 1], sigma: null })).toThrow("sigma: expected a finite number, found null"); // prettier-ignore
    expect(() => read({ ...dos, efermi: undefined })).toThrow("efermi: expected a finite number, found nothing");
    expect(() => read({ ...dos, densities: [1, 2] })).toThrow("densities: expected an object, found [1,2]");
    expect(() => read({ ...dos, pdos: { a: "x".repeat(60) } })).toThrow('pdos: expected a list, found {"a":"xxxx');
    expect(() => read({ ...dos, efermi: new Array(30).fill(1) })).toThrow(
      "expected a finite number, found a list of 30",
    );
  });

  it("a record that knows its gap has its zero where a target needs it", () => {
    const y = [new Array<number>(400).fill(1)];
    expect(read({ y, gap_eV: 1.5 }).valenceBandMaximum).toBe(0);
    expect(read({ y, gap_eV: 0 }).valenceBandMaximum).toBeNull();
    expect(read({ y })).not.toHaveProperty("valenceBandMaximum");
    expect(read({ y, efermi_eV: 3.25 }).fermiEnergy).toBe(3.25);
    expect(() => read({ y, y_voronoi: [...y, ...y] })).toThrow("y_voronoi has 2 sites, y has 1");
  });
});
