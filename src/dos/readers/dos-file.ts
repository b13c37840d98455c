import { formula, type Crystal } from "../../crystal/index.js";

/** Densities of states as a file has them: its own energies and zero. All readers return this. */
export interface DosFile {
  /** The file, and the entry in it where there are several. */
  readonly source: string;
  /** What kind of file it is, in words: "vasprun.xml". */
  readonly format: string;
  /** The structure that the spectra belong to, where the file has one. */
  readonly crystal?: Crystal;
  /** Fermi level on the file's own scale, eV; null where the file does not say. */
  readonly fermiEnergy: number | null;
  /** [n] rising, eV from the Fermi level (from the file's own zero, where it has no Fermi level). */
  readonly energies: Float64Array;
  /** [N][n] states/eV/atom, all spins and orbitals; absent where the file has no projection. */
  readonly siteDos?: readonly Float64Array[];
  /** [n] states/eV/cell, both spins. */
  readonly totalDos?: Float64Array;
  /** The parts of `siteDos` by spin and orbital, when they were asked for and the file has them. */
  readonly channels?: readonly DosChannel[];
  /** Standard deviation of the smearing already in the spectra, eV; 0 for the tetrahedron method. */
  readonly sigma: number;
  /**
   * What a value at E stands for: "centred" is the density at E; "below" is the mean over the step that ends at E, which
   * is what VASP writes for smeared bands (its integrated DOS, differenced).
   */
  readonly binning: "centred" | "below";
  /** [from, to] eV from the Fermi level: outside, the file lacks states. */
  readonly known: readonly [number, number];
  /** Highest occupied energy, eV from the Fermi level; null for a metal, absent where the file has no bands. */
  readonly valenceBandMaximum?: number | null;
  /** What a user should know about this file, in sentences. */
  readonly notes: readonly string[];
}

/** One spin and one orbital of every site. */
export interface DosChannel {
  /** "both" in a calculation without spin polarisation. */
  readonly spin: "up" | "down" | "both";
  /** As the file names it: "s", "px", "dx2", "f0", "2p_x". */
  readonly orbital: string;
  /** [N][n] states/eV/atom. */
  readonly siteDos: readonly Float64Array[];
}

/** Which part of a file is read, and how its energies are placed. */
export interface ReadDosOptions {
  /** Keep every spin and orbital in `channels`, which takes memory. Default false. */
  readonly channels?: boolean;
  /**
   * What to do with a spin-orbit or non-collinear run, whose sets are the total and three components of the
   * magnetisation: "refuse" (default), or read the "total".
   */
  readonly spinOrbit?: "refuse" | "total";
  /** Which entry of a file with several: its id. */
  readonly entry?: string;
}

/** @throws Error that says what writes projections, when the file has none. */
export function requireSites(file: DosFile): DosFile & Required<Pick<DosFile, "siteDos">> {
  const { siteDos, source, format } = file;
  if (siteDos) return { ...file, siteDos };
  const hint =
    format === "vasprun.xml" ? ": run VASP with LORBIT = 11 (and NEDOS = 2000 or so) and read the new file" : "";
  throw new Error(`${source}: it has no site-projected DOS${hint}`);
}

/** "vasprun.xml: GaAs, 2 sites, 301 energies". */
export function describeDosFile({ source, format, crystal, siteDos, energies }: DosFile): string {
  const what = crystal ? `${formula(crystal.atomicNumbers)}, ` : "";
  const sites = siteDos ? `${siteDos.length} sites` : "total only";
  return `${source}: ${format}, ${what}${sites}, ${energies.length} energies`;
}

/** Sum of spectra of equal length. */
export function addSpectra(spectra: readonly ArrayLike<number>[], length: number): Float64Array {
  const sum = new Float64Array(length);
  for (const spectrum of spectra) for (let e = 0; e < length; e++) sum[e] += spectrum[e];
  return sum;
}

/**
 * The energies up to which a spectrum surely has all states, judged by its values alone: from its first energy to where its states
 * end, since above that no bands were computed.
 */
export function knownFromValues(energies: Float64Array, total: ArrayLike<number>): [number, number] {
  let last = energies.length - 1;
  while (last > 0 && Math.abs(total[last]) < 1e-4) last--;
  return [energies[0], energies[last === 0 ? energies.length - 1 : last]];
}

/** The refusal of a run whose spectra have a magnetisation. */
export function spinOrbitError(): Error {
  return new Error(
    "a spin-orbit or non-collinear run (LSORBIT or LNONCOLLINEAR): its spectra are a total and three components of the " +
      'magnetisation, and the models know no spin-orbit coupling; run without it, or read the total only (spinOrbit: "total", --spin-orbit)',
  );
}

/** What {@link dosFile} needs; the rest has defaults. */
export interface DosFileInputs extends Pick<DosFile, "source" | "format" | "crystal"> {
  /** [n] rising, eV from the Fermi level. */
  readonly energies: ArrayLike<number>;
  /** [N][n] states/eV/atom. */
  readonly siteDos?: readonly ArrayLike<number>[];
  /** [n] states/eV/cell. */
  readonly totalDos?: ArrayLike<number>;
  /** Fermi level on the file's own scale, eV. Default null: not given. */
  readonly fermiEnergy?: number | null;
  /** Standard deviation of the smearing in the spectra, eV. Default 0. */
  readonly sigma?: number;
  /** Highest occupied energy, eV from the Fermi level; null for a metal. Default: not given. */
  readonly valenceBandMaximum?: number | null;
  /** [from, to] eV: outside, states are missing. Default: from the first energy to where the states end. */
  readonly known?: readonly [number, number];
}

/**
 * A {@link DosFile} from what a format has: for readers of further formats.
 *
 * @throws Error that names the source: energies that do not rise, spectra of another length, no spectrum, numbers that no
 * calculation gives.
 */
export function dosFile(inputs: DosFileInputs): DosFile {
  const { siteDos, totalDos, crystal, fermiEnergy = null, sigma = 0, valenceBandMaximum: top, ...rest } = inputs;
  const energies = Float64Array.from(inputs.energies);
  const rows = siteDos?.map((row) => Float64Array.from(row));
  const total = totalDos && Float64Array.from(totalDos);
  const sum = total ?? addSpectra(rows ?? [], energies.length);
  return assertDosFile({
    ...rest,
    ...(crystal && { crystal }),
    fermiEnergy,
    energies,
    ...(rows && { siteDos: rows }),
    ...(total && { totalDos: total }),
    sigma,
    binning: "centred",
    known: inputs.known ?? knownFromValues(energies, sum),
    ...(top !== undefined && { valenceBandMaximum: top }),
    notes: [],
  });
}

/** Larger than any real energy (eV) or density (states/eV); such numbers come from damaged files, and overflow. */
const largestEnergy = 1e5;
const largestDensity = 1e6;

/**
 * The file itself.
 *
 * @throws Error that names the source: no spectrum, energies that do not rise, spectra that do not fit the energies or the
 * crystal, an energy or a density beyond what any calculation gives.
 */
export function assertDosFile(file: DosFile): DosFile {
  const fail = (what: string): never => {
    throw new Error(`${file.source}: ${what}`);
  };
  const { energies, siteDos, totalDos, crystal } = file;
  if (!siteDos && !totalDos) fail("it has no density of states");
  if (energies.length < 2) fail(`expected at least 2 energies, found ${energies.length}`);
  const energy = [...energies, file.fermiEnergy ?? 0].find((e) => !(Math.abs(e) <= largestEnergy));
  if (energy !== undefined) fail(`an energy of ${energy} eV`);
  const falls = energies.findIndex((e, i) => i > 0 && e <= energies[i - 1]);
  if (falls > 0) fail(`energies must rise: energy ${falls} is ${energies[falls]} eV after ${energies[falls - 1]} eV`);
  if (siteDos && crystal && siteDos.length !== crystal.atomicNumbers.length)
    fail(`it has ${siteDos.length} sites, its crystal ${crystal.atomicNumbers.length}`);
  if (!(file.sigma >= 0 && Number.isFinite(file.sigma))) fail(`sigma must be at least 0 eV, found ${file.sigma}`);
  for (const row of [...(siteDos ?? []), ...(totalDos ? [totalDos] : [])]) {
    if (row.length !== energies.length) fail(`a spectrum of ${row.length} points for ${energies.length} energies`);
    const e = row.findIndex((value) => !(Math.abs(value) <= largestDensity));
    if (e >= 0) fail(`a density of ${row[e]} states/eV at ${energies[e].toFixed(3)} eV`);
  }
  return file;
}
