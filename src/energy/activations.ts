import * as tf from "@tensorflow/tfjs";

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
  return tf.customGrad((...[input, save]) => {
    const s = logistic(input as tf.Tensor);
    const value = tf.mul(input as tf.Tensor, s);
    (save as tf.GradSaveFunc)([s, value]);
    const gradFunc = (dy: tf.Tensor, [gate, y]: tf.Tensor[]): tf.Tensor =>
      dy.mul(gate.add(y.mul(tf.scalar(1).sub(gate))));
    return { value, gradFunc };
  })(x);
}

const logistic = (x: tf.Tensor): tf.Tensor => x.neg().exp().add(1).reciprocal();
