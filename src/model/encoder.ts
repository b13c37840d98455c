import * as tf from "@tensorflow/tfjs";
import type { DenoiserConfig } from "./config.js";
import { linear, silu } from "./layers.js";
import type { ParameterSpec, ParameterTensors } from "./parameters.js";
import { linearSpecs } from "./parameters.js";

/** A block of conditions inside a tensor function. */
export interface ConditionTensors {
  /** [B, N, E]; `linear`: standardised per energy; `masked`: states/eV/atom */
  readonly siteDos: tf.Tensor;
  /** [B, N, 1], 1 where the site's DOS is asked for */
  readonly siteMask: tf.Tensor;
  /** [B, E], 1 inside the energy window */
  readonly energyMask: tf.Tensor;
  /** [B, E], total DOS in states/eV/atom (per cell over N) */
  readonly totalDos: tf.Tensor;
  /** [B, 1], 1 where the total is asked for */
  readonly totalMask: tf.Tensor;
}

/** Energy bins that the masked encoder sees: the stored spectra are 0.2 eV wide, so finer ones carry no information. */
export const encoderBins = 100;

/**
 * DOS encoder: what the condition adds to each atom's state, [B, N, H]. No condition adds nothing, which is also the
 * unconditional branch of classifier-free guidance.
 */
export function encodeCondition(p: ParameterTensors, config: DenoiserConfig, condition: ConditionTensors): tf.Tensor {
  if (config.encoder === "linear") return linear(p, "y_projection", condition.siteDos).mul(condition.siteMask);
  const [B, N] = condition.siteDos.shape;
  const perCrystal = (x: tf.Tensor): tf.Tensor => tf.tile(x.expandDims(1), [1, N, 1]);
  const site = compress(condition.siteDos.mul(condition.energyMask.expandDims(1))).mul(condition.siteMask);
  const total = compress(condition.totalDos.mul(condition.energyMask)).mul(condition.totalMask);
  const features = [
    site,
    perCrystal(bin(condition.energyMask)),
    condition.siteMask,
    perCrystal(total),
    perCrystal(condition.totalMask),
  ];
  const hidden = silu(linear(p, "dos_encoder.0", tf.concat(features, -1)));
  const known = tf.maximum(condition.siteMask, condition.totalMask.reshape([B, 1, 1]));
  return linear(p, "dos_encoder.2", hidden).mul(known);
}

/** Parameters of the configuration's encoder. */
export function encoderSpecs({ encoder, hiddenDim: H, dosPoints }: DenoiserConfig): ParameterSpec[] {
  if (encoder === "linear") return linearSpecs("y_projection", dosPoints, H);
  return [...linearSpecs("dos_encoder.0", 3 * encoderBins + 2, H), ...linearSpecs("dos_encoder.2", H, H)];
}

/** Bin means of spectra [..., E], compressed: peaks of d states are a hundred times the s bands that bond. */
function compress(spectra: tf.Tensor): tf.Tensor {
  return bin(spectra).mul(4).add(1).log();
}

function bin(spectra: tf.Tensor): tf.Tensor {
  const points = spectra.shape[spectra.rank - 1];
  if (points % encoderBins !== 0)
    throw new Error(`DOS encoder: ${points} energy points are no multiple of ${encoderBins} bins`);
  return spectra.reshape([...spectra.shape.slice(0, -1), encoderBins, points / encoderBins]).mean(-1);
}
