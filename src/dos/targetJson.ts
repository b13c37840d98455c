import { broaden, extraSigma, storedSigma } from "./broaden.js";
import { bandEdges } from "./features.js";
import { energies, resampleFrom, spacing } from "./grid.js";
import { standardGrid, type EnergyGrid, type SiteDos } from "./spectra.js";
import { makeTarget, type Target, type TargetOptions } from "./target.js";

export interface TargetFileOptions extends TargetOptions {
  /** The grid to bring the spectrum to. Default: the standard one. */
  readonly grid?: EnergyGrid;
  /** "auto" (default) moves the zero of a gapped spectrum to its valence-band maximum; "keep" leaves it. */
  readonly zero?: "auto" | "keep";
}

/** A spectrum as a file gives it: its own energies, its own zero. */
export interface RawSpectrum {
  /** [n] rising, eV. */
  readonly energies: ArrayLike<number>;
  /** [N][n], states/eV/atom, both spins. */
  readonly siteDos?: readonly ArrayLike<number>[];
  /** [n], states/eV/cell, both spins. */
  readonly totalDos?: ArrayLike<number>;
  /** Gaussian broadening already in it, eV. Below 0.2 eV it is broadened to that, the data set's. */
  readonly sigma?: number;
}

/**
 * A target from JSON text. Two forms are read: `{energies, siteDos, totalDos?, sigma?}` (siteDos [N][n] and totalDos
 * [n]; one of the two suffices; `sigma` is the broadening already in it, 0.2 eV if absent), and a record of the
 * reference's data file, `{y, y_voronoi?}`, on the 400 standard energies.
 *
 * @throws Error that names the file and what is wrong, with numbers: not JSON, neither form, a value that is not a
 * finite number, the wrong number of points, energies that do not cover the grid.
 */
export function targetFromJson(text: string, fileName: string, options: TargetFileOptions = {}): Target {
  try {
    const value = parseObject(text);
    return targetFromRaw("y" in value ? rawFromRecord(value) : rawFromSpectrum(value), fileName, options);
  } catch (error) {
    const message = (error as Error).message;
    throw new Error(message.includes(fileName) ? message : `${fileName}: ${message}`, { cause: error });
  }
}

/** A target from a file's own spectrum: zero moved if need be, broadened to the data set's 0.2 eV, on the model's grid. */
export function targetFromRaw(raw: RawSpectrum, source: string, options: TargetFileOptions = {}): Target {
  const { grid = standardGrid, zero = "auto" } = options;
  const { siteDos: rows, totalDos: total } = raw;
  const shift = zero === "auto" ? shiftToValenceBand(raw) : 0;
  const onGrid = (values: number[]) => {
    try {
      return toGrid(raw, values, grid, shift);
    } catch (error) {
      const hint =
        shift === 0
          ? ""
          : ` (after a shift of ${shift.toFixed(3)} eV to the valence-band maximum; zero: "keep" leaves it out)`;
      throw new Error(`${source}: ${(error as Error).message}${hint}`, { cause: error });
    }
  };
  const siteDos: SiteDos | undefined = rows && {
    kind: "site",
    grid,
    siteCount: rows.length,
    values: onGrid(rows.flatMap((row) => Array.from(row))),
  };
  const totalDos = total && ({ kind: "total", grid, values: onGrid(Array.from(total)) } as const);
  return makeTarget(source, { ...(siteDos && { siteDos }), ...(totalDos && { totalDos }) }, shift, options);
}

/** Even diamond's valence-band top has more states per eV and atom than this once broadened by 0.2 eV (0.004). */
const insideGap = 0.001;

/**
 * How far to move the energies so that the valence-band maximum is at zero: not at all unless zero lies well inside
 * a gap (where codes put the Fermi level of an insulator), with practically no states. At 0.2 eV broadening that
 * needs about 0.6 eV to either edge; in smaller gaps the zero stays where the file has it.
 */
function shiftToValenceBand(raw: RawSpectrum): number {
  const { energies: e, siteDos, totalDos, sigma = storedSigma } = raw;
  const first = Math.max(e[0], -15);
  const last = Math.min(e[e.length - 1], 15);
  if (first >= -1 || last <= 1) return 0;
  const grid = { start: first, stop: last, count: Math.max(400, Math.round((last - first) / 0.05) + 1) };
  const rows = siteDos ?? [totalDos!];
  const perAtom = Array.from({ length: e.length }, (_, i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length);
  const curve = { grid, values: resampleFrom(e, perAtom, grid) };
  const edges = bandEdges(curve, { sigma });
  const atZero = curve.values[Math.round((0 - first) / spacing(grid))];
  const zeroInsideGap = edges && atZero < insideGap && edges.valenceBandMaximum < 0;
  return zeroInsideGap ? -edges.valenceBandMaximum : 0;
}

function toGrid(raw: RawSpectrum, values: number[], grid: EnergyGrid, shift: number): Float32Array {
  const shifted = Array.from(raw.energies, (energy) => energy + shift);
  const sigma = raw.sigma ?? storedSigma;
  if (sigma >= storedSigma) return resampleFrom(shifted, values, grid);
  // Broaden on a grid as fine as the file's and as wide, or states beyond the ends could not leak in.
  const wide = { start: shifted[0], stop: shifted[shifted.length - 1], count: shifted.length };
  const smooth = broaden(resampleFrom(shifted, values, wide), wide, extraSigma(storedSigma, sigma));
  return resampleFrom(energies(wide), smooth, grid);
}

function rawFromSpectrum(value: Record<string, unknown>): RawSpectrum {
  if (!("energies" in value) || !("siteDos" in value || "totalDos" in value))
    throw new Error(
      `expected {energies, siteDos[, totalDos]} or a record {y, ...}, found the keys ${Object.keys(value).slice(0, 12).join(", ") || "none"}`,
    );
  const e = numbers(value.energies, "energies");
  const { sigma } = value;
  if (sigma !== undefined && !(typeof sigma === "number" && sigma >= 0))
    throw new Error(`sigma must be a number of eV, at least 0, found ${JSON.stringify(sigma)}`);
  return {
    energies: e,
    ...(value.siteDos !== undefined && { siteDos: table(value.siteDos, "siteDos", e.length) }),
    ...(value.totalDos !== undefined && { totalDos: numbers(value.totalDos, "totalDos", e.length) }),
    ...(sigma !== undefined && { sigma }),
  };
}

function rawFromRecord(value: Record<string, unknown>): RawSpectrum {
  const siteDos = table(value.y, "y", standardGrid.count);
  const grid = energies(standardGrid);
  if (value.y_voronoi === undefined) return { energies: grid, siteDos };
  const partition = table(value.y_voronoi, "y_voronoi", standardGrid.count);
  if (partition.length !== siteDos.length)
    throw new Error(`y_voronoi has ${partition.length} sites, y has ${siteDos.length}`);
  const totalDos = Array.from(grid, (_, i) => partition.reduce((sum, row) => sum + row[i], 0));
  return { energies: grid, siteDos, totalDos };
}

function parseObject(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error(`expected one JSON object, found ${Array.isArray(value) ? "a list" : String(value)}`);
  return value as Record<string, unknown>;
}

function table(value: unknown, name: string, columns: number): number[][] {
  if (!Array.isArray(value) || value.length === 0)
    throw new Error(`${name} must be a list of sites, each a list of numbers`);
  return value.map((row, site) => numbers(row, `${name}, site ${site}`, columns));
}

function numbers(value: unknown, name: string, expected?: number): number[] {
  if (!Array.isArray(value)) throw new Error(`${name} must be a list of numbers, found ${typeof value}`);
  if (expected !== undefined && value.length !== expected)
    throw new Error(`${name} has ${value.length} points, expected ${expected}`);
  const bad = value.findIndex((x) => typeof x !== "number" || !Number.isFinite(x));
  if (bad >= 0) throw new Error(`${name}, point ${bad} is ${JSON.stringify(value[bad])}, expected a finite number`);
  return value as number[];
}
