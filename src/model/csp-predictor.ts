import * as tf from "@tensorflow/tfjs";
import type { DenoiserConfig } from "./config.js";
import { messagePassing } from "./cspnet.js";
import { embedTypes, latticeFeatures, mixTime } from "./denoiser.js";
import { linear } from "./layers.js";
import type { ParameterTensors } from "./parameters.js";

/** A block of crystals as the reference's forward model sees it. */
export interface CrystalTensors {
  /** [B, N, C] one-hot */
  readonly types: tf.Tensor;
  /** [B, N, 3] */
  readonly fracCoords: tf.Tensor;
  /** [B, 3, 3] Angstrom, canonical frame */
  readonly lattice: tf.Tensor;
}

/**
 * The reference's forward model: the denoiser's network without condition, its time embedding zeroed, on a clean
 * crystal; the DOS head gives the standardised site DOS [B, N, E].
 */
export function cspPredictor(
  p: ParameterTensors,
  config: DenoiserConfig,
  { types, fracCoords, lattice }: CrystalTensors,
): tf.Tensor {
  const [B, N] = types.shape;
  const embedded = embedTypes(p, config, types).expandDims(0);
  const start = mixTime(p, config, embedded, tf.zeros([B, config.timeDim]));
  const nodes = messagePassing(p, config, {
    nodes: start,
    fracCoords,
    latticeFeatures: latticeFeatures(config, lattice),
  });
  return linear(p, "node_out", nodes).reshape([B, N, config.dosPoints]);
}
