import { extraSigma, storedSigma } from "../broaden.js";
import { bandEdges } from "../features.js";
import { resampleFrom, spacing } from "../grid.js";
import { standardGrid, type EnergyGrid } from "../spectra.js";
import { makeTarget, type Target, type TargetOptions } from "../target.js";
import { addSpectra, requireSites, type DosFile } from "./dos-file.js";
import { broadenDos, resampleDos } from "./on-grid.js";

/** How a target is made of a file's density of states. */
export interface TargetFileOptions extends TargetOptions {
  /** The grid to bring the spectrum to. Default: the standard one. */
  readonly grid?: EnergyGrid;
  /** "auto" (default) moves the zero of a gapped spectrum to its valence-band maximum; "keep" leaves it. */
  readonly zero?: "auto" | "keep";
}

/**
 * A target from what a file has: its zero moved to the valence-band maximum if it is gapped, broadened to the data set's
 * 0.2 eV if it is sharper, on the model's grid. Energies whose states the file does not know (beyond its own, or above its
 * bands) are masked by the target's `energyWindow`.
 *
 * @throws Error when a vasprun.xml has no projections (unless only the total is asked for), or none of the energies that count is known.
 *
 * @example
 *     const mine = targetFromDos(await readDosFile("vasprun.xml"), { energyWindow: [-8, 2] });
 *     console.log(mine.label, mine.energyShift);
 */
export function targetFromDos(file: DosFile, options: TargetFileOptions = {}): Target {
  const { grid = standardGrid, zero = "auto", use } = options;
  if (use !== "total" && file.format === "vasprun.xml") requireSites(file);
  const shift = zero === "auto" ? valenceShift(file) : 0;
  const extra = file.sigma < storedSigma ? extraSigma(storedSigma, file.sigma) : 0;
  const spectra =
    extra > 0
      ? broadenDos(file, grid, extra, shift)
      : resampleDos({ ...file, energies: shifted(file.energies, shift) }, grid);
  const energyWindow = knownWindow(file, { shift, extra, grid, asked: options.energyWindow });
  const rest = { ...options, ...(energyWindow && { energyWindow }) };
  return makeTarget(file.source, spectra, shift, rest);
}

/** How a file became a target, and the file's own notes: sentences for the user. */
export function targetNotes(
  file: DosFile,
  { energyShift, energyWindow }: Target,
  asked?: TargetOptions["energyWindow"],
): string[] {
  const notes = [...file.notes];
  if (energyShift !== 0)
    notes.push(`a gapped spectrum: shifted by ${energyShift.toFixed(3)} eV, its valence-band maximum is the zero`);
  if (energyWindow && (energyWindow[0] !== asked?.[0] || energyWindow[1] !== asked[1]))
    notes.push(
      `states are known from ${energyWindow[0].toFixed(2)} to ${energyWindow[1].toFixed(2)} eV only; the rest is masked ` +
        "(in VASP: NBANDS, EMIN, EMAX, NEDOS)",
    );
  if (file.sigma > storedSigma + 1e-9)
    notes.push(`broadened by ${file.sigma.toFixed(2)} eV, the models' data by ${storedSigma} eV: details are lost`);
  return notes.map((note) => `${file.source}: ${note}`);
}

interface WindowInputs {
  /** Added to the file's energies, eV. */
  readonly shift: number;
  /** Standard deviation of the broadening to come, eV. */
  readonly extra: number;
  readonly grid: EnergyGrid;
  readonly asked: TargetOptions["energyWindow"];
}

/** The window that counts: the one asked for, less what the file does not have. Undefined is the whole grid. */
function knownWindow(
  { known, source }: DosFile,
  { shift, extra, grid, asked }: WindowInputs,
): readonly [number, number] | undefined {
  // States just outside would leak in when the spectrum is broadened.
  const from = known[0] + shift + 2 * extra;
  const to = known[1] + shift - 2 * extra;
  const [low, high] = asked ?? [grid.start, grid.stop];
  const slack = spacing(grid);
  if (from <= low + slack && to >= high - slack) return asked;
  const window = [Math.max(from, low), Math.min(to, high)] as const;
  if (window[1] - window[0] < 4 * storedSigma)
    throw new Error(
      `${source}: the states from ${low} to ${high} eV are asked for, the file has those from ${from.toFixed(2)} to ` +
        `${to.toFixed(2)} eV (in VASP: EMIN, EMAX and NEDOS set the energies, NBANDS how high the bands go)`,
    );
  return window;
}

function shifted(energies: Float64Array, shift: number): Float64Array {
  return shift === 0 ? energies : energies.map((energy) => energy + shift);
}

/** How far to move the energies so that the valence-band maximum is at zero: 0 for a metal. */
function valenceShift(file: DosFile): number {
  const { valenceBandMaximum } = file;
  if (valenceBandMaximum !== undefined) return valenceBandMaximum === null ? 0 : 0 - valenceBandMaximum;
  return file.sigma < storedSigma / 2 ? shiftOfSharp(file) : shiftOfBroad(file);
}

/**
 * For spectra that are hardly broadened: around the Fermi level, the DOS is below a thousandth of its mean for more than
 * two steps and 0.05 eV (pymatgen's rule for band edges).
 */
function shiftOfSharp(file: DosFile): number {
  const { energies } = file;
  const values = perAtom(file);
  const threshold = (0.001 * values.reduce((sum, value) => sum + value, 0)) / values.length;
  const fermi = energies.findIndex((energy) => energy > 0);
  if (fermi < 1) return 0;
  let top = fermi;
  while (top > 0 && values[top - 1] <= threshold) top--;
  let bottom = top;
  while (bottom < values.length && values[bottom] <= threshold) bottom++;
  if (top === 0 || bottom - top < 2 || energies[bottom - 1] - energies[top] < 0.05) return 0;
  const valenceTop = energies[top - 1];
  return valenceTop < 0 ? -valenceTop : 0;
}

/** Even diamond's valence-band top has more states per eV and atom than this once broadened by 0.2 eV (0.004). */
const insideGap = 0.001;

/**
 * For broadened spectra: not moved unless zero lies well inside a gap (where codes put the Fermi level of an insulator),
 * with practically no states. At 0.2 eV broadening that needs about 0.6 eV to either edge; in smaller gaps the zero stays
 * where the file has it.
 */
function shiftOfBroad(file: DosFile): number {
  const { energies: e, sigma } = file;
  const first = Math.max(e[0], -15);
  const last = Math.min(e[e.length - 1], 15);
  if (first >= -1 || last <= 1) return 0;
  const grid = { start: first, stop: last, count: Math.max(400, Math.round((last - first) / 0.05) + 1) };
  const curve = { grid, values: resampleFrom(e, perAtom(file), grid) };
  const edges = bandEdges(curve, { sigma });
  const atZero = curve.values[Math.round((0 - first) / spacing(grid))];
  const zeroInsideGap = edges && atZero < insideGap && edges.valenceBandMaximum < 0;
  return zeroInsideGap ? -edges.valenceBandMaximum : 0;
}

function perAtom({ energies, siteDos, totalDos, crystal }: DosFile): Float64Array {
  const rows = siteDos ?? [totalDos!];
  const atoms = siteDos ? siteDos.length : (crystal?.atomicNumbers.length ?? 1);
  return addSpectra(rows, energies.length).map((value) => value / atoms);
}
