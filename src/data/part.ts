import { gunzip } from "../base/gunzip.js";
import { decodeHalf, findNonFinite } from "../base/half.js";
import { parseJson } from "../base/json.js";
import { isPrintable, printable } from "../base/printable.js";
import { assertRegular, elementCount, type Crystal, type Matrix3, type Vector3 } from "../crystal/index.js";
import { standardGrid, type SiteDos } from "../dos/index.js";
import { numericProperties, textProperties, type DosRecord } from "./record.js";
import {
  decodeSafetensors,
  type SafetensorsArrays,
  type SafetensorsDtype,
  type SafetensorsFile,
} from "./safetensors.js";

/**
 * A part of a stored data set: a gzipped safetensors file of columns, M crystals with A atoms in all. Spectra stay in
 * half precision until a record is asked for.
 */
export interface Part {
  readonly ids: readonly string[];
  readonly formulas: readonly string[];
  /** The i-th record, decoded afresh. */
  at(i: number): DosRecord;
}

/** Bytes of an unpacked part; a thousand crystals of the bundled set have 25 MB. */
const largestPart = 2e9;

/** What the names of numeric columns begin with. */
export const propertyPrefix = "property.";

/** @throws Error that names the file and what is wrong with it. */
export function decodePart(bytes: Uint8Array, fileName: string): Part {
  const file = decodeSafetensors(gunzip(bytes, fileName, largestPart), fileName);
  const columns = readColumns(file, fileName);
  checkColumns(columns, fileName);
  return { ids: columns.ids, formulas: columns.formulas, at: (i) => recordAt(columns, i) };
}

interface Columns {
  readonly ids: readonly string[];
  readonly formulas: readonly string[];
  readonly strings: Readonly<Record<string, readonly (string | null)[]>>;
  readonly numbers: readonly (readonly [string, Float32Array])[];
  readonly offsets: Int32Array;
  readonly atomicNumbers: Uint8Array;
  readonly cell: Float32Array;
  readonly fracCoords: Float32Array;
  readonly y: Uint16Array;
  readonly yVoronoi: Uint16Array;
  readonly hasVoronoi: Uint8Array;
  readonly forces?: Float32Array;
  readonly stress?: Float32Array;
}

function readColumns(file: SafetensorsFile, fileName: string): Columns {
  const column = columnReader(file, fileName);
  const ids = readStrings(file, "ids", fileName);
  const count = ids.length;
  const offsets = column("atom_offsets", "I32", [count + 1]);
  const atoms = offsets[count];
  const numeric = Object.keys(file.tensors).filter((name) => name.startsWith(propertyPrefix));
  return {
    ids,
    formulas: readStrings(file, "formulas", fileName, count),
    strings: readStringColumns(file, fileName, count),
    numbers: numeric.map((name) => [name.slice(propertyPrefix.length), column(name, "F32", [count])] as const),
    offsets,
    atomicNumbers: column("atomic_numbers", "U8", [atoms]),
    cell: column("cell", "F32", [count, 3, 3]),
    fracCoords: column("frac_coords", "F32", [atoms, 3]),
    y: column("y", "F16", [atoms, standardGrid.count]),
    yVoronoi: column("y_voronoi", "F16", [atoms, standardGrid.count]),
    hasVoronoi: column("has_voronoi", "U8", [count]),
    ...("forces" in file.tensors && { forces: column("forces", "F32", [atoms, 3]) }),
    ...("stress" in file.tensors && { stress: column("stress", "F32", [count, 3, 3]) }),
  };
}

function checkColumns(columns: Columns, fileName: string): void {
  const { ids, strings, numbers, offsets, atomicNumbers, cell, fracCoords, y, yVoronoi } = columns;
  const fail = (what: string): never => {
    throw new Error(`${fileName}: ${what}`);
  };
  if (offsets[0] !== 0) fail(`atom_offsets must begin with 0, found ${offsets[0]}`);
  ids.forEach((id, i) => {
    if (offsets[i + 1] <= offsets[i]) fail(`${id} has ${offsets[i + 1] - offsets[i]} atoms`);
    checkCell(cell.subarray(9 * i, 9 * i + 9), `${fileName}: ${id}`);
  });
  if (new Set(ids).size !== ids.length) fail("an id occurs twice");
  const odd = ids.find((id) => !isPrintable(id));
  if (odd !== undefined) fail(`ids must be printable, found ${printable(odd.slice(0, 60))}`);
  const mistyped = numbers.find(([name]) => textProperties.has(name)) ?? Object.entries(strings).find(([name]) => numericProperties.has(name)); // prettier-ignore
  if (mistyped) fail(`the property ${mistyped[0]} has the wrong type`);
  const strange = atomicNumbers.findIndex((z) => z < 1 || z > elementCount);
  if (strange >= 0) fail(`atomic_numbers[${strange}] is ${atomicNumbers[strange]}, expected 1 to ${elementCount}`);
  if (!fracCoords.every(Number.isFinite)) fail("frac_coords holds a value that is not a finite number");
  for (const [name, column] of [
    ["y", y],
    ["y_voronoi", yVoronoi],
  ] as const)
    if (findNonFinite(column) >= 0) fail(`${name} holds a value that is not a finite number`);
}

function checkCell(cell: Float32Array, where: string): void {
  try {
    assertRegular(matrix(cell));
  } catch (error) {
    throw new Error(`${where}: ${(error as Error).message}`, { cause: error });
  }
}

function recordAt(columns: Columns, i: number): DosRecord {
  const begin = columns.offsets[i];
  const end = columns.offsets[i + 1];
  const spectra = (column: Uint16Array): SiteDos => ({
    kind: "site",
    grid: standardGrid,
    values: decodeHalf(column.subarray(begin * standardGrid.count, end * standardGrid.count)),
    siteCount: end - begin,
  });
  const crystal: Crystal = {
    latticeMatrix: matrix(columns.cell.subarray(9 * i, 9 * i + 9)),
    fracCoords: vectors(columns.fracCoords.subarray(3 * begin, 3 * end)),
    atomicNumbers: Array.from(columns.atomicNumbers.subarray(begin, end)),
  };
  return {
    id: columns.ids[i],
    formula: columns.formulas[i],
    crystal,
    siteDos: spectra(columns.y),
    ...(columns.hasVoronoi[i] === 1 && { voronoiDos: spectra(columns.yVoronoi) }),
    ...measured("forces", columns.forces?.subarray(3 * begin, 3 * end), vectors),
    ...measured("stress", columns.stress?.subarray(9 * i, 9 * i + 9), matrix),
    properties: propertiesAt(columns, i),
  };
}

function propertiesAt({ strings, numbers }: Columns, i: number): DosRecord["properties"] {
  return Object.fromEntries<string | number | null>([
    ...Object.entries(strings).map(([name, column]) => [name, column[i]] as const),
    ...numbers.map(([name, column]) => [name, Number.isNaN(column[i]) ? null : decimal(column[i])] as const),
  ]);
}

/** {name: value} of a column's entry; nothing where the column is missing, or NaN since the record has none. */
function measured<T>(name: string, column: Float32Array | undefined, read: (values: ArrayLike<number>) => T): object {
  if (!column || column.some(Number.isNaN)) return {};
  return { [name]: read(Array.from(column, decimal)) };
}

/** Seven digits are what float32 holds: 8.4387, not 8.438699722290039. */
function decimal(value: number): number {
  return Number(value.toPrecision(7));
}

function matrix(nine: ArrayLike<number>): Matrix3 {
  const [a, b, c] = vectors(nine);
  return [a, b, c];
}

function vectors(flat: ArrayLike<number>): Vector3[] {
  return Array.from({ length: flat.length / 3 }, (_, i) => [flat[3 * i], flat[3 * i + 1], flat[3 * i + 2]]);
}

/** Reads columns of one file: a tensor of this name, type and shape, or an error. */
function columnReader({ tensors }: SafetensorsFile, fileName: string) {
  return <D extends SafetensorsDtype>(name: string, dtype: D, shape: readonly number[]): SafetensorsArrays[D] => {
    const tensor = tensors[name];
    if (!tensor) throw new Error(`${fileName}: it has no tensor "${name}"`);
    if (tensor.dtype !== dtype || tensor.shape.join() !== shape.join())
      throw new Error(
        `${fileName}: tensor "${name}" is ${tensor.dtype} [${tensor.shape.join(", ")}], expected ${dtype} [${shape.join(", ")}]`,
      );
    return tensor.data as SafetensorsArrays[D];
  };
}

function readStrings(file: SafetensorsFile, name: string, fileName: string, count?: number): string[] {
  const value = readMetadata(file, name, fileName);
  if (!isList(value, (x) => typeof x === "string", count))
    throw new Error(`${fileName}: metadata "${name}" must be a list of ${count ?? "all"} names`);
  return value as string[];
}

function readStringColumns(file: SafetensorsFile, fileName: string, count: number): Columns["strings"] {
  const value = readMetadata(file, "strings", fileName);
  const ok = (x: unknown) => x === null || typeof x === "string";
  if (typeof value !== "object" || value === null || !Object.values(value).every((column) => isList(column, ok, count)))
    throw new Error(`${fileName}: metadata "strings" must map names to lists of ${count} strings`);
  return value as Columns["strings"];
}

function readMetadata(file: SafetensorsFile, name: string, fileName: string): unknown {
  return parseJson(file.metadata[name] ?? "null", `${fileName}: metadata "${name}"`);
}

function isList(value: unknown, ok: (x: unknown) => boolean, count?: number): boolean {
  return Array.isArray(value) && value.every(ok) && (count === undefined || value.length === count);
}
