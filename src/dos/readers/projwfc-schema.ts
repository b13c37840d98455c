import {
  assertCrystal,
  atomicNumber,
  isElement,
  toFractional,
  wrap,
  type Crystal,
  type Vector3,
} from "../../crystal/index.js";
import { BandExtrema } from "./bands.js";
import { fileBytes } from "./bytes.js";
import { fortranNumber, fortranNumbers } from "./numbers.js";
import { readXml, type XmlHandler } from "./xml.js";

const hartree = 27.211386245988;
const bohr = 0.529177210903;

/** What pw.x writes into `PREFIX.save/data-file-schema.xml`, as far as spectra need it. Energies in eV on its own scale. */
export interface PwRun {
  readonly crystal: Crystal;
  /** Labels of the species, by atom: "Fe1". */
  readonly labels: readonly string[];
  /** The Fermi level; the highest occupied level where bands were filled by counting. */
  readonly fermiEnergy: number;
  /** Valence electrons of the cell, as its pseudopotentials count them. */
  readonly electrons: number;
  readonly spins: 1 | 2;
  readonly noncollinear: boolean;
  /** "tetrahedra", "smearing", "fixed", ... */
  readonly occupations: string;
  /** Its smearing's name and width in eV. */
  readonly smearing?: { readonly name: string; readonly width: number };
  /** null for a metal. */
  readonly valenceBandMaximum: number | null;
  readonly lowestState: number;
  /** The lowest energy of the highest band: above it states are missing. */
  readonly completeTo: number;
}

/** @throws Error that names the file and what is missing, malformed or impossible in it. */
export async function readPwSchema(path: string): Promise<PwRun> {
  const found = new SchemaCollector();
  await readXml(fileBytes(path), path, found);
  try {
    return runOf(found);
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** Elements of `output` whose text is kept, by their path within it. */
const wanted = new Set([
  "atomic_structure/atomic_positions/atom",
  ...["a1", "a2", "a3"].map((name) => `atomic_structure/cell/${name}`),
  ...["lsda", "noncolin", "nelec", "fermi_energy", "highestOccupiedLevel", "two_fermi_energies", "occupations_kind", "smearing"].map((name) => `band_structure/${name}`), // prettier-ignore
  ...["eigenvalues", "occupations"].map((name) => `band_structure/ks_energies/${name}`),
]);

const wantedNames = new Set([...wanted].map((path) => path.slice(path.lastIndexOf("/") + 1)));

class SchemaCollector implements XmlHandler {
  readonly texts = new Map<string, string>();
  readonly atoms: { readonly label: string; readonly position: number[] }[] = [];
  readonly eigenvalues: number[][] = [];
  readonly occupations: number[][] = [];
  smearingWidth: string | undefined;
  root: string | undefined;
  private label = "";

  open(name: string, attributes: Readonly<Record<string, string>>, path: readonly string[]): void {
    this.root ??= name;
    if (name === "atom") this.label = attributes.name ?? "";
    if (name === "smearing" && placeOf(path) === "band_structure/smearing") this.smearingWidth = attributes.degauss;
  }

  wantsText(name: string): boolean {
    return wantedNames.has(name);
  }

  close(name: string, text: string, path: readonly string[]): void {
    if (!wanted.has(placeOf(path))) return;
    if (name === "atom") this.atoms.push({ label: this.label, position: numbers(text, "atom") });
    else if (name === "eigenvalues") this.eigenvalues.push(numbers(text, name));
    else if (name === "occupations") this.occupations.push(numbers(text, name));
    else this.texts.set(name, text.trim());
  }
}

/** Where an element stands within <output>; "" elsewhere. */
function placeOf(path: readonly string[]): string {
  return path[1] === "output" ? path.slice(2).join("/") : "";
}

function runOf(found: SchemaCollector): PwRun {
  if (!/(^|:)espresso$/.test(found.root ?? ""))
    throw new Error(`expected pw.x's data-file-schema.xml (root qes:espresso), found the root ${found.root ?? "none"}`);
  const text = (name: string): string | undefined => found.texts.get(name);
  const spins = text("lsda") === "true" ? 2 : 1;
  const fermi = text("fermi_energy") ?? text("highestOccupiedLevel") ?? text("two_fermi_energies");
  if (fermi === undefined) throw new Error("its band_structure has no fermi_energy or highestOccupiedLevel");
  const electrons = fortranNumber(text("nelec") ?? "");
  if (!(electrons > 0)) throw new Error(`nelec must be above 0, found ${electrons}`);
  const bands = bandsOf(found, spins);
  const width = found.smearingWidth;
  return {
    crystal: crystalOf(found),
    labels: found.atoms.map(({ label }) => label),
    // Two levels stand where the magnetisation was fixed: the higher one is the end of the occupied states.
    fermiEnergy: hartree * Math.max(...fortranNumbers(fermi)),
    electrons,
    spins,
    noncollinear: text("noncolin") === "true",
    occupations: text("occupations_kind") ?? "unknown",
    ...(width !== undefined && { smearing: { name: text("smearing") ?? "", width: hartree * fortranNumber(width) } }),
    ...bands,
  };
}

function bandsOf(
  { eigenvalues, occupations }: SchemaCollector,
  spins: 1 | 2,
): Pick<PwRun, "valenceBandMaximum" | "lowestState" | "completeTo"> {
  const [first] = eigenvalues as (number[] | undefined)[];
  if (!first || first.length === 0) throw new Error("its band_structure has no eigenvalues");
  const bands = first.length / spins;
  if (!Number.isInteger(bands))
    throw new Error(`${first.length} eigenvalues at a k-point are no two spins of equal size`);
  const extrema = new BandExtrema();
  let lowestState = Infinity;
  eigenvalues.forEach((energies, k) => {
    const filled = occupations[k] as number[] | undefined;
    if (energies.length !== first.length || filled?.length !== first.length)
      throw new Error(
        `k-point ${k + 1}: expected ${first.length} eigenvalues and as many occupations, found ${energies.length} and ${filled?.length ?? 0}`,
      );
    for (let spin = 0; spin < spins; spin++) {
      for (let band = 0; band < bands; band++) {
        const energy = hartree * energies[spin * bands + band];
        extrema.add(spin, band, energy, filled[spin * bands + band]);
        lowestState = Math.min(lowestState, energy);
      }
      extrema.endOfKPoint();
    }
  });
  return { valenceBandMaximum: extrema.valenceBandMaximum(), lowestState, completeTo: extrema.completeTo };
}

function crystalOf({ atoms, texts }: SchemaCollector): Crystal {
  if (atoms.length === 0) throw new Error("its atomic_structure has no atoms");
  const vector = (name: string): Vector3 => vector3(fortranNumbers(texts.get(name) ?? ""), `cell vector ${name}`);
  const latticeMatrix = [vector("a1"), vector("a2"), vector("a3")] as const;
  const positions = atoms.map(({ position }, i) => vector3(position, `atom ${i + 1}`));
  const crystal = {
    latticeMatrix,
    fracCoords: toFractional(positions, latticeMatrix).map(wrap),
    atomicNumbers: atoms.map(({ label }, i) => elementOf(label, i)),
  };
  return assertCrystal(crystal, "atomic_structure");
}

function vector3(values: readonly number[], what: string): Vector3 {
  if (values.length !== 3) throw new Error(`${what}: expected 3 components, found ${values.length}`);
  const [x, y, z] = values.map((value) => bohr * value);
  return [x, y, z];
}

/** Species may be numbered or named after their spin: "Fe1", "O_up". */
function elementOf(label: string, atom: number): number {
  const [letters = ""] = /^[A-Za-z]{1,2}/.exec(label) ?? [];
  const symbol = [letters, letters.slice(0, 1)]
    .map((s) => s.slice(0, 1).toUpperCase() + s.slice(1).toLowerCase())
    .find(isElement);
  if (symbol === undefined)
    throw new Error(`atom ${atom + 1}: the species "${label.slice(0, 20)}" begins with no element`);
  return atomicNumber(symbol);
}

function numbers(text: string, what: string): number[] {
  try {
    return fortranNumbers(text);
  } catch (error) {
    throw new Error(`<${what}>: ${(error as Error).message}`, { cause: error });
  }
}
