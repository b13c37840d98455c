// Small vasprun.xml files put together here, so that every number that is read can be checked with a pencil.
import { describe, expect, it } from "vitest";
import { parseVasprun, type DosFile, type ReadDosOptions } from "../../src/dos/index.js";
import { inPieces } from "./readers-support.js";

type Rows = readonly (readonly number[])[];

interface Run {
  readonly incar?: Readonly<Record<string, string>>;
  readonly atoms?: readonly string[];
  readonly positions?: Rows;
  /** Of the initial structure and of the one after all calculations. */
  readonly outerPositions?: Rows;
  readonly steps?: number;
  /** [spin][k-point] rows of energy and occupation. */
  readonly bands?: readonly (readonly Rows[])[];
  readonly efermi?: number | null;
  /** [spin] rows of energy, density, integrated density. */
  readonly total?: readonly Rows[];
  readonly orbitals?: readonly string[];
  /** [ion][spin] rows of energy and orbitals. */
  readonly ions?: readonly (readonly Rows[])[];
  readonly atomTypes?: boolean;
  readonly afterAtoms?: string;
  readonly afterDos?: string;
  readonly repeated?: number;
}

const line = (row: readonly number[], tag: string) => `<${tag}>${row.map((x) => ` ${x.toFixed(6)}`).join("")}</${tag}>`;
const set = (inner: readonly string[]) => `<set>${inner.join("")}</set>`;
const structure = (positions: Rows, name = "") =>
  `<structure${name}><crystal><varray name="basis">${[[4, 0, 0], [0, 4, 0], [0, 0, 4]].map((v) => line(v, "v")).join("")}</varray></crystal>` + // prettier-ignore
  `<varray name="positions">${positions.map((v) => line(v, "v")).join("")}</varray></structure>`;

function vasprun(run: Run): string {
  const { atoms = ["Na", "Cl"], bands, ions, efermi = 1, steps = 3 } = run;
  const positions = run.positions ?? [[0, 0, 0], [0.5, 0.5, 0.5]].slice(0, atoms.length); // prettier-ignore
  const total = run.total ?? [[[0, 1, 0], [1, 1, 1.5], [2, 1, 3]]]; // prettier-ignore
  const orbitals = run.orbitals ?? ["s", "x2-y2"];
  const calculation =
    "<calculation>" +
    "<scstep></scstep>".repeat(steps) +
    structure(positions) +
    (bands
      ? `<eigenvalues><array>${set(bands.map((spin) => set(spin.map((k) => set(k.map((r) => line(r, "r")))))))}</array></eigenvalues>`
      : "") + // prettier-ignore
    "<dos>" +
    (efermi === null ? "" : `<i name="efermi"> ${efermi} </i>`) +
    `<total><array>${set(total.map((rows) => set(rows.map((r) => line(r, "r")))))}</array></total>` +
    (ions
      ? `<partial><array><field>energy</field>${orbitals.map((o) => `<field> ${o} </field>`).join("")}` +
        `${set(ions.map((ion) => set(ion.map((rows) => set(rows.map((r) => line(r, "r")))))))}</array></partial>`
      : "") +
    `</dos>${run.afterDos ?? ""}</calculation>`;
  return (
    `<?xml version="1.0" encoding="ISO-8859-1"?><modeling>` +
    `<incar>${Object.entries(run.incar ?? {})
      .map(([name, value]) => `<i name="${name}"> ${value} </i>`)
      .join("")}</incar>` + // prettier-ignore
    `<atominfo><array name="atoms"><field>element</field><set>${atoms.map((a) => `<rc><c>${a} </c><c>1</c></rc>`).join("")}</set></array>` +
    `${run.atomTypes === false ? "" : '<array name="atomtypes"><set><rc><c>1</c><c>Xx</c></rc></set></array>'}</atominfo>${run.afterAtoms ?? ""}` +
    (run.outerPositions ? structure(run.outerPositions, ' name="initialpos"') : "") +
    calculation.repeat(run.repeated ?? 1) +
    (run.outerPositions ? structure(run.outerPositions, ' name="finalpos"') : "") +
    "</modeling>"
  );
}

const read = (run: Run, options: ReadDosOptions = {}): Promise<DosFile> =>
  parseVasprun(inPieces(vasprun(run)), "v", options);

describe("spectra", () => {
  const up = [[0, 1, 0], [1, 2, 1], [2, 3, 3]]; // prettier-ignore
  const down = [[0, 4, 0], [1, 5, 4], [2, 6, 9]]; // prettier-ignore
  const ion = (factor: number) =>
    [1, 10].map((spin) => [0, 1, 2].map((e) => [e, factor * spin * (e + 1), factor * spin * 0.5]));

  it("energies from the Fermi level, spins and orbitals summed, kept on request", async () => {
    const run = { total: [up, down], ions: [ion(1), ion(2)], efermi: 0.5 };
    const file = await read(run, { channels: true });
    expect([...file.energies]).toEqual([-0.5, 0.5, 1.5]);
    expect([...file.totalDos!]).toEqual([5, 7, 9]);
    expect(file.siteDos!.map((row) => [...row])).toEqual([
      [16.5, 27.5, 38.5],
      [33, 55, 77],
    ]);
    expect(file.channels!.map(({ spin, orbital }) => `${spin} ${orbital}`)).toEqual([
      ...["up s", "up dx2", "down s", "down dx2"],
    ]);
    expect([...file.channels![2].siteDos[1]]).toEqual([20, 40, 60]);
    expect([...file.channels![1].siteDos[0]]).toEqual([0.5, 0.5, 0.5]);
    expect(await read(run)).not.toHaveProperty("channels");
    const plain = await read({ total: [up], ions: [ion(1).slice(0, 1), ion(1).slice(1)] }, { channels: true });
    expect(plain.channels!.map(({ spin }) => spin)).toEqual(["both", "both"]);
    expect([...plain.siteDos![1]]).toEqual([15, 25, 35]);
  });

  it("of a non-collinear run only the total", async () => {
    const total = [up, down, down, down];
    const four = (factor: number) => [...ion(factor), ...ion(7 * factor)];
    await expect(read({ total })).rejects.toThrow("v: a spin-orbit or non-collinear run");
    await expect(read({ incar: { LSORBIT: "T" } })).rejects.toThrow("a spin-orbit or non-collinear run");
    await expect(read({ incar: { LNONCOLLINEAR: "T" } })).rejects.toThrow("a spin-orbit or non-collinear run");
    await expect(read({ incar: { LSORBIT: "F", LNONCOLLINEAR: "F" } })).resolves.toBeDefined();
    const file = await read({ total, ions: [four(1), four(2)] }, { spinOrbit: "total", channels: true });
    expect([...file.totalDos!]).toEqual([1, 2, 3]);
    expect([...file.siteDos![0]]).toEqual([1.5, 2.5, 3.5]);
    expect(file.channels!.map(({ spin }) => spin)).toEqual(["both", "both"]);
    expect(file.notes[0]).toMatch(/only the total of its spectra was read/);
  });

  it("of the last calculation, and of the mesh itself", async () => {
    const other = `<dos comment="interpolated"><i name="efermi"> 99 </i><total><array><set><set>${line([0, 9, 9], "r")}</set></set></array></total></dos>`;
    expect(await read({ afterDos: other, repeated: 2 })).toEqual(await read({}));
    expect((await read({ afterDos: other })).fermiEnergy).toBe(1);
  });

  it("repeated energies on a fine grid are made even; none, one or falling ones are refused", async () => {
    const rows = (...energies: number[]) => [energies.map((e) => [e, 1, e])];
    const file = await read({ total: rows(0, 0, 2, 2, 4), efermi: 0 });
    expect([...file.energies]).toEqual([0, 1, 2, 3, 4]);
    expect([...(await read({ total: rows(0, 1, 4), efermi: 0 })).energies]).toEqual([0, 1, 4]);
    await expect(read({ total: rows() })).rejects.toThrow("v: the total DOS has 0 energies, expected at least 2");
    await expect(read({ total: rows(1) })).rejects.toThrow("v: the total DOS has 1 energies, expected at least 2");
    await expect(read({ total: rows(0, 2, 1, 3) })).rejects.toThrow("energies must rise: energy 2 is 1 eV after 2 eV");
    await expect(read({ efermi: null })).rejects.toThrow("no Fermi level");
  });

  it("must fit atoms, spins and energies", async () => {
    const one = ion(1).slice(0, 1);
    await expect(read({ ions: [one] })).rejects.toThrow("projected DOS for 1 ions, atominfo has 2 atoms");
    await expect(read({ ions: [one, ion(1)] })).rejects.toThrow("ion 2 has 2 spins, the total 1");
    const short = [one[0].slice(0, 2)];
    await expect(read({ ions: [one, short] })).rejects.toThrow("ion 2, spin 1: 2 energies, the total DOS has 3");
    const long = [[...one[0], [3, 1, 1]]];
    await expect(read({ ions: [one, long] })).rejects.toThrow("ion 2: more energies than the total DOS has (3)");
    const moved = [one[0].map(([e, ...rest]) => [e + 0.002, ...rest])];
    await expect(read({ ions: [one, moved] })).rejects.toThrow("ion 2: energy 0 is 0.002 eV, in the total DOS 0 eV");
    await expect(read({ ions: [one, one], orbitals: ["s"] })).rejects.toThrow("has 3 numbers, expected 2");
  });
});

describe("structure", () => {
  it("is that of the last calculation; the ones around it are a fallback", async () => {
    const outerPositions = [[0.25, 0, 0], [0.75, 0.5, 0.5]]; // prettier-ignore
    const { crystal } = await read({ outerPositions });
    expect(crystal!.fracCoords).toEqual([[0, 0, 0], [0.5, 0.5, 0.5]]); // prettier-ignore
    expect(crystal!.latticeMatrix).toEqual([[4, 0, 0], [0, 4, 0], [0, 0, 4]]); // prettier-ignore
    expect(crystal!.atomicNumbers).toEqual([11, 17]);
  });

  it("cells of other tables are no atoms; damaged symbols are known", async () => {
    const afterAtoms = `<extra><array name="atoms"><set><rc><c>Xx</c></rc></set></array></extra>`;
    for (const atomTypes of [true, false])
      expect((await read({ afterAtoms, atomTypes })).crystal!.atomicNumbers).toEqual([11, 17]);
    expect((await read({ atoms: ["X", "r"] })).crystal!.atomicNumbers).toEqual([54, 40]);
    await expect(read({ atoms: ["Na", "Qq"] })).rejects.toThrow('atominfo, atom 2: "Qq" is not an element');
    await expect(read({ positions: [[0, 0, 0]] })).rejects.toThrow(
      "the structure has 1 positions, atominfo has 2 atoms",
    );
  });
});

describe("smearing", () => {
  it.each([
    [{ ISMEAR: "-5" }, 0, "centred"],
    [{ ISMEAR: "-1", SIGMA: "0.1" }, (0.1 * Math.PI) / Math.sqrt(3), "below"],
    [{ ISMEAR: "0", SIGMA: "0.1" }, 0.1 / Math.SQRT2, "below"],
    [{ ISMEAR: "0" }, 0.2 / Math.SQRT2, "below"],
    [{ ISMEAR: "0", SIGMA: "-0.3" }, 0.3 / Math.SQRT2, "below"],
    [{ ISMEAR: "2", SIGMA: "0.1" }, 0, "below"],
    [{}, 0, "below"],
  ] as const)("%o", async (incar, sigma, binning) => {
    const file = await read({ incar });
    expect(file.sigma).toBeCloseTo(sigma, 12);
    expect(file.binning).toBe(binning);
  });
});

describe("what is known", () => {
  const bands = [[[[-3, 1], [0.5, 1], [1.75, 0], [3, 0]], [[-2, 1], [0.25, 1], [1.5, 0], [1.875, 0]]]]; // prettier-ignore

  it("up to where the first k-point runs out of bands, at most to the last energy", async () => {
    expect((await read({ bands })).known).toEqual([-Infinity, 0.875]);
    const high = bands.map((spin) => spin.map((k) => [...k, [9, 0]]));
    expect((await read({ bands: high })).known).toEqual([-Infinity, 1]);
    expect((await read({})).known).toEqual([-Infinity, 1]);
    // Without bands: to where the states end.
    const ending = [[[0, 1, 0], [1, 1, 1], [2, 0, 1]]]; // prettier-ignore
    expect((await read({ total: ending })).known).toEqual([-Infinity, 0]);
  });

  it("from the first energy where states lie below it", async () => {
    const total = (below: number) => [[[0, 1, below], [1, 1, 1 + below], [2, 1, 2 + below]]]; // prettier-ignore
    expect((await read({ total: total(2) })).known).toEqual([-1, 1]);
    expect((await read({ total: total(0.009) })).known).toEqual([-Infinity, 1]);
    expect((await read({ total: [...total(0), ...total(2)] })).known).toEqual([-1, 1]);
  });

  it("the valence-band maximum from the Fermi level; null for a metal; absent without bands", async () => {
    expect((await read({ bands })).valenceBandMaximum).toBe(-0.5);
    const metal = [[[[-3, 1], [0.5, 0.5]], [[-2, 1], [0.25, 1]]]]; // prettier-ignore
    expect((await read({ bands: metal })).valenceBandMaximum).toBeNull();
    expect(await read({})).not.toHaveProperty("valenceBandMaximum");
    // The second spin has the higher edge.
    const second = bands[0].map((k) => k.map(([e, f]) => [e + 0.125, f]));
    expect((await read({ bands: [bands[0], second], total: [[[0, 1, 0], [1, 1, 1]], [[0, 1, 0], [1, 1, 1]]] })).valenceBandMaximum).toBe(-0.375); // prettier-ignore
  });
});

describe("notes", () => {
  it("an electronic loop that used all its steps", async () => {
    expect((await read({ incar: { NELM: "3" } })).notes).toEqual([
      "the last electronic loop stopped after NELM = 3 steps and may not be converged",
    ]);
    expect((await read({ incar: { NELM: "4" } })).notes).toEqual([]);
    expect((await read({ incar: { NELM: "1" }, steps: 1 })).notes).toEqual([]);
    // Counted anew in each calculation.
    expect((await read({ incar: { NELM: "4" }, repeated: 2 })).notes).toEqual([]);
  });

  it("points that do not add up to the integral, beyond 5 %", async () => {
    // Points: (1 + 1 + 1) x 1 eV = 3 states; the integral says 3 / 1.04, 3 / 1.2 or 3 / 0.8.
    const total = (states: number) => [[[0, 1, 0], [1, 1, 1], [2, 1, states]]]; // prettier-ignore
    expect((await read({ total: total(3 / 1.04) })).notes).toEqual([]);
    expect((await read({ total: total(2.5) })).notes[0]).toMatch(/differ from its integral by 20% of the states/);
    expect((await read({ total: total(3.75) })).notes[0]).toMatch(/by 20% of the states/);
    expect((await read({ total: [...total(2), ...total(4)] })).notes).toEqual([]);
    expect((await read({ total: total(0) })).notes).toEqual([]);
  });
});
