import * as tf from "@tensorflow/tfjs";
import type { ParameterTensors } from "./parameters.js";

/** x [..., in] -> [..., out] with weight [out, in] and, where there is one, bias [out]. */
export function linear(p: ParameterTensors, name: string, x: tf.Tensor): tf.Tensor {
  const weight = parameter(p, `${name}.weight`);
  // The bias joins the flat product, which engines then compute as one operation.
  return unflatten(addBias(p, name, flatProduct(x, weight)), x, weight);
}

/** x [..., in] times weight^T, weight [out, in]; no bias. */
export function project(x: tf.Tensor, weight: tf.Tensor): tf.Tensor {
  return unflatten(flatProduct(x, weight), x, weight);
}

function flatProduct(x: tf.Tensor, weight: tf.Tensor): tf.Tensor {
  const [, inDim] = weight.shape;
  return tf.matMul(x.reshape([-1, inDim]), weight, false, true);
}

function unflatten(flat: tf.Tensor, x: tf.Tensor, weight: tf.Tensor): tf.Tensor {
  return flat.reshape([...x.shape.slice(0, -1), weight.shape[0]]);
}

/** Adds the layer's bias where it has one. */
export function addBias(p: ParameterTensors, name: string, x: tf.Tensor): tf.Tensor {
  const bias = p.get(`${name}.bias`);
  return bias ? x.add(bias) : x;
}

/** Layer normalisation over the last axis, epsilon 1e-5. */
export function layerNorm(p: ParameterTensors, name: string, x: tf.Tensor): tf.Tensor {
  const centred = x.sub(x.mean(-1, true));
  const variance = centred.square().mean(-1, true);
  const normed = centred.mul(variance.add(1e-5).rsqrt());
  return normed.mul(parameter(p, `${name}.weight`)).add(parameter(p, `${name}.bias`));
}

/** x sigmoid(x) */
export function silu(x: tf.Tensor): tf.Tensor {
  return siluWith(tf.sigmoid, x);
}

/** y = x s, s = sigmoid(x). Its gradient dy (s + y (1 - s)) is four passes, what follows from the product rule seven. */
export function siluWith(sigmoid: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor): tf.Tensor {
  return tf.customGrad((...[input, save]) => {
    const s = sigmoid(input as tf.Tensor);
    const value = tf.mul(input as tf.Tensor, s);
    (save as tf.GradSaveFunc)([s, value]);
    const gradFunc = (dy: tf.Tensor, [gate, y]: tf.Tensor[]): tf.Tensor =>
      dy.mul(gate.add(y.mul(tf.scalar(1).sub(gate))));
    return { value, gradFunc };
  })(x);
}

/**
 * Pieces along `axis`: a number of equal ones, or of these sizes. tfjs's gradient of a split into one piece fails, so that one is the
 * tensor itself.
 */
export function pieces(x: tf.Tensor, parts: number | readonly number[], axis: number): tf.Tensor[] {
  const count = typeof parts === "number" ? parts : parts.length;
  return count === 1 ? [x] : tf.split(x, typeof parts === "number" ? parts : [...parts], axis);
}

/** Cyclic shift along `axis`: out[i] = x[(i + shift) mod size]. */
export function roll(x: tf.Tensor, shift: number, axis: number): tf.Tensor {
  if (shift === 0) return x;
  const [head, tail] = tf.split(x, [shift, x.shape[axis] - shift], axis);
  return tf.concat([tail, head], axis);
}

/** The named parameter. @throws Error that names it when it is missing (a programming error) */
export function parameter(p: ParameterTensors, name: string): tf.Tensor {
  const tensor = p.get(name);
  if (!tensor) throw new Error(`model: parameter ${name} is missing`);
  return tensor;
}
