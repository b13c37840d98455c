import * as tf from "@tensorflow/tfjs";
import type { DenoiserConfig } from "./config.js";
import { messagePassing } from "./cspnet.js";
import { embedTypes, latticeFeatures, mixTime } from "./denoiser.js";
import { linear } from "./layers.js";
import type { ParameterTensors } from "./parameters.js";

/**
 * The reference's forward model: the denoiser's network without condition, its time embedding zeroed, on a clean
 * crystal; the DOS head gives the standardised site DOS [B, N, E].
 * @param types [B, N, C] one-hot
 * @param fracCoords [B, N, 3]
 * @param lattice [B, 3, 3] Angstrom, canonical frame
 */
export function cspPredictor(
  p: ParameterTensors,
  config: DenoiserConfig,
  types: tf.Tensor,
  fracCoords: tf.Tensor,
  lattice: tf.Tensor,
): tf.Tensor {
  const [B, N] = types.shape;
  const embedded = embedTypes(p, config, types).expandDims(0);
  const start = mixTime(p, config, embedded, tf.zeros([B, config.timeDim]));
  const nodes = messagePassing(p, config, start, fracCoords, latticeFeatures(config, lattice));
  return linear(p, "node_out", nodes).reshape([B, N, config.dosPoints]);
}
