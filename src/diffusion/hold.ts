import * as tf from "@tensorflow/tfjs";
import { fieldShape, type Block } from "./block.js";
import type { Constraint, ConstraintTensors } from "./constraints.js";
import type { NoiseSource } from "./noise.js";
import type { BlockShape, Field } from "./state.js";

/** Clean values of one field and which of its rows (atoms; crystals for the lattice) keep them. */
export interface HeldField {
  readonly field: Field;
  readonly shape: BlockShape;
  /** Full-size array of the block. */
  readonly values: Float32Array;
  /** One entry per row. */
  readonly rows: readonly boolean[];
}

/**
 * Keeps rows of a field at given clean values: at each t the network sees them noised to that t, as it was trained, and
 * their clean values are known; what the sampler makes of these rows is never looked at, and at the end they are exact. (The
 * reference puts clean values back instead.)
 */
export function hold({ field, shape, values, rows }: HeldField, noise: NoiseSource): Constraint {
  const size = fieldShape(field, shape);
  const width = values.length / rows.length;
  const held = Float32Array.from(values, (_, i) => Number(rows[Math.floor(i / width)]));
  const replace = (block: Block, value: tf.Tensor, { inputs }: ConstraintTensors): Block => ({
    ...block,
    [field]: tf.where(inputs.held.greater(0), value, block[field]),
  });
  return {
    name: `held ${field}`,
    inputs: (t) => ({
      values: { shape: size, data: values },
      held: { shape: size, data: held },
      z: { shape: size, data: noise(field, t, "hold") },
    }),
    before(x, given) {
      const { inputs, level } = given;
      const [signal, spread] = field === "fracCoords" ? [1, level.sigma] : [level.signal, level.noise];
      return replace(x, inputs.values.mul(signal).add(inputs.z.mul(spread)), given);
    },
    after: (clean, given) =>
      replace(clean, field === "fracCoords" ? given.inputs.values.sub(given.x.fracCoords) : given.inputs.values, given),
    finish: (state) => ({ ...state, [field]: state[field].map((old, i) => (held[i] ? values[i] : old)) }),
  };
}
