import { elementSymbol, formula } from "../crystal/index.js";
import { writeFileAtomic } from "../data/index.js";
import {
  describeDosFile,
  energies as energiesOf,
  requireSites,
  resampleDos,
  siteCurve,
  standardGrid,
  type DosFile,
  type EnergyGrid,
  type ReadDosOptions,
} from "../dos/index.js";
import type { Context } from "./context.js";
import { readDosSource } from "./dos-source.js";
import { assertNew } from "./files.js";
import { shortest } from "./generate/target-json.js";
import { textTable } from "./terminal.js";

export interface DosOptions {
  readonly json?: boolean;
  readonly native?: boolean;
  readonly grid?: EnergyGrid;
  readonly orbitals?: boolean;
  readonly spinOrbit?: boolean;
  readonly out?: string;
  readonly force?: boolean;
}

/** eV: stands for "no state is missing below", where JSON has no infinity. */
const allBelow = -1000;

/** Site-projected spectra on the energies that were asked for. */
interface Printed {
  /** [n] eV from the Fermi level. */
  readonly energies: ArrayLike<number>;
  /** [N][n] */
  readonly siteDos: readonly ArrayLike<number>[];
  readonly totalDos?: ArrayLike<number>;
}

/** `dosmith dos`: the site-projected DOS of files, their zero kept. */
export async function dos(sources: readonly string[], options: DosOptions, { terminal }: Context): Promise<void> {
  if (options.native && options.grid) throw new Error("--native keeps the file's own energies: leave --grid out");
  if (options.out !== undefined) assertNew(options.out, options.force);
  const read: ReadDosOptions = { channels: options.orbitals, spinOrbit: options.spinOrbit ? "total" : "refuse" };
  const lines: string[] = [];
  const asJson = options.json || options.out !== undefined;
  for (const source of sources) {
    for (const file of await readDosSource(source, read)) {
      requireSites(file);
      notesOn(file, options).forEach((note) => terminal.note(`${file.source}: ${note}`));
      if (asJson) lines.push(JSON.stringify(plain(file, options)));
      else table(file, options).forEach((line) => terminal.out(line));
    }
  }
  if (options.out !== undefined) await writeFileAtomic(options.out, `${lines.join("\n")}\n`);
  else lines.forEach((line) => terminal.out(line));
}

function plain(file: DosFile, options: DosOptions): Record<string, unknown> {
  const { crystal, energies } = file;
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
    ...(file.channels && { channels: channels(file, options) }),
    sigma: file.sigma,
    known: rounded([Math.max(file.known[0], allBelow), Math.min(file.known[1], energies[energies.length - 1])]),
    ...(file.valenceBandMaximum !== undefined && { valenceBandMaximum: file.valenceBandMaximum }),
    notes: notesOn(file, options),
  };
}

function onEnergies(file: DosFile, { native, grid = standardGrid }: DosOptions): Printed {
  if (native) return { energies: file.energies, siteDos: file.siteDos!, totalDos: file.totalDos };
  const { siteDos, totalDos } = resampleDos(file, grid);
  const rows = Array.from({ length: siteDos!.siteCount }, (_, site) => siteCurve(siteDos!, site).values);
  return { energies: energiesOf(grid), siteDos: rows, ...(totalDos && { totalDos: totalDos.values }) };
}

/** By spin and orbital: {spin, orbital, siteDos [N][n]}. */
function channels(file: DosFile, options: DosOptions): Record<string, unknown>[] {
  return file.channels!.map(({ spin, orbital, siteDos }) => ({
    spin,
    orbital,
    siteDos: onEnergies({ ...file, siteDos, totalDos: undefined }, options).siteDos.map(rounded),
  }));
}

function table(file: DosFile, options: DosOptions): string[] {
  const { energies, siteDos } = onEnergies(file, options);
  const fermi = Array.from(energies).findIndex((energy) => energy >= 0);
  const rows = siteDos.map((row, site) => {
    const values = Array.from(row);
    const peak = values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
    const step = (energies[energies.length - 1] - energies[0]) / (energies.length - 1);
    const occupied = fermi < 0 ? values : values.slice(0, fermi);
    return [
      String(site),
      file.crystal ? elementSymbol(file.crystal.atomicNumbers[site]) : "",
      (fermi < 0 ? 0 : values[fermi]).toFixed(3),
      (occupied.reduce((sum, value) => sum + value, 0) * step).toFixed(2),
      energies[peak].toFixed(2),
      values[peak].toFixed(3),
    ];
  });
  const zero = file.fermiEnergy === null ? "the file's zero" : `Fermi level ${file.fermiEnergy.toFixed(4)} eV`;
  const head = ["site", "element", "DOS at 0 eV (1/eV)", "electrons below", "peak at (eV)", "peak (1/eV)"];
  return [`${describeDosFile(file)}, ${zero}`, ...textTable(head, rows), ""];
}

function notesOn(file: DosFile, { native, grid = standardGrid }: DosOptions): string[] {
  const { energies, known, notes } = file;
  const last = Math.min(energies[energies.length - 1], known[1]);
  const first = known[0] === -Infinity ? grid.start : known[0];
  const partial = !native && (first > grid.start + 0.01 || last < grid.stop - 0.01);
  const text =
    `states are known from ${Math.max(first, energies[0]).toFixed(2)} to ${last.toFixed(2)} eV only; beyond the file's energies the ` +
    "DOS is given as 0 (in VASP: NBANDS, EMIN, EMAX, NEDOS)";
  return partial ? [...notes, text] : [...notes];
}

/** Twelve digits: more than any of the files has, without the tails of binary sums. */
function rounded(values: ArrayLike<number>): number[] {
  return values instanceof Float32Array
    ? shortest(values)
    : Array.from(values, (value) => Number(value.toPrecision(12)));
}
