import { normals, uniforms } from "../runtime/index.js";
import type { DiffusionState, Field } from "./state.js";
import { fieldSize } from "./state.js";

/** What a draw is for; each purpose has numbers of its own. */
export type NoisePurpose = "start" | "predictor" | "corrector" | "hold";

/** Standard normal numbers for a block, shaped as the field. A recorded run is replayed by a source of its own. */
export type NoiseSource = (field: Field, step: number, purpose: NoisePurpose) => Float32Array;

/** Sizes of a block. */
export type BlockShape = Omit<DiffusionState, Field>;

const fields: readonly Field[] = ["types", "fracCoords", "lattice"];
const purposes: readonly NoisePurpose[] = ["start", "predictor", "corrector", "hold"];

/**
 * Counter-based noise: each crystal has its own stream (seed, index), so its numbers do not depend on the batch it runs
 * in, on the backend, or on where a run was resumed.
 * @param indices one stream index per crystal of the block
 */
export function streamNoise(seed: number, indices: readonly number[], shape: BlockShape): NoiseSource {
  return (field, step, purpose) => {
    const size = fieldSize(field, { ...shape, batchSize: 1 });
    const out = new Float32Array(size * indices.length);
    indices.forEach((index, b) => out.set(normals(seed, index, step, drawId(field, purpose), size), b * size));
    return out;
  };
}

/** The start of a sampling run: standard normal lattice and types, uniform coordinates. */
export function startState(seed: number, indices: readonly number[], shape: BlockShape, step: number): DiffusionState {
  const noise = streamNoise(seed, indices, shape);
  const size = shape.atomsPerCrystal * 3;
  const fracCoords = new Float32Array(size * indices.length);
  indices.forEach((index, b) =>
    fracCoords.set(uniforms(seed, index, step, drawId("fracCoords", "start"), size), b * size),
  );
  return { ...shape, types: noise("types", step, "start"), fracCoords, lattice: noise("lattice", step, "start") };
}

function drawId(field: Field, purpose: NoisePurpose): number {
  return purposes.indexOf(purpose) * fields.length + fields.indexOf(field);
}
