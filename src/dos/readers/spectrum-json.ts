import { assertCrystal, toFractional, wrap, type Crystal } from "../../crystal/index.js";
import { storedSigma } from "../broaden.js";
import { energies as energiesOf } from "../grid.js";
import { standardGrid } from "../spectra.js";
import { addSpectra, type DosFile } from "./dos-file.js";
import { asList, asNumber, asNumbers, assertRising, vectors, type JsonObject } from "./json.js";

/**
 * dosmith's own JSON, `{energies, siteDos, totalDos?, sigma?, known?, atomicNumbers?, cell?, ...}`: what `dosmith dos --json` and
 * `dosmith predict --json` print, and what any script can write. `sigma` is the broadening in it (0.2 eV if absent), `known` the
 * energies between which no state is missing (all of them), `valenceBandMaximum` null for a metal.
 */
export function spectrumJson(value: JsonObject, source: string): DosFile {
  const energies = asNumbers(value.energies, "energies");
  assertRising(energies, "energies");
  const length = energies.length;
  const siteDos = value.siteDos === undefined ? undefined : table(value.siteDos, "siteDos", length);
  const totalDos = value.totalDos === undefined ? undefined : asNumbers(value.totalDos, "totalDos", length);
  if (!siteDos && !totalDos) throw new Error("expected siteDos or totalDos, found neither");
  const valenceTop = value.valenceBandMaximum;
  const sigma = value.sigma === undefined ? storedSigma : asNumber(value.sigma, "sigma");
  if (sigma < 0) throw new Error(`sigma must be at least 0 eV, found ${sigma}`);
  const crystal = value.cell === undefined ? undefined : crystalOf(value);
  if (crystal && siteDos && crystal.atomicNumbers.length !== siteDos.length)
    throw new Error(`siteDos has ${siteDos.length} sites, atomicNumbers ${crystal.atomicNumbers.length}`);
  const [from, to] =
    value.known === undefined ? [energies[0], energies[length - 1]] : asNumbers(value.known, "known", 2);
  return {
    source,
    format: "spectrum (JSON)",
    ...(crystal && { crystal }),
    fermiEnergy: typeof value.efermi === "number" ? value.efermi : null,
    energies,
    ...(siteDos && { siteDos }),
    ...(totalDos && { totalDos }),
    sigma,
    binning: "centred",
    known: [from, to],
    ...(valenceTop !== undefined && {
      valenceBandMaximum: valenceTop === null ? null : asNumber(valenceTop, "valenceBandMaximum"),
    }),
    notes: [],
  };
}

/**
 * A record of the paper's data file, of a data set or of the DFT sidecar: `{structure_id, cell, positions, atomic_numbers, y,
 * y_voronoi?, efermi_eV?}`, on the 400 standard energies, Gaussian broadening 0.2 eV.
 */
export function recordDos(value: JsonObject, source: string): DosFile {
  const siteDos = table(value.y, "y", standardGrid.count);
  const crystal = value.cell === undefined ? undefined : recordCrystal(value);
  if (crystal && crystal.atomicNumbers.length !== siteDos.length)
    throw new Error(`y has ${siteDos.length} sites, atomic_numbers ${crystal.atomicNumbers.length}`);
  const partition = value.y_voronoi === undefined ? undefined : table(value.y_voronoi, "y_voronoi", standardGrid.count);
  if (partition && partition.length !== siteDos.length)
    throw new Error(`y_voronoi has ${partition.length} sites, y has ${siteDos.length}`);
  return {
    source,
    format: "record (JSON)",
    ...(crystal && { crystal }),
    fermiEnergy: typeof value.efermi_eV === "number" ? value.efermi_eV : null,
    energies: energiesOf(standardGrid),
    siteDos,
    // A record that knows its gap from the eigenvalues has its zero where a target needs it.
    ...(typeof value.gap_eV === "number" && { valenceBandMaximum: value.gap_eV > 0 ? 0 : null }),
    ...(partition && { totalDos: addSpectra(partition, standardGrid.count) }),
    sigma: storedSigma,
    binning: "centred",
    known: [standardGrid.start, standardGrid.stop],
    notes: [],
  };
}

function recordCrystal({ cell, positions, atomic_numbers: numbers }: JsonObject): Crystal {
  const atomicNumbers = [...asNumbers(numbers, "atomic_numbers")];
  const [a, b, c] = vectors(cell, "cell", 3);
  const latticeMatrix = [a, b, c] as const;
  const cartesian = vectors(positions, "positions", atomicNumbers.length);
  return assertCrystal({ latticeMatrix, fracCoords: toFractional(cartesian, latticeMatrix).map(wrap), atomicNumbers });
}

function crystalOf(value: JsonObject): Crystal {
  const atomicNumbers = [...asNumbers(value.atomicNumbers, "atomicNumbers")];
  const [a, b, c] = vectors(value.cell, "cell", 3);
  const fracCoords = vectors(value.fracCoords, "fracCoords", atomicNumbers.length);
  return assertCrystal({ latticeMatrix: [a, b, c], fracCoords, atomicNumbers });
}

function table(value: unknown, name: string, columns: number): Float64Array[] {
  const rows = asList(value, name);
  if (rows.length === 0) throw new Error(`${name} must be a list of sites, each a list of numbers`);
  return rows.map((row, site) => asNumbers(row, `${name}, site ${site}`, columns));
}
