import * as tf from "@tensorflow/tfjs";
import { pieces as cutInto } from "../model/layers.js";
import type { Parameters, WeightPiece, WeightPieces } from "../model/index.js";
import type { TensorSpec } from "../runtime/index.js";
import type { Arrays } from "./optimiser.js";

/**
 * How named arrays lie in the arrays that a training step's program takes and gives. Joining and cutting weights in every step
 * would cost as much as a fifth of its products: pieces that the network uses by themselves are arrays by themselves (those that
 * one product meets are one), and all vectors are one, which an optimiser visits at once.
 */
export interface Packing {
  readonly names: readonly string[];
  readonly slabs: readonly TensorSpec[];
  readonly pack: (group: Arrays) => Float32Array[];
  /** What is a slab by itself, or a part of one without a gap, comes as a view. */
  readonly unpack: (slabs: readonly Float32Array[]) => Arrays;
  /** The named tensors, in the order of the names, as a function of the slabs' tensors. */
  readonly tensors: (slabs: readonly tf.Tensor[]) => tf.Tensor[];
}

/** The stack of all vectors; no parameter has this name. */
const vectors = "";

/** Where one piece of one array lies. */
interface Place {
  readonly slab: number;
  /** Rows (of a matrix) or numbers (of anything else) before it in its slab. */
  readonly offset: number;
  readonly columns: number;
}

interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly places: readonly Place[];
}

/**
 * The packing of the named parameters, of which only the shapes are read.
 * @param pieces of weights, see `WeightPieces`; a weight without any is one piece
 * @throws Error if pieces do not add up to their weight, or have other widths than what they are stacked with
 */
export function packing(parameters: Parameters, names: readonly string[], pieces: WeightPieces = new Map()): Packing {
  const stacks = new Map<string, { slab: number; rows: number; columns: number }>();
  const place = (stack: string, rows: number, columns: number): Place => {
    const found = stacks.get(stack) ?? { slab: stacks.size, rows: 0, columns };
    if (found.columns !== columns)
      throw new Error(`packing: pieces of ${found.columns} and of ${columns} columns are stacked as "${stack}"`);
    const offset = found.rows;
    stacks.set(stack, { ...found, rows: offset + rows });
    return { slab: found.slab, offset, columns };
  };
  const entries = names.map((name): Entry => {
    const { shape } = parameters.get(name)!;
    if (shape.length !== 2) return { name, shape, places: [place(vectors, sizeOf(shape), 1)] };
    const own = piecesOf(name, shape, pieces);
    return { name, shape, places: own.map(({ columns, stack }) => place(stack, shape[0], columns)) };
  });
  const slabs = [...stacks].map(([stack, { rows, columns }]) => ({
    shape: stack === vectors ? [rows] : [rows, columns],
  }));
  return {
    names,
    slabs,
    pack: (group) => packArrays(entries, slabs, group),
    unpack: (arrays) => new Map(entries.map((entry) => [entry.name, unpackArray(entry, arrays)])),
    tensors: (given) => unpackTensors(entries, given),
  };
}

function piecesOf(name: string, [, columns]: readonly number[], pieces: WeightPieces): readonly WeightPiece[] {
  const own = pieces.get(name) ?? [{ columns, stack: name }];
  const sum = own.reduce((total, piece) => total + piece.columns, 0);
  if (sum !== columns)
    throw new Error(`packing: the pieces of ${name} have ${sum} columns together, expected its ${columns}`);
  return own;
}

function packArrays(entries: readonly Entry[], slabs: readonly TensorSpec[], group: Arrays): Float32Array[] {
  const arrays = slabs.map(({ shape }) => new Float32Array(sizeOf(shape)));
  for (const entry of entries) copyPieces(entry, group.get(entry.name)!, arrays, (named, piece) => piece.set(named));
  return arrays;
}

function unpackArray(entry: Entry, arrays: readonly Float32Array[]): Float32Array {
  const { shape, places } = entry;
  if (places.length === 1) return view(entry, arrays);
  const array = new Float32Array(sizeOf(shape));
  copyPieces(entry, array, arrays, (named, piece) => named.set(piece));
  return array;
}

/** The stretch of a slab that an array in one piece is. */
function view({ shape, places: [{ slab, offset, columns }] }: Entry, slabs: readonly Float32Array[]): Float32Array {
  return slabs[slab].subarray(offset * columns, offset * columns + sizeOf(shape));
}

/** Calls `copy` with each stretch of the named array and the stretch of a slab that is the same. */
function copyPieces(
  entry: Entry,
  named: Float32Array,
  slabs: readonly Float32Array[],
  copy: (named: Float32Array, piece: Float32Array) => void,
): void {
  const { shape, places } = entry;
  if (places.length === 1) return copy(named, view(entry, slabs));
  const width = widthOf(places);
  let first = 0;
  for (const { slab, offset, columns } of places) {
    for (let row = 0; row < sizeOf(shape) / width; row++) {
      const at = (offset + row) * columns;
      copy(named.subarray(row * width + first, row * width + first + columns), slabs[slab].subarray(at, at + columns));
    }
    first += columns;
  }
}

function unpackTensors(entries: readonly Entry[], slabs: readonly tf.Tensor[]): tf.Tensor[] {
  const cut = slabs.map((slab, s) => {
    const sizes = entries.flatMap((entry) => heights(entry, s));
    return cutInto(slab, sizes, 0);
  });
  // Places of a slab are in the order of the entries.
  const next = slabs.map(() => 0);
  return entries.map(({ shape, places }) => {
    const parts = places.map(({ slab }) => cut[slab][next[slab]++]);
    return (parts.length === 1 ? parts[0] : tf.concat(parts, 1)).reshape([...shape]);
  });
}

/** Rows that the pieces of an array have in a slab. */
function heights({ shape, places }: Entry, slab: number): number[] {
  return places.filter((place) => place.slab === slab).map(() => sizeOf(shape) / widthOf(places));
}

const widthOf = (places: readonly Place[]): number => places.reduce((sum, { columns }) => sum + columns, 0);

const sizeOf = (shape: readonly number[]): number => tf.util.sizeFromShape([...shape]);
