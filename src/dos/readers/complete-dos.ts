import { addSpectra, knownFromValues, type DosChannel, type DosFile, type ReadDosOptions } from "./dos-file.js";
import { asList, asNumber, asNumbers, asObject, assertRising, pymatgenStructure, type JsonObject } from "./json.js";

/** Whether a JSON value is what pymatgen's Dos, CompleteDos or LobsterCompleteDos write (`as_dict`, monty). */
export function isPymatgenDos(value: JsonObject): boolean {
  return "densities" in value && "energies" in value;
}

/**
 * pymatgen's `CompleteDos` (`Dos`, `LobsterCompleteDos`): {efermi, energies, densities, structure, pdos}, energies absolute.
 * The file does not say how it was smeared and is taken as sharp (the Materials Project's are: tetrahedron method).
 *
 * @throws Error that names the source, the entry, what was expected and what was found.
 */
export function completeDos(value: JsonObject, source: string, options: ReadDosOptions = {}): DosFile {
  try {
    return read(value, source, options);
  } catch (error) {
    throw new Error(`${source}: ${(error as Error).message}`, { cause: error });
  }
}

function read(value: JsonObject, source: string, options: ReadDosOptions): DosFile {
  const fermiEnergy = asNumber(value.efermi, "efermi");
  const absolute = asNumbers(value.energies, "energies");
  assertRising(absolute, "energies");
  const energies = absolute.map((energy) => energy - fermiEnergy);
  const length = energies.length;
  const totalDos = addSpectra(Object.values(spins(value.densities, "densities", length)), length);
  const channels = value.pdos === undefined ? undefined : projections(value.pdos, length);
  const crystal = value.structure === undefined ? undefined : pymatgenStructure(value.structure);
  const sites = channels?.[0]?.siteDos.length;
  if (crystal && sites !== undefined && sites !== crystal.atomicNumbers.length)
    throw new Error(`pdos has ${sites} sites, the structure ${crystal.atomicNumbers.length}`);
  const siteDos = channels && sumOfChannels(channels, sites!, length);
  return {
    source,
    format: `pymatgen ${typeof value["@class"] === "string" ? value["@class"] : "CompleteDos"}`,
    ...(crystal && { crystal }),
    fermiEnergy,
    energies,
    ...(siteDos && { siteDos }),
    totalDos,
    ...(options.channels && channels && { channels }),
    sigma: 0,
    binning: "centred",
    known: knownFromValues(energies, totalDos),
    notes: [],
  };
}

const spinNames: Readonly<Record<string, "up" | "down">> = { "1": "up", "-1": "down" };

/** Densities by spin: "1" alone is both. */
function spins(value: unknown, name: string, length: number): Partial<Record<DosChannel["spin"], Float64Array>> {
  const densities = Object.entries(asObject(value, name));
  const unknown = densities.find(([key]) => !(key in spinNames));
  if (unknown || densities.length === 0)
    throw new Error(
      `${name}: expected the spins "1" and "-1", found ${unknown ? `"${unknown[0].slice(0, 20)}"` : "none"}`,
    );
  return Object.fromEntries(
    densities.map(([key, numbers]) => [
      densities.length === 1 ? "both" : spinNames[key],
      asNumbers(numbers, `${name}["${key}"]`, length),
    ]),
  );
}

/** Every orbital of every site; an orbital that only some sites have is zero at the others. */
function projections(value: unknown, length: number): DosChannel[] | undefined {
  const sites = asList(value, "pdos").map((site, i) => asObject(site, `pdos[${i}]`));
  const found = new Map<string, Pick<DosChannel, "spin" | "orbital"> & { siteDos: Float64Array[] }>();
  sites.forEach((site, i) => {
    for (const [orbital, parts] of Object.entries(site)) {
      const where = `pdos[${i}].${orbital.slice(0, 20)}`;
      const bySpin = spins(asObject(parts, where).densities ?? parts, `${where}.densities`, length);
      for (const [spin, density] of Object.entries(bySpin)) {
        const key = `${spin} ${orbital}`;
        if (!found.has(key))
          found.set(key, {
            spin: spin as DosChannel["spin"],
            orbital,
            siteDos: sites.map(() => new Float64Array(length)),
          });
        found.get(key)!.siteDos[i] = density;
      }
    }
  });
  return found.size === 0 ? undefined : [...found.values()];
}

function sumOfChannels(channels: readonly DosChannel[], sites: number, length: number): Float64Array[] {
  return Array.from({ length: sites }, (_, site) =>
    addSpectra(
      channels.map(({ siteDos }) => siteDos[site]),
      length,
    ),
  );
}
