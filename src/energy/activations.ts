import * as tf from "@tensorflow/tfjs";
import { siluWith } from "../model/index.js";

/**
 * 1 / (1 + exp(-x)). Not the engine's own sigmoid: onnxruntime's is a rational approximation whose error of 1e-6 the network's
 * normalisations amplify to 1e-4 of its features.
 */
export function sigmoid(x: tf.Tensor): tf.Tensor {
  return tf.customGrad((...[input, save]) => {
    const value = logistic(input as tf.Tensor);
    (save as tf.GradSaveFunc)([value]);
    return { value, gradFunc: (dy: tf.Tensor, [s]: tf.Tensor[]) => dy.mul(s).mul(tf.scalar(1).sub(s)) };
  })(x);
}

/** x sigmoid(x). */
export function silu(x: tf.Tensor): tf.Tensor {
  return siluWith(logistic, x);
}

const logistic = (x: tf.Tensor): tf.Tensor => x.neg().exp().add(1).reciprocal();
