import { key, type Key } from "../runtime/index.js";
import type { BlockShape, DiffusionState, Field } from "./state.js";
import { fieldSize } from "./state.js";

/**
 * Standard normal numbers for a block, shaped as the field: those of a time index and a purpose ("start", "predictor", "corrector",
 * or whatever a sampler calls its own). A recorded run is replayed by a source of its own.
 */
export type NoiseSource = (field: Field, step: number, purpose: string) => Float32Array;

/**
 * Each crystal has noise of its own (seed, index), so its numbers do not depend on the batch it runs in, on the backend, or on
 * where a run was resumed.
 * @param indices one index per crystal of the block
 */
export function streamNoise(seed: number, indices: readonly number[], shape: BlockShape): NoiseSource {
  return (field, step, purpose) =>
    eachCrystal(seed, indices, fieldSize(field, { ...shape, batchSize: 1 }), (crystal, size) =>
      drawKey(crystal.fold(step), field, purpose).normals(size),
    );
}

/** The start of a sampling run: standard normal lattice and types, uniform coordinates. */
export function startState(seed: number, indices: readonly number[], shape: BlockShape, step: number): DiffusionState {
  const noise = streamNoise(seed, indices, shape);
  const fracCoords = eachCrystal(seed, indices, shape.atomsPerCrystal * 3, (crystal, size) =>
    drawKey(crystal.fold(step), "fracCoords", "start").uniforms(size),
  );
  return { ...shape, types: noise("types", step, "start"), fracCoords, lattice: noise("lattice", step, "start") };
}

function eachCrystal(
  seed: number,
  indices: readonly number[],
  size: number,
  draw: (crystal: Key, size: number) => Float32Array,
): Float32Array {
  const root = key(seed);
  const out = new Float32Array(size * indices.length);
  indices.forEach((index, b) => out.set(draw(root.fold(index), size), b * size));
  return out;
}

const fields: readonly Field[] = ["types", "fracCoords", "lattice"];
/** Purposes from before keys had names: their numbers keep the crystals of existing seeds. */
const numbered = ["start", "predictor", "corrector", "hold"];

function drawKey(step: Key, field: Field, purpose: string): Key {
  const known = numbered.indexOf(purpose);
  return known < 0 ? step.fold(`${purpose} ${field}`) : step.fold(known * fields.length + fields.indexOf(field));
}
