import { assertCrystal, atomicNumber, isElement, wrap, type Crystal, type Vector3 } from "../../crystal/index.js";
import { fileBytes } from "./bytes.js";
import {
  addSpectra,
  assertDosFile,
  knownFromValues,
  spinOrbitError,
  type DosChannel,
  type DosFile,
  type ReadDosOptions,
} from "./dos-file.js";
import type { DosReader } from "./dos-reader.js";
import { VasprunCollector, type SpinTotal, type VasprunContents } from "./vasprun-collector.js";
import { readXml } from "./xml.js";

/** The format in the list of file formats. */
export const vasprunReader: DosReader = {
  name: "vasprun.xml",
  recognises: ({ start }) => start.startsWith("<"),
  read: async (input, options) => [await parseVasprun(input.bytes(), input.path, options)],
};

/**
 * Reads VASP's `vasprun.xml`, plain or gzip, in one pass: memory holds the answer, not the file. The density of states and
 * the structure are those of the last ionic step.
 *
 * @throws Error that names the file and what is wrong: not a vasprun.xml, malformed or cut off (an unfinished run), a
 * spin-orbit or non-collinear run (unless `spinOrbit: "total"`), no density of states, spectra that do not fit the atoms,
 * numbers that are not finite.
 */
export async function readVasprun(path: string, options: ReadDosOptions = {}): Promise<DosFile> {
  return parseVasprun(fileBytes(path), path, options);
}

/** {@link readVasprun} of bytes from anywhere; `source` is named in errors. */
export async function parseVasprun(
  bytes: AsyncIterable<Uint8Array>,
  source: string,
  options: ReadDosOptions = {},
): Promise<DosFile> {
  const collector = new VasprunCollector(options);
  try {
    await readXml(bytes, source, collector);
  } catch (error) {
    const { message } = error as Error;
    const unfinished = message.includes("the file ends at line");
    throw unfinished
      ? new Error(`${message}: the run is unfinished, or the file was cut off`, { cause: error })
      : error;
  }
  return assertDosFile(finished(collector.contents, source, options));
}

function finished(contents: VasprunContents, source: string, options: ReadDosOptions): DosFile {
  try {
    return finish(contents, source, options);
  } catch (error) {
    throw new Error(`${source}: ${(error as Error).message}`, { cause: error });
  }
}

function finish(contents: VasprunContents, source: string, options: ReadDosOptions): DosFile {
  const { dos, bands } = contents;
  if (!dos || dos.totals.length === 0)
    throw new Error(
      contents.calculations === 0
        ? "it has no finished calculation: a run that stopped early, or a BSE or response calculation"
        : "it has no density of states: GW and response runs may lack it; a static run with LORBIT = 11 writes it",
    );
  if (dos.efermi === undefined) throw new Error("the density of states has no Fermi level (efermi)");
  const { efermi } = dos;
  const noncollinear = dos.totals.length > 2;
  if (noncollinear && options.spinOrbit !== "total") throw spinOrbitError();
  const totals = noncollinear ? dos.totals.slice(0, 1) : dos.totals;
  const energies = risingEnergies(totals[0].energies).map((energy) => energy - efermi);
  const totalDos = addSpectra(
    totals.map(({ total }) => total),
    energies.length,
  );
  const crystal = crystalOf(contents);
  const siteDos = siteSpectra(contents, crystal.atomicNumbers.length, energies.length);
  const settings = smearing(contents.settings);
  return {
    source,
    format: "vasprun.xml",
    crystal,
    fermiEnergy: efermi,
    energies,
    ...(siteDos && { siteDos }),
    totalDos,
    ...(options.channels && siteDos && { channels: channelsOf(contents, noncollinear) }),
    sigma: settings.sigma,
    binning: settings.smeared ? "below" : "centred",
    known: knownEnergies(contents, totals, { energies, totalDos, fermiEnergy: efermi }),
    ...(!bands.empty && { valenceBandMaximum: relative(bands.valenceBandMaximum(), efermi) }),
    notes: notesOn(contents, totals, noncollinear),
  };
}

function crystalOf({ atoms, structure }: VasprunContents): Crystal {
  if (!structure || structure.basis.length !== 3)
    throw new Error(`the structure has ${structure?.basis.length ?? 0} lattice vectors, expected 3`);
  if (structure.positions.length !== atoms.length)
    throw new Error(`the structure has ${structure.positions.length} positions, atominfo has ${atoms.length} atoms`);
  const [a, b, c] = structure.basis.map(vector3);
  return assertCrystal(
    {
      latticeMatrix: [a, b, c],
      fracCoords: structure.positions.map((x) => wrap(vector3(x))),
      atomicNumbers: atoms.map(elementOf),
    },
    "structure",
  );
}

function vector3(numbers: readonly number[]): Vector3 {
  const [x, y, z] = numbers;
  if (numbers.length !== 3) throw new Error(`a vector has ${numbers.length} components, expected 3`);
  return [x, y, z];
}

/** Symbols that some versions of VASP print with a letter missing (pymatgen reads them so, too). */
const damagedSymbols: Readonly<Record<string, string>> = { X: "Xe", r: "Zr" };

function elementOf(label: string, atom: number): number {
  const symbol = damagedSymbols[label.trim()] ?? label.trim();
  if (!isElement(symbol)) throw new Error(`atominfo, atom ${atom + 1}: "${label.trim()}" is not an element`);
  return atomicNumber(symbol);
}

function siteSpectra({ dos }: VasprunContents, siteCount: number, length: number): Float64Array[] | undefined {
  const { ions, totals } = dos!;
  if (ions.length === 0) return undefined;
  if (ions.length !== siteCount)
    throw new Error(`projected DOS for ${ions.length} ions, atominfo has ${siteCount} atoms`);
  ions.forEach(({ rows }, ion) => {
    if (rows.length !== totals.length)
      throw new Error(`ion ${ion + 1} has ${rows.length} spins, the total ${totals.length}`);
    rows.forEach((count, spin) => {
      if (count !== length)
        throw new Error(`ion ${ion + 1}, spin ${spin + 1}: ${count} energies, the total DOS has ${length}`);
    });
  });
  return ions.map(({ sum }) => sum);
}

function channelsOf({ dos }: VasprunContents, noncollinear: boolean): DosChannel[] {
  const { ions, orbitals: names, totals } = dos!;
  const spins = noncollinear || totals.length === 1 ? (["both"] as const) : (["up", "down"] as const);
  return spins.flatMap((spin, s) =>
    names.map((orbital, o) => ({
      spin,
      orbital: orbital === "x2-y2" ? "dx2" : orbital,
      siteDos: ions.map(({ orbitals }) => orbitals[s][o]),
    })),
  );
}

/** Energies printed with four decimals may repeat on a very fine grid; VASP's grids are uniform. */
function risingEnergies(energies: readonly number[]): Float64Array {
  const last = energies.length - 1;
  const falls = energies.findIndex((e, i) => i > 0 && e < energies[i - 1]);
  if (last < 1 || falls >= 0 || energies[last] <= energies[0])
    throw new Error(
      last < 1
        ? `the total DOS has ${last + 1} energies, expected at least 2`
        : `energies must rise: energy ${falls} is ${energies[falls]} eV after ${energies[falls - 1]} eV`,
    );
  const repeats = energies.some((e, i) => i > 0 && e === energies[i - 1]);
  const step = (energies[last] - energies[0]) / last;
  return Float64Array.from(energies, (e, i) => (repeats ? energies[0] + i * step : e));
}

/**
 * Standard deviation of what VASP's ISMEAR and SIGMA do to a density of states. Methfessel-Paxton functions have no
 * second moment, so they count as sharp.
 */
function smearing(settings: ReadonlyMap<string, string>): { sigma: number; smeared: boolean } {
  const ismear = Number(settings.get("ISMEAR") ?? 1);
  const width = Math.abs(Number(settings.get("SIGMA") ?? 0.2));
  const sigma = ismear === -1 ? (width * Math.PI) / Math.sqrt(3) : ismear === 0 ? width / Math.SQRT2 : 0;
  return { sigma: Number.isFinite(sigma) ? sigma : 0, smeared: ismear >= -1 };
}

/** Below: everything, when no electrons are missing there. Above: to where the first k-point runs out of bands. */
function knownEnergies(
  { bands }: VasprunContents,
  totals: readonly SpinTotal[],
  {
    energies,
    totalDos,
    fermiEnergy,
  }: Required<Pick<DosFile, "energies" | "totalDos">> & { readonly fermiEnergy: number },
): [number, number] {
  const [from, to] = knownFromValues(energies, totalDos);
  const nothingBelow = totals.every(({ integrated }) => Math.abs(integrated[0]) < 0.01);
  const last = energies[energies.length - 1];
  return [nothingBelow ? -Infinity : from, bands.empty ? to : Math.min(bands.completeTo - fermiEnergy, last)];
}

function notesOn(contents: VasprunContents, totals: readonly SpinTotal[], noncollinear: boolean): string[] {
  const notes: string[] = [];
  if (noncollinear) notes.push("a spin-orbit or non-collinear run: only the total of its spectra was read");
  const most = Number(contents.settings.get("NELM") ?? Infinity);
  if (most > 1 && contents.electronicSteps >= most)
    notes.push(`the last electronic loop stopped after NELM = ${most} steps and may not be converged`);
  const missing = missingShare(totals);
  if (missing > 0.05)
    notes.push(
      `its energy grid is too coarse: the points of the total DOS differ from its integral by ${(100 * missing).toFixed(0)}% ` +
        "of the states (raise NEDOS)",
    );
  return notes;
}

/** How far the sum of the points is from the file's own integrated DOS, as a share of the states. */
function missingShare(totals: readonly SpinTotal[]): number {
  let points = 0;
  let states = 0;
  for (const { energies, total, integrated } of totals) {
    const last = energies.length - 1;
    points += total.reduce((sum, value) => sum + value, 0) * ((energies[last] - energies[0]) / last);
    states += integrated[last] - integrated[0];
  }
  return states > 0 ? Math.abs(points - states) / states : 0;
}

function relative(energy: number | null, efermi: number): number | null {
  return energy === null ? null : energy - efermi;
}
