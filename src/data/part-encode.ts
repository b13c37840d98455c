import { gzipSync } from "node:zlib";
import { encodeHalf } from "../base/half.js";
import { standardGrid } from "../dos/index.js";
import { propertyPrefix } from "./part.js";
import type { DosRecord } from "./record.js";
import { encodeSafetensors, type SafetensorsTensor } from "./safetensors.js";

/**
 * The bytes of a part: `atom_offsets` I32 [M+1], `atomic_numbers` U8 [A], `cell` F32 [M,3,3], `frac_coords` F32 [A,3],
 * `y` and `y_voronoi` F16 [A,400], `has_voronoi` U8 [M], `property.NAME` F32 [M] (NaN: none), where a record has them
 * `forces` F32 [A,3] and `stress` F32 [M,3,3] (NaN: none), and in the metadata `ids`, `formulas` and `strings` ({name: [M]}) as
 * JSON.
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
    ...vectorColumns(records, atoms),
  };
  const metadata = {
    ids: JSON.stringify(records.map(({ id }) => id)),
    formulas: JSON.stringify(records.map((record) => record.formula)),
    strings: JSON.stringify(stringColumns(records)),
  };
  return gzipSync(encodeSafetensors(tensors, metadata), { level: 9 });
}

/** Forces and stress, left out where no record has them. */
function vectorColumns(records: readonly DosRecord[], atoms: number): Record<string, SafetensorsTensor> {
  const floats = (rows: readonly (readonly (readonly number[])[] | undefined)[], sizes: readonly number[]) =>
    Float32Array.from(rows.flatMap((row, i) => row?.flat() ?? new Array<number>(sizes[i]).fill(NaN)));
  const forces = records.map((record) => record.forces);
  const stress = records.map((record) => record.stress);
  const components = records.map(({ crystal }) => 3 * crystal.atomicNumbers.length);
  return {
    ...(forces.some(Boolean) && { forces: { dtype: "F32", shape: [atoms, 3], data: floats(forces, components) } }),
    ...(stress.some(Boolean) && {
      stress: { dtype: "F32", shape: [records.length, 3, 3], data: floats(stress, records.map(() => 9)) }, // prettier-ignore
    }),
  };
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
