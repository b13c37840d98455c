import type { Crystal, Vector3 } from "../crystal/index.js";
import { canonicalFrame } from "../crystal/index.js";
import { repeatArray } from "../data/index.js";
import type { DiffusionState } from "../diffusion/index.js";
import { argmaxTypes } from "../diffusion/index.js";
import type { DenoiserConfig } from "../model/index.js";
import { decodeLattice, encodeLattice, oneHotTypes } from "../model/index.js";

/** A block of `batchSize` copies of a crystal, as the sampler sees it when clean. */
export function crystalState(crystal: Crystal, batchSize: number, config: DenoiserConfig): DiffusionState {
  const { classCount } = config;
  const canonical = canonicalFrame(crystal);
  const copies = (row: ArrayLike<number>): Float32Array => repeatArray(row, batchSize);
  return {
    batchSize,
    atomsPerCrystal: crystal.atomicNumbers.length,
    classCount,
    types: copies(oneHotTypes(crystal.atomicNumbers, classCount)),
    fracCoords: copies(canonical.fracCoords.flat()),
    lattice: copies(encodeLattice(canonical.latticeMatrix.flat(), crystal.atomicNumbers.length, config)),
  };
}

/**
 * The crystals of a final state, in the canonical frame; a left-handed lattice becomes the mirror image with the same
 * distances. A cell too thin to have a frame (rows nearly coplanar) is returned as it is, for the validity check to count.
 */
export function stateCrystals(state: DiffusionState, config: DenoiserConfig): Crystal[] {
  const classes = argmaxTypes(state);
  const N = state.atomsPerCrystal;
  return Array.from({ length: state.batchSize }, (_, b) => {
    const crystal: Crystal = {
      latticeMatrix: decodeLattice(state.lattice.subarray(b * 9, b * 9 + 9), N, config),
      fracCoords: Array.from({ length: N }, (_, i) => vector(state.fracCoords, (b * N + i) * 3)),
      atomicNumbers: Array.from(classes.subarray(b * N, (b + 1) * N), (c) => c + 1),
    };
    return framed(crystal);
  });
}

function framed(crystal: Crystal): Crystal {
  try {
    return canonicalFrame(crystal);
  } catch {
    return crystal;
  }
}

function vector(values: ArrayLike<number>, at: number): Vector3 {
  return [values[at], values[at + 1], values[at + 2]];
}
