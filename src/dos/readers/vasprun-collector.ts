import { BandExtrema } from "./bands.js";
import { spinOrbitError, type ReadDosOptions } from "./dos-file.js";
import { fortranNumber, fortranNumbers } from "./numbers.js";
import type { XmlHandler } from "./xml.js";

/** The parts of a vasprun.xml that are kept. */
export interface VasprunContents {
  /** INCAR and, where VASP corrected it, its actual parameters. */
  readonly settings: Map<string, string>;
  /** Element symbols as VASP prints them. */
  readonly atoms: string[];
  /** Of the last ionic step. */
  structure?: { readonly basis: number[][]; readonly positions: number[][] };
  calculations: number;
  /** Electronic steps of the last calculation. */
  electronicSteps: number;
  bands: BandExtrema;
  dos?: VasprunDos;
}

export interface VasprunDos {
  /** eV */
  efermi?: number;
  /** [spin] */
  readonly totals: SpinTotal[];
  /** Names of the orbitals, in the order of the columns. */
  readonly orbitals: string[];
  readonly ions: IonDos[];
}

/** Columns of the total DOS of one spin: eV, states/eV/cell, states/cell. */
export interface SpinTotal {
  readonly energies: number[];
  readonly total: number[];
  readonly integrated: number[];
}

export interface IonDos {
  /** Number of rows read, by spin. */
  readonly rows: number[];
  /** [n] sum over spins and orbitals. */
  readonly sum: Float64Array;
  /** [spin][orbital][n], where they are kept. */
  readonly orbitals: Float64Array[][];
}

const leaves = new Set(["r", "v", "i", "c", "field"]);
const calculation = "modeling/calculation";

/** Collects from a vasprun.xml, while it is read, what a density of states needs. */
export class VasprunCollector implements XmlHandler {
  readonly contents: VasprunContents = {
    settings: new Map(),
    atoms: [],
    calculations: 0,
    electronicSteps: 0,
    bands: new BandExtrema(),
  };
  /** Takes the text of the next <r> or <v>. */
  private row: ((text: string) => void) | undefined;
  private settingName: string | undefined;
  private atomColumn = -1;
  private dos: VasprunDos | undefined;

  constructor(private readonly options: ReadDosOptions) {}

  wantsText(name: string): boolean {
    return leaves.has(name);
  }

  open(name: string, attributes: Readonly<Record<string, string>>, path: readonly string[]): void {
    if (path.length === 1 && name !== "modeling") throw new Error(`not a vasprun.xml: it begins with <${name}>`);
    if (name === "i") this.settingName = attributes.name;
    else if (name === "rc") this.atomColumn = 0;
    else if (!leaves.has(name)) this.openSection(path.join("/"), attributes);
  }

  close(name: string, text: string, path: readonly string[]): void {
    if (name === "r" || name === "v") this.row?.(text);
    else if (name === "c") this.cell(text);
    else if (name === "i") this.setting(text, path);
    else if (name === "field") this.field(text, path);
    else if (name !== "rc") this.closeSection(path.join("/"));
  }

  private openSection(place: string, attributes: Readonly<Record<string, string>>): void {
    if (place === calculation) this.startCalculation();
    else if (place === `${calculation}/scstep`) this.contents.electronicSteps++;
    else if (place === "modeling/atominfo/array") this.readsAtoms = attributes.name === "atoms";
    else if (/^modeling(\/calculation)?\/structure$/.test(place)) this.openStructure(place, attributes.name);
    else if (place.endsWith("structure/crystal/varray") || place.endsWith("structure/varray"))
      this.openVectors(attributes.name);
    else if (place === `${calculation}/eigenvalues`) this.contents.bands = new BandExtrema();
    else if (place === `${calculation}/eigenvalues/array/set/set`) this.spin++;
    else if (place === `${calculation}/eigenvalues/array/set/set/set`) this.openKPoint();
    else if (place === `${calculation}/eigenvalues/array/set`) this.spin = -1;
    // Other meshes and interpolations have a comment.
    else if (place === `${calculation}/dos`)
      this.dos = attributes.comment === undefined ? { totals: [], orbitals: [], ions: [] } : undefined;
    else if (place === `${calculation}/dos/total/array/set/set`) this.openTotal();
    else if (place === `${calculation}/dos/partial/array/set/set`) this.openIon();
    else if (place === `${calculation}/dos/partial/array/set/set/set`) this.openIonSpin();
  }

  private closeSection(place: string): void {
    if (place === calculation) this.contents.calculations++;
    else if (place === `${calculation}/eigenvalues/array/set/set/set`) this.contents.bands.endOfKPoint();
    else if (place === `${calculation}/dos` && this.dos) this.contents.dos = this.dos;
    if (place === "modeling/atominfo/array") this.readsAtoms = false;
    this.row = undefined;
  }

  private readsAtoms = false;
  private spin = -1;

  private startCalculation(): void {
    this.contents.electronicSteps = 0;
    const { settings } = this.contents;
    const on = (name: string) => settings.get(name)?.trim().startsWith("T") ?? false;
    if (this.options.spinOrbit !== "total" && (on("LSORBIT") || on("LNONCOLLINEAR"))) throw spinOrbitError();
  }

  private cell(text: string): void {
    if (this.readsAtoms && this.atomColumn === 0) this.contents.atoms.push(text);
    this.atomColumn++;
  }

  private setting(text: string, path: readonly string[]): void {
    const name = this.settingName;
    if (name === undefined) return;
    if (path[1] === "incar" || path[1] === "parameters") this.contents.settings.set(name, text);
    else if (name === "efermi" && this.dos && path[2] === "dos") this.dos.efermi = fortranNumber(text.trim());
  }

  private field(text: string, path: readonly string[]): void {
    const name = text.trim();
    if (this.dos && path[3] === "partial" && name !== "energy") this.dos.orbitals.push(name);
  }

  /** The first structure stands before any calculation, the last one after all: a fallback each. */
  private openStructure(place: string, name: string | undefined): void {
    if (place === "modeling/structure" && name === "finalpos" && this.contents.calculations > 0)
      return this.ignoreVectors();
    this.contents.structure = { basis: [], positions: [] };
    this.readsVectors = true;
  }

  private readsVectors = false;
  private ignoreVectors(): void {
    this.readsVectors = false;
  }

  private openVectors(name: string | undefined): void {
    const { structure } = this.contents;
    if (!this.readsVectors || !structure || (name !== "basis" && name !== "positions")) return;
    const vectors = structure[name];
    this.row = (text) => void vectors.push(fortranNumbers(text));
  }

  private openKPoint(): void {
    const { bands } = this.contents;
    const spin = this.spin;
    let band = 0;
    this.row = (text) => {
      const [energy, occupation = 0] = fortranNumbers(text);
      bands.add(spin, band++, energy, occupation);
    };
  }

  private openTotal(): void {
    const spin: SpinTotal = { energies: [], total: [], integrated: [] };
    this.dos?.totals.push(spin);
    this.row = (text) => {
      const [energy, total, integrated] = columns(text, 3);
      spin.energies.push(energy);
      spin.total.push(total);
      spin.integrated.push(integrated);
    };
  }

  private openIon(): void {
    const length = this.dos?.totals[0]?.energies.length ?? 0;
    this.dos?.ions.push({ rows: [], sum: new Float64Array(length), orbitals: [] });
  }

  private openIonSpin(): void {
    const { dos } = this;
    const ion = dos?.ions.at(-1);
    if (!dos || !ion) return;
    const { orbitals } = dos;
    const spin = ion.rows.push(0) - 1;
    const counted = spin === 0 || dos.totals.length <= 2;
    const length = ion.sum.length;
    const kept = this.options.channels && counted ? orbitals.map(() => new Float64Array(length)) : undefined;
    if (kept) ion.orbitals.push(kept);
    this.row = (text) => {
      const values = columns(text, orbitals.length + 1);
      const e = ion.rows[spin]++;
      if (e >= length) throw new Error(`ion ${dos.ions.length}: more energies than the total DOS has (${length})`);
      if (Math.abs(values[0] - dos.totals[0].energies[e]) > 1e-3)
        throw new Error(
          `ion ${dos.ions.length}: energy ${e} is ${values[0]} eV, in the total DOS ${dos.totals[0].energies[e]} eV`,
        );
      for (let o = 1; counted && o < values.length; o++) {
        ion.sum[e] += values[o];
        if (kept) kept[o - 1][e] = values[o];
      }
    };
  }
}

function columns(text: string, count: number): number[] {
  const numbers = fortranNumbers(text);
  if (numbers.length !== count) throw new Error(`a row of the DOS has ${numbers.length} numbers, expected ${count}`);
  return numbers;
}
