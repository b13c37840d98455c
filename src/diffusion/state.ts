/** B crystals of N atoms at one noise level. Arrays are row-major; nobody but the sampler that made them writes them. */
export interface DiffusionState {
  readonly batchSize: number;
  readonly atomsPerCrystal: number;
  /** Size C of the type vectors. */
  readonly classCount: number;
  /** [B, N, C] */
  readonly types: Float32Array;
  /** [B, N, 3], in [0, 1) */
  readonly fracCoords: Float32Array;
  /** [B, 3, 3], in units of the model's lattice scale */
  readonly lattice: Float32Array;
}

/** The three fields of a crystal that diffuse. */
export type Field = "types" | "fracCoords" | "lattice";

/** One array per field, shaped as in `DiffusionState`. */
export type Fields = Readonly<Record<Field, Float32Array>>;

/** Sizes of a block. */
export type BlockShape = Omit<DiffusionState, Field>;

/** Length of a field's array. */
export function fieldSize(field: Field, { batchSize, atomsPerCrystal, classCount }: BlockShape): number {
  if (field === "lattice") return batchSize * 9;
  return batchSize * atomsPerCrystal * (field === "types" ? classCount : 3);
}

/** One array per field. */
export function fieldRecord(make: (field: Field) => Float32Array): Fields {
  return { types: make("types"), fracCoords: make("fracCoords"), lattice: make("lattice") };
}

/** A program's arrays of the three fields. */
export const fieldsOf = ([types, fracCoords, lattice]: readonly Float32Array[]): Fields => ({
  types,
  fracCoords,
  lattice,
});

/** Zeros, shaped as a block's fields. */
export function zeroFields(shape: BlockShape): Fields {
  return fieldRecord((field) => new Float32Array(fieldSize(field, shape)));
}

/** x mod 1 in [0, 1), also where rounding to float32 would give 1. */
export function wrap(x: number): number {
  const wrapped = Math.fround(x - Math.floor(x));
  return wrapped >= 1 ? 0 : wrapped;
}

/** Index of the largest type entry of each atom, [B * N]. */
export function argmaxTypes({ types, classCount }: DiffusionState): Int32Array {
  const classes = new Int32Array(types.length / classCount);
  for (let atom = 0; atom < classes.length; atom++) {
    const row = types.subarray(atom * classCount, (atom + 1) * classCount);
    classes[atom] = row.indexOf(Math.max(...row));
  }
  return classes;
}
