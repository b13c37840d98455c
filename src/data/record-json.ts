import {
  assertCrystal,
  formula,
  toCartesian,
  toFractional,
  wrap,
  type Crystal,
  type Matrix3,
  type Vector3,
} from "../crystal/index.js";
import { siteCurve, standardGrid, type SiteDos } from "../dos/index.js";
import { isPrintable, printable } from "../base/printable.js";
import { numericProperties, textProperties, type DosRecord, type RecordProperties } from "./record.js";

const coreKeys = new Set([
  ...["structure_id", "formula", "cell", "positions", "atomic_numbers"],
  ...["y", "y_voronoi", "forces_eV_A"],
]);
const stressNames = ["stress_GPa_0", "stress_GPa_1", "stress_GPa_2"] as const;

/**
 * A record from its JSON form: {structure_id, cell [3][3] and positions [N][3] in Angstrom (Cartesian),
 * atomic_numbers [N], y [N][400], y_voronoi? [N][400], forces_eV_A? [N][3], stress_GPa? [3][3] or [3] (its diagonal), ...}.
 * Other numbers and strings become properties, a short list of numbers one property for each; anything else is left out. Of
 * the stress the diagonal is in the properties in either form.
 *
 * @param where file and entry, for messages.
 * @throws Error that says where, what was expected and what was found.
 */
export function recordFromJson(value: unknown, where: string): DosRecord {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error(`${where}: expected an object, found ${Array.isArray(value) ? "a list" : String(value)}`);
  const entry = value as Record<string, unknown>;
  const id = entry.structure_id;
  if (typeof id !== "string" || id === "")
    throw new Error(`${where}: structure_id must be a name, found ${JSON.stringify(id)}`);
  if (!isPrintable(id))
    throw new Error(`${where}: structure_id must be printable, found ${printable(id.slice(0, 60))}`);
  const at = `${where} (${id})`;
  const crystal = readCrystal(entry, at);
  const ownFormula = formula(crystal.atomicNumbers);
  if (entry.formula !== undefined && entry.formula !== ownFormula)
    throw new Error(`${at}: formula is ${JSON.stringify(entry.formula)}, its atoms make ${ownFormula}`);
  const count = crystal.atomicNumbers.length;
  const stress = readStress(entry.stress_GPa, at);
  return {
    id,
    formula: ownFormula,
    crystal,
    siteDos: readSiteDos(entry.y, "y", count, at),
    ...(entry.y_voronoi !== undefined && { voronoiDos: readSiteDos(entry.y_voronoi, "y_voronoi", count, at) }),
    ...(entry.forces_eV_A !== undefined && { forces: readVectors(entry.forces_eV_A, "forces_eV_A", count, at) }),
    ...(stress && { stress }),
    properties: readProperties(entry, stress, at),
  };
}

/** The JSON form of a record, readable by {@link recordFromJson} and by the reference's own reader. */
export function recordToJson(record: DosRecord): Record<string, unknown> {
  const { id, crystal, siteDos, voronoiDos, forces, stress } = record;
  return {
    structure_id: id,
    formula: record.formula,
    ...Object.fromEntries(Object.entries(record.properties).filter(([name]) => !(stress && isStressName(name)))),
    ...(stress && { stress_GPa: stress }),
    ...(forces && { forces_eV_A: forces }),
    cell: crystal.latticeMatrix,
    positions: toCartesian(crystal.fracCoords, crystal.latticeMatrix),
    atomic_numbers: crystal.atomicNumbers,
    y: rows(siteDos),
    ...(voronoiDos && { y_voronoi: rows(voronoiDos) }),
  };
}

function rows(siteDos: SiteDos): number[][] {
  return Array.from({ length: siteDos.siteCount }, (_, site) => Array.from(siteCurve(siteDos, site).values, shortest));
}

/** Enough digits to give the same float32 back, and no more, so that exported files stay small. */
function shortest(value: number): number {
  for (const digits of [4, 6, 7, 8]) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}

function readCrystal(entry: Record<string, unknown>, at: string): Crystal {
  const numbers = entry.atomic_numbers;
  if (!Array.isArray(numbers) || numbers.length === 0)
    throw new Error(`${at}: atomic_numbers must be a list of at least one number, found ${typeof numbers}`);
  const [a, b, c] = readVectors(entry.cell, "cell", 3, at);
  const latticeMatrix = [a, b, c] as const;
  const positions = readVectors(entry.positions, "positions", numbers.length, at);
  try {
    const fracCoords = toFractional(positions, latticeMatrix).map(wrap);
    return assertCrystal({ latticeMatrix, fracCoords, atomicNumbers: numbers as number[] }, at);
  } catch (error) {
    throw prefixed(error, at);
  }
}

function readVectors(value: unknown, name: string, count: number, at: string): Vector3[] {
  if (!Array.isArray(value) || value.length !== count)
    throw new Error(
      `${at}: ${name} must be ${count} vectors, found ${Array.isArray(value) ? value.length : typeof value}`,
    );
  return value.map((vector: unknown, i) => {
    if (!Array.isArray(vector) || vector.length !== 3 || !vector.every(Number.isFinite))
      throw new Error(`${at}: ${name}[${i}] must be 3 finite numbers, found ${JSON.stringify(vector)?.slice(0, 80)}`);
    return vector as unknown as Vector3;
  });
}

function readSiteDos(value: unknown, name: string, siteCount: number, at: string): SiteDos {
  if (!Array.isArray(value) || value.length !== siteCount)
    throw new Error(
      `${at}: ${name} must have one row for each of ${siteCount} atoms, found ${Array.isArray(value) ? value.length : typeof value}`,
    );
  const { count } = standardGrid;
  const values = new Float32Array(siteCount * count);
  value.forEach((row: unknown, site) => {
    if (!Array.isArray(row) || row.length !== count)
      throw new Error(
        `${at}: ${name}[${site}] must have ${count} points, found ${Array.isArray(row) ? row.length : typeof row}`,
      );
    // NaN too is caught: it arrives as null, or from a lenient writer not at all.
    const bad = row.findIndex((x) => !Number.isFinite(x) || Math.abs(x as number) > 65000);
    if (bad >= 0)
      throw new Error(
        `${at}: ${name}[${site}][${bad}] must be a finite DOS below 65000, found ${JSON.stringify(row[bad])}`,
      );
    values.set(row as number[], site * count);
  });
  return { kind: "site", grid: standardGrid, values, siteCount };
}

/** The whole tensor; undefined where there is none, or only its diagonal, which is a property. */
function readStress(value: unknown, at: string): Matrix3 | undefined {
  if (!Array.isArray(value) || !value.some(Array.isArray)) return undefined;
  const [xx, yy, zz] = readVectors(value, "stress_GPa", 3, at);
  return [xx, yy, zz];
}

function isStressName(name: string): boolean {
  return (stressNames as readonly string[]).includes(name);
}

function readProperties(entry: Record<string, unknown>, stress: Matrix3 | undefined, at: string): RecordProperties {
  const properties: [string, string | number | null][] = [];
  for (const [key, value] of Object.entries(entry)) {
    if (coreKeys.has(key)) continue;
    if (isPlain(value)) properties.push([key, known(key, value, at)]);
    else if (Array.isArray(value) && value.length <= 9 && value.every(Number.isFinite))
      value.forEach((x: number, i) => properties.push([`${key}_${i}`, x]));
  }
  if (stress) stressNames.forEach((name, i) => properties.push([name, stress[i][i]]));
  return Object.fromEntries(properties);
}

/** A value that is of its name's kind, where the name is known. */
function known(name: string, value: string | number | null, at: string): string | number | null {
  const kind = numericProperties.has(name) ? "number" : textProperties.has(name) ? "string" : null;
  if (value === null || kind === null || typeof value === kind) return value;
  throw new Error(`${at}: ${name} must be a ${kind === "number" ? "number" : "text"}, found ${JSON.stringify(value)}`);
}

function isPlain(value: unknown): value is string | number | null {
  return value === null || typeof value === "string" || (typeof value === "number" && Number.isFinite(value));
}

function prefixed(error: unknown, at: string): Error {
  const { message } = error as Error;
  return new Error(message.startsWith(at) ? message : `${at}: ${message}`, { cause: error });
}
