import * as tf from "@tensorflow/tfjs";
import { cheapestAssignment } from "../base/assignment.js";
import type { HostTensor } from "../runtime/index.js";
import type { Block, Tensors } from "./block.js";
import type { Constraint } from "./constraints.js";
import { sinkhorn } from "./sinkhorn.js";
import type { BlockShape, DiffusionState } from "./state.js";

/** Atoms (0-based, of every crystal) whose class is certain. */
export type PinnedClasses = ReadonlyMap<number, number>;

/**
 * Only these classes: the others are set to zero probability, and in the end the best allowed class of each atom wins.
 * @param pins atoms with a class of their own, whether allowed for others or not
 */
export function allowedClasses(
  classes: ReadonlySet<number>,
  shape: BlockShape,
  pins: PinnedClasses = new Map(),
): Constraint {
  if (classes.size === 0) throw new Error("elements: the set of allowed ones is empty");
  const mask = Float32Array.from({ length: shape.classCount }, (_, c) => Number(classes.has(c)));
  const pinned = pinInputs(pins, shape);
  return {
    name: pinned ? "some classes, pinned types" : "some classes",
    inputs: () => ({ mask: { shape: [shape.classCount], data: mask }, ...pinned }),
    after: (clean, { inputs }) => pinTypes({ ...clean, types: clean.types.mul(inputs.mask) }, inputs),
    finish: (state) => decide(state, (rows) => rows.map((row, atom) => pins.get(atom) ?? bestOf(classes, row))),
  };
}

/**
 * Exactly this many atoms of each class. Softly: Sinkhorn scaling of the clean estimate to row sums 1 and the given column
 * sums; finally the assignment of atoms to places that the types like best.
 * @param counts class -> number of atoms; their sum must be N
 * @param pins atoms whose class is certain; the counts include them
 */
export function exactComposition(
  counts: ReadonlyMap<number, number>,
  shape: BlockShape,
  pins: PinnedClasses = new Map(),
): Constraint {
  const present = [...counts].filter(([, n]) => n > 0);
  const places = present.flatMap(([c, n]) => Array<number>(n).fill(c));
  const pinned = pinInputs(pins, shape);
  const columns = Float32Array.from(present, ([, n]) => n);
  const classes = Int32Array.from(present, ([c]) => c);
  return {
    name: pinned ? "exact composition, pinned types" : "exact composition",
    inputs: () => ({
      classes: { shape: [classes.length], data: classes },
      columns: { shape: [columns.length], data: columns },
      ...pinned,
    }),
    after(clean, { inputs }) {
      const sure = inputs.pinned ? pinTypes(clean, inputs, certain) : clean;
      return pinTypes({ ...clean, types: sinkhorn(sure.types, inputs.classes, inputs.columns) }, inputs);
    },
    finish: (state) =>
      decide(state, (rows) => {
        if (places.length !== rows.length) throw new Error(`it has ${places.length} atoms, the cell ${rows.length}`);
        const likes = (row: Float32Array, atom: number) => (c: number) =>
          pins.has(atom) ? (pins.get(atom) === c ? certain : -certain) : preference(row[c]);
        return cheapestAssignment(rows.map((row, atom) => places.map((c) => -likes(row, atom)(c)))).map(
          (place) => places[place],
        );
      }),
  };
}

/** Beyond any estimate of a type. */
const certain = 1e3;

/** One-hot rows of pinned atoms and where they are, shaped as types; nothing where none is pinned. */
function pinInputs(
  pins: PinnedClasses,
  { batchSize, atomsPerCrystal: N, classCount: C }: BlockShape,
): { pinned: HostTensor; pinnedTypes: HostTensor } | undefined {
  if (pins.size === 0) return undefined;
  const shape = [batchSize, N, C];
  const fill = (value: (pin: number, c: number) => number): HostTensor => {
    const data = Float32Array.from({ length: batchSize * N * C }, (_, i) => {
      const pin = pins.get(Math.floor(i / C) % N);
      return pin === undefined ? 0 : value(pin, i % C);
    });
    return { shape, data };
  };
  return { pinned: fill(() => 1), pinnedTypes: fill((pin, c) => Number(c === pin)) };
}

/** Rows of pinned atoms become those of `inputs`, times `size`. */
function pinTypes(clean: Block, { pinned, pinnedTypes }: Tensors, size = 1): Block {
  if (!pinned) return clean;
  return { ...clean, types: tf.where(pinned.greater(0), pinnedTypes.mul(size), clean.types) };
}

/** Types as one-hot rows of the classes that are chosen for each crystal's rows [N][C]. */
function decide(state: DiffusionState, choose: (rows: readonly Float32Array[]) => readonly number[]): DiffusionState {
  const { atomsPerCrystal: N, batchSize, classCount: C } = state;
  const types = new Float32Array(state.types.length);
  for (let b = 0; b < batchSize; b++) {
    const rows = Array.from({ length: N }, (_, i) => state.types.subarray((b * N + i) * C, (b * N + i + 1) * C));
    choose(rows).forEach((c, i) => (types[(b * N + i) * C + c] = 1));
  }
  return { ...state, types };
}

const bestOf = (classes: ReadonlySet<number>, row: Float32Array): number =>
  [...classes].reduce((best, c) => (row[c] > row[best] ? c : best));

/** A diverged network says NaN or infinity. */
const preference = (x: number): number => (Number.isFinite(x) ? Math.min(certain, Math.max(-certain, x)) : 0);
