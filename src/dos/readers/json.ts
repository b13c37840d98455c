import { assertCrystal, atomicNumber, isElement, wrap, type Crystal, type Vector3 } from "../../crystal/index.js";

export type JsonObject = Readonly<Record<string, unknown>>;

/** A JSON object, or an Error that says what was found instead. */
export function asObject(value: unknown, name: string): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error(`${name}: expected an object, found ${kind(value)}`);
  return value as JsonObject;
}

export function asList(value: unknown, name: string): readonly unknown[] {
  const list = decodeArray(value);
  if (!Array.isArray(list)) throw new Error(`${name}: expected a list, found ${kind(value)}`);
  return list;
}

/** One finite number. */
export function asNumber(value: unknown, name: string): number {
  const number = decodeArray(value);
  if (typeof number !== "number" || !Number.isFinite(number))
    throw new Error(`${name}: expected a finite number, found ${kind(value)}`);
  return number;
}

/** [n] finite numbers, from a plain list or a numpy array as monty encodes it. */
export function asNumbers(value: unknown, name: string, length?: number): Float64Array {
  const list = asList(value, name);
  if (length !== undefined && list.length !== length)
    throw new Error(`${name} has ${list.length} points, expected ${length}`);
  const bad = list.findIndex((x) => typeof x !== "number" || !Number.isFinite(x));
  if (bad >= 0) throw new Error(`${name}, point ${bad} is ${kind(list[bad])}, expected a finite number`);
  return Float64Array.from(list as number[]);
}

/** A numpy array or number as monty writes it ({"@module": "numpy", "@class": "array", data}); else the value itself. */
function decodeArray(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const { "@module": module, data, dtype } = value as JsonObject;
  if (module !== "numpy") return value;
  if (typeof dtype === "string" && dtype.startsWith("complex"))
    throw new Error("expected real numbers, found an array of complex ones");
  return data;
}

/** @throws Error when they are fewer than two or do not rise. */
export function assertRising(energies: Float64Array, name: string): void {
  if (energies.length < 2) throw new Error(`${name}: expected at least 2 energies, found ${energies.length}`);
  const falls = energies.findIndex((e, i) => i > 0 && e <= energies[i - 1]);
  if (falls > 0)
    throw new Error(`${name} must rise: point ${falls} is ${energies[falls]} eV after ${energies[falls - 1]} eV`);
}

/** A pymatgen Structure: `lattice.matrix`, and `sites` with `species` and fractional `abc`. */
export function pymatgenStructure(value: unknown): Crystal {
  const structure = asObject(value, "structure");
  const lattice = asObject(structure.lattice, "structure.lattice");
  const sites = asList(structure.sites, "structure.sites").map((site, i) => asObject(site, `structure.sites[${i}]`));
  const [a, b, c] = vectors(lattice.matrix, "structure.lattice.matrix", 3);
  return assertCrystal(
    {
      latticeMatrix: [a, b, c],
      fracCoords: sites.map(({ abc }, i) => wrap(vector(abc, `structure.sites[${i}].abc`))),
      atomicNumbers: sites.map(({ species }, i) => speciesOf(species, `structure.sites[${i}].species`)),
    },
    "structure",
  );
}

function speciesOf(value: unknown, name: string): number {
  const species = asList(value, name);
  const { element, occu } = asObject(species[0], name);
  if (species.length !== 1 || occu !== 1)
    throw new Error(`${name}: a disordered site (${JSON.stringify(species).slice(0, 80)}); expected one whole atom`);
  if (typeof element !== "string" || !isElement(element))
    throw new Error(`${name}: expected an element's symbol, found ${kind(element)}`);
  return atomicNumber(element);
}

/** [count][3] */
export function vectors(value: unknown, name: string, count: number): Vector3[] {
  const list = asList(value, name);
  if (list.length !== count) throw new Error(`${name} has ${list.length} vectors, expected ${count}`);
  return list.map((x, i) => vector(x, `${name}[${i}]`));
}

function vector(value: unknown, name: string): Vector3 {
  const [x, y, z] = asNumbers(value, name, 3);
  return [x, y, z];
}

/** A value in an error message: short, whatever it is. */
function kind(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length <= 40 ? text : Array.isArray(value) ? `a list of ${value.length}` : `${text.slice(0, 37)}...`;
}
