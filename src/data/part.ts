import { gzipSync } from "node:zlib";
import { gunzip } from "../base/gunzip.js";
import { decodeHalf, encodeHalf, findNonFinite } from "../base/half.js";
import { parseJson } from "../base/json.js";
import { assertRegular, elementCount, type Crystal, type Matrix3, type Vector3 } from "../crystal/index.js";
import { standardGrid, type SiteDos } from "../dos/index.js";
import type { DosRecord } from "./record.js";
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsArrays,
  type SafetensorsDtype,
  type SafetensorsFile,
  type SafetensorsTensor,
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

const propertyPrefix = "property.";

/**
 * The bytes of a part: `atom_offsets` I32 [M+1], `atomic_numbers` U8 [A], `cell` F32 [M,3,3], `frac_coords` F32 [A,3],
 * `y` and `y_voronoi` F16 [A,400], `has_voronoi` U8 [M], `property.NAME` F32 [M] (NaN: none), and in the metadata
 * `ids`, `formulas` and `strings` ({name: [M]}) as JSON.
 */
export function encodePart(records: readonly DosRecord[]): Uint8Array {
  const offsets = new Int32Array(records.length + 1);
  records.forEach(({ crystal }, i) => (offsets[i + 1] = offsets[i] + crystal.atomicNumbers.length));
  const atoms = offsets[records.length];
  const crystals = records.map(({ crystal }) => crystal);
  const tensors: Record<string, SafetensorsTensor> = {
    atom_offsets: { dtype: "I32", shape: [records.length + 1], data: offsets },
    atomic_numbers: { dtype: "U8", shape: [atoms], data: Uint8Array.from(crystals.flatMap((c) => c.atomicNumbers)) },
    cell: {
      dtype: "F32",
      shape: [records.length, 3, 3],
      data: Float32Array.from(crystals.flatMap((c) => c.latticeMatrix.flat())),
    },
    frac_coords: {
      dtype: "F32",
      shape: [atoms, 3],
      data: Float32Array.from(crystals.flatMap((c) => c.fracCoords.flat())),
    },
    y: spectraColumn(
      records.map(({ siteDos }) => siteDos.values),
      atoms,
    ),
    y_voronoi: spectraColumn(
      records.map((r) => r.voronoiDos?.values ?? new Float32Array(r.siteDos.values.length)),
      atoms,
    ),
    has_voronoi: {
      dtype: "U8",
      shape: [records.length],
      data: Uint8Array.from(records, (r) => (r.voronoiDos ? 1 : 0)),
    },
    ...numericColumns(records),
  };
  const metadata = {
    ids: JSON.stringify(records.map(({ id }) => id)),
    formulas: JSON.stringify(records.map((record) => record.formula)),
    strings: JSON.stringify(stringColumns(records)),
  };
  return gzipSync(encodeSafetensors(tensors, metadata), { level: 9 });
}

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
}

function readColumns(file: SafetensorsFile, fileName: string): Columns {
  const column = <D extends SafetensorsDtype>(name: string, dtype: D, shape: readonly number[]) =>
    readColumn(file, name, dtype, shape, fileName);
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
  };
}

function checkColumns({ ids, offsets, atomicNumbers, cell, fracCoords, y, yVoronoi }: Columns, fileName: string): void {
  const fail = (what: string): never => {
    throw new Error(`${fileName}: ${what}`);
  };
  if (offsets[0] !== 0) fail(`atom_offsets must begin with 0, found ${offsets[0]}`);
  ids.forEach((id, i) => {
    if (offsets[i + 1] <= offsets[i]) fail(`${id} has ${offsets[i + 1] - offsets[i]} atoms`);
    checkCell(cell.subarray(9 * i, 9 * i + 9), `${fileName}: ${id}`);
  });
  if (new Set(ids).size !== ids.length) fail("an id occurs twice");
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
    properties: propertiesAt(columns, i),
  };
}

function propertiesAt({ strings, numbers }: Columns, i: number): DosRecord["properties"] {
  return Object.fromEntries<string | number | null>([
    ...Object.entries(strings).map(([name, column]) => [name, column[i]] as const),
    // Seven digits are what float32 holds: 8.4387, not 8.438699722290039.
    ...numbers.map(
      ([name, column]) => [name, Number.isNaN(column[i]) ? null : Number(column[i].toPrecision(7))] as const,
    ),
  ]);
}

function matrix(nine: Float32Array): Matrix3 {
  const [a, b, c] = vectors(nine);
  return [a, b, c];
}

function vectors(flat: Float32Array): Vector3[] {
  return Array.from({ length: flat.length / 3 }, (_, i) => [flat[3 * i], flat[3 * i + 1], flat[3 * i + 2]]);
}

function spectraColumn(rows: readonly Float32Array[], atoms: number): SafetensorsTensor {
  const data = new Uint16Array(atoms * standardGrid.count);
  let at = 0;
  for (const row of rows) {
    data.set(encodeHalf(row), at);
    at += row.length;
  }
  return { dtype: "F16", shape: [atoms, standardGrid.count], data };
}

function numericColumns(records: readonly DosRecord[]): Record<string, SafetensorsTensor> {
  const value = (record: DosRecord, name: string) => {
    const x = record.properties[name];
    return typeof x === "number" ? x : NaN;
  };
  const columns = propertyNames(records, "number").map((name) => {
    const data = Float32Array.from(records, (record) => value(record, name));
    return [propertyPrefix + name, { dtype: "F32", shape: [records.length], data } as const] as const;
  });
  return Object.fromEntries(columns);
}

function stringColumns(records: readonly DosRecord[]): Record<string, (string | null)[]> {
  const value = (record: DosRecord, name: string) => {
    const x = record.properties[name];
    return typeof x === "string" ? x : null;
  };
  return Object.fromEntries(
    propertyNames(records, "string").map((name) => [name, records.map((record) => value(record, name))]),
  );
}

function propertyNames(records: readonly DosRecord[], type: "number" | "string"): string[] {
  const names = records.flatMap(({ properties }) =>
    Object.keys(properties).filter((name) => typeof properties[name] === type),
  );
  return [...new Set(names)].sort();
}

function readColumn<D extends SafetensorsDtype>(
  file: SafetensorsFile,
  name: string,
  dtype: D,
  shape: readonly number[],
  fileName: string,
): SafetensorsArrays[D] {
  const tensor = file.tensors[name];
  if (!tensor) throw new Error(`${fileName}: it has no tensor "${name}"`);
  if (tensor.dtype !== dtype || tensor.shape.join() !== shape.join())
    throw new Error(
      `${fileName}: tensor "${name}" is ${tensor.dtype} [${tensor.shape.join(", ")}], expected ${dtype} [${shape.join(", ")}]`,
    );
  return tensor.data as SafetensorsArrays[D];
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
