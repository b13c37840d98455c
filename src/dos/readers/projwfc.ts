import { basename } from "node:path";
import { addSpectra, assertDosFile, type DosChannel, type DosFile, type ReadDosOptions } from "./dos-file.js";
import type { DosReader } from "./dos-reader.js";
import { isProjwfcRun, projwfcFiles, type ShellFile } from "./projwfc-files.js";
import { readPwSchema, type PwRun } from "./projwfc-schema.js";
import { readProjwfcTable, type ProjwfcTable } from "./projwfc-table.js";

/** A shell's table with what its name says. */
interface Shell extends ShellFile {
  readonly table: ProjwfcTable;
}

/** The format in the list of file formats. */
export const projwfcReader: DosReader = {
  name: "projwfc.x (Quantum ESPRESSO)",
  recognises: ({ path }) => isProjwfcRun(path),
  read: async ({ path }, options) => [await readProjwfc(path, options)],
};

/**
 * Reads a folder of Quantum ESPRESSO's projwfc.x (or one of its files): `PREFIX.pdos_atm#...` of every atom and shell,
 * `PREFIX.pdos_tot`, and the cell, atoms, bands and Fermi level of pw.x's data-file-schema.xml beside them or below. Spins and,
 * with spin-orbit coupling, total angular momenta are summed.
 *
 * @throws Error that names the file, the entry, what was expected and what was found; k-resolved runs are refused.
 */
export async function readProjwfc(path: string, options: ReadDosOptions = {}): Promise<DosFile> {
  const files = await projwfcFiles(path);
  const total = await readProjwfcTable(files.total);
  const run = await readPwSchema(files.schema);
  const shells: Shell[] = [];
  for (const file of files.shells) shells.push({ ...file, table: await readProjwfcTable(file.path) });
  assertSameRun(run, shells, total, files.total);
  const { crystal, fermiEnergy } = run;
  const energies = total.energies.map((energy) => energy - fermiEnergy);
  const siteDos = crystal.atomicNumbers.map((_, site) => {
    const own = shells.filter(({ atom }) => atom === site + 1);
    return addSpectra(own.flatMap(({ table }) => columns(table, /^ldos/)), energies.length); // prettier-ignore
  });
  assertSums(siteDos, total, files.total);
  const totalDos = addSpectra(columns(total, /^dos/), energies.length);
  const { valenceBandMaximum: top } = run;
  return assertDosFile({
    source: path,
    format: "projwfc.x (Quantum ESPRESSO)",
    crystal,
    fermiEnergy,
    energies,
    siteDos,
    totalDos,
    ...(options.channels && { channels: channelsOf(shells, crystal.atomicNumbers.length, energies.length) }),
    sigma: sigmaOf(run, energies),
    binning: "centred",
    known: knownEnergies(run, energies),
    valenceBandMaximum: top === null ? null : top - fermiEnergy,
    notes: notesOn(run, siteDos, totalDos, energies),
  });
}

function columns({ columns: all }: ProjwfcTable, pattern: RegExp): Float64Array[] {
  return all.filter(({ name }) => pattern.test(name)).map(({ values }) => values);
}

/** Files of different runs may stand in one folder: atoms, energies and columns must be those of one. */
function assertSameRun(run: PwRun, shells: readonly Shell[], total: ProjwfcTable, totalPath: string): void {
  if (columns(total, /^dos/).length === 0)
    throw new Error(
      `${totalPath}: expected a column dos(E), found ${total.columns.map(({ name }) => name).join(", ")}`,
    );
  const atoms = run.labels.length;
  const last = shells[shells.length - 1];
  if (last.atom !== atoms)
    throw new Error(`${last.path}: expected projections of ${atoms} atoms (data-file-schema.xml), found ${last.atom}`);
  for (const { path, atom, label, table } of shells) {
    if (label !== run.labels[atom - 1])
      throw new Error(`${path}: expected atom ${atom} to be "${run.labels[atom - 1]}" (data-file-schema.xml), found "${label}"`); // prettier-ignore
    if (columns(table, /^ldos/).length === 0)
      throw new Error(`${path}: expected a column ldos(E), found ${table.columns.map(({ name }) => name).join(", ")}`);
    const same = table.energies.length === total.energies.length && table.energies.every((e, i) => e === total.energies[i]); // prettier-ignore
    if (!same)
      throw new Error(
        `${path}: expected the ${total.energies.length} energies of ${basename(totalPath)}, found ${table.energies.length} from ` +
          `${table.energies[0]} to ${table.energies[table.energies.length - 1]} eV`,
      );
  }
}

/** projwfc.x adds the projections up itself; printed numbers have three digits. */
function assertSums(siteDos: readonly Float64Array[], total: ProjwfcTable, path: string): void {
  const sums = columns(total, /^pdos/);
  if (sums.length === 0) return;
  const expected = addSpectra(sums, total.energies.length);
  const found = addSpectra(siteDos, total.energies.length);
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
  const e = found.findIndex((value, i) => Math.abs(value - expected[i]) > 0.01 * scale);
  if (e >= 0)
    throw new Error(
      `${path}: at ${total.energies[e]} eV the projections add up to ${found[e].toPrecision(4)} states/eV, expected ` +
        `${expected[e].toPrecision(4)} (its pdos(E)): files of another run, or one is missing`,
    );
}

/** Orbitals in the order of projwfc.x (real harmonics, m from 0, then cosine and sine). */
const orbitalNames: Readonly<Record<string, readonly string[]>> = {
  s: ["s"],
  p: ["pz", "px", "py"],
  d: ["dz2", "dxz", "dyz", "dx2", "dxy"],
};

function channelsOf(shells: readonly Shell[], sites: number, length: number): DosChannel[] {
  const found = new Map<string, DosChannel & { readonly siteDos: Float64Array[] }>();
  for (const { atom, orbital, table } of shells) {
    const parts = table.columns.filter(({ name }) => name.startsWith("pdos"));
    const spins = new Set(parts.map(({ name }) => name)).size;
    parts.forEach(({ name, values }, i) => {
      const spin = name.endsWith("up") ? "up" : name.endsWith("dw") ? "down" : "both";
      const m = Math.floor(i / spins);
      const named = orbitalNames[orbital]?.[m] ?? `${orbital}${m}`;
      const key = `${spin} ${named}`;
      const channel = found.get(key) ?? { spin, orbital: named, siteDos: Array.from({ length: sites }, () => new Float64Array(length)) }; // prettier-ignore
      found.set(key, channel);
      const sum = channel.siteDos[atom - 1];
      values.forEach((value, e) => (sum[e] += value));
    });
  }
  return [...found.values()];
}

/**
 * Standard deviation of what is in the spectra. Tetrahedra are sharp; Gaussians of pw.x are exp(-(E/degauss)^2); of counted bands
 * projwfc.x broadens by its DeltaE. Functions without a second moment (Methfessel-Paxton, cold) count as sharp.
 */
function sigmaOf({ occupations, smearing }: PwRun, energies: Float64Array): number {
  if (occupations.startsWith("tetrahedra")) return 0;
  if (!smearing) return (energies[1] - energies[0]) / Math.SQRT2;
  const name = smearing.name.toLowerCase();
  if (/^(gauss|g)/.test(name)) return smearing.width / Math.SQRT2;
  return /^(f-?d|fermi)/.test(name) ? (smearing.width * Math.PI) / Math.sqrt(3) : 0;
}

function knownEnergies({ lowestState, completeTo, fermiEnergy }: PwRun, energies: Float64Array): [number, number] {
  const first = energies[0];
  const last = energies[energies.length - 1];
  // Without Emin the table begins at the lowest state, printed with three decimals.
  return [lowestState - fermiEnergy > first - 0.001 ? -Infinity : first, Math.min(completeTo - fermiEnergy, last)];
}

/** Less than this share of the occupied states on atoms is worth a note. */
const fewProjected = 0.95;

function notesOn(
  { noncollinear, electrons }: PwRun,
  siteDos: readonly Float64Array[],
  totalDos: Float64Array,
  energies: Float64Array,
): string[] {
  const occupied = (values: Float64Array): number =>
    values.reduce((sum, value, e) => (energies[e] <= 0 ? sum + value : sum), 0);
  const share = occupied(addSpectra(siteDos, energies.length)) / occupied(totalDos);
  return [
    ...(noncollinear
      ? ["a spin-orbit or non-collinear run: its parts were summed; the models know no spin-orbit coupling"]
      : []),
    ...(share < fewProjected
      ? [
          `the atoms' orbitals hold ${(100 * share).toFixed(0)}% of the occupied states of ${electrons} valence electrons; the rest is in no site`,
        ]
      : []),
  ];
}
