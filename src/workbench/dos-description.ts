import { elementSymbol, formula } from "../crystal/index.js";
import {
  energies as energiesOf,
  resampleDos,
  siteCurve,
  standardGrid,
  type DosFile,
  type EnergyGrid,
} from "../dos/index.js";
import { shortest } from "./target-json.js";

/** On which energies densities of states are described. */
export interface DosDescriptionOptions {
  /** Energies to bring the spectra to. Default: the models' grid; "native" keeps the file's own. */
  readonly grid?: EnergyGrid | "native";
}

/** eV: stands for "no state is missing below", where JSON has no infinity. */
const allBelow = -1000;

/** Site-projected spectra on the energies that were asked for. */
interface Spectra {
  /** [n] eV from the Fermi level. */
  readonly energies: ArrayLike<number>;
  /** [N][n] */
  readonly siteDos: readonly ArrayLike<number>[];
  readonly totalDos?: ArrayLike<number>;
}

/** A file's site-projected DOS as plain data; one alone is a target file again. */
export function plainDos(file: DosFile, options: DosDescriptionOptions = {}): Record<string, unknown> {
  const { crystal, energies, channels } = file;
  const { energies: printed, siteDos, totalDos } = onEnergies(file, options);
  return {
    source: file.source,
    format: file.format,
    ...(crystal && {
      formula: formula(crystal.atomicNumbers),
      atomicNumbers: crystal.atomicNumbers,
      cell: crystal.latticeMatrix,
      fracCoords: crystal.fracCoords,
    }),
    efermi: file.fermiEnergy,
    energies: rounded(printed),
    siteDos: siteDos.map(rounded),
    ...(totalDos && { totalDos: rounded(totalDos) }),
    ...(channels && { channels: channels.map((channel) => plainChannel(file, channel, options)) }),
    sigma: file.sigma,
    known: rounded([Math.max(file.known[0], allBelow), Math.min(file.known[1], energies[energies.length - 1])]),
    ...(file.valenceBandMaximum !== undefined && { valenceBandMaximum: file.valenceBandMaximum }),
    notes: dosNotes(file, options),
  };
}

/** A row for each site: DOS at zero, electrons below zero, and the highest peak. */
export function dosSiteRows(file: DosFile, options: DosDescriptionOptions = {}): Record<string, string>[] {
  const { energies, siteDos } = onEnergies(file, options);
  const fermi = Array.from(energies).findIndex((energy) => energy >= 0);
  const step = (energies[energies.length - 1] - energies[0]) / (energies.length - 1);
  return siteDos.map((row, site) => {
    const values = Array.from(row);
    const peak = values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
    const occupied = fermi < 0 ? values : values.slice(0, fermi);
    return {
      site: String(site),
      element: file.crystal ? elementSymbol(file.crystal.atomicNumbers[site]) : "",
      "DOS at 0 eV (1/eV)": (fermi < 0 ? 0 : values[fermi]).toFixed(3),
      "electrons below": (occupied.reduce((sum, value) => sum + value, 0) * step).toFixed(2),
      "peak at (eV)": energies[peak].toFixed(2),
      "peak (1/eV)": values[peak].toFixed(3),
    };
  });
}

/** What a user should know about a file and about what its spectra lack on these energies, in sentences. */
export function dosNotes(file: DosFile, { grid = standardGrid }: DosDescriptionOptions = {}): string[] {
  const { energies, known, notes } = file;
  if (grid === "native") return [...notes];
  const last = Math.min(energies[energies.length - 1], known[1]);
  const first = known[0] === -Infinity ? grid.start : known[0];
  if (first <= grid.start + 0.01 && last >= grid.stop - 0.01) return [...notes];
  const text =
    `states are known from ${Math.max(first, energies[0]).toFixed(2)} to ${last.toFixed(2)} eV only; beyond the file's energies the ` +
    "DOS is given as 0 (in VASP: NBANDS, EMIN, EMAX, NEDOS)";
  return [...notes, text];
}

function onEnergies(file: DosFile, { grid = standardGrid }: DosDescriptionOptions): Spectra {
  if (grid === "native") return { energies: file.energies, siteDos: file.siteDos!, totalDos: file.totalDos };
  const { siteDos, totalDos } = resampleDos(file, grid);
  const rows = Array.from({ length: siteDos!.siteCount }, (_, site) => siteCurve(siteDos!, site).values);
  return { energies: energiesOf(grid), siteDos: rows, ...(totalDos && { totalDos: totalDos.values }) };
}

/** One spin and orbital: {spin, orbital, siteDos [N][n]}. */
function plainChannel(
  file: DosFile,
  { spin, orbital, siteDos }: NonNullable<DosFile["channels"]>[number],
  options: DosDescriptionOptions,
): Record<string, unknown> {
  const rows = onEnergies({ ...file, siteDos, totalDos: undefined }, options).siteDos;
  return { spin, orbital, siteDos: rows.map(rounded) };
}

/** Twelve digits: more than any of the files has, without the tails of binary sums. */
function rounded(values: ArrayLike<number>): number[] {
  return values instanceof Float32Array
    ? shortest(values)
    : Array.from(values, (value) => Number(value.toPrecision(12)));
}
