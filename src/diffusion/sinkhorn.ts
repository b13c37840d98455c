import * as tf from "@tensorflow/tfjs";

/** No class is impossible, or rows and columns might have no sum. */
const least = 1e-3;
const rounds = 20;

/**
 * Scales type vectors to row sums 1 and given column sums: columns and rows in turn (Sinkhorn and Knopp, Pacific J. Math. 21
 * (1967) 343). What is no number counts as 0; classes without atoms get nothing.
 * @param types [B, N, C]
 * @param classes [K], int32, those with atoms
 * @param columns [K] their numbers of atoms in each crystal
 */
export function sinkhorn(types: tf.Tensor, classes: tf.Tensor, columns: tf.Tensor): tf.Tensor {
  const [B, N, C] = types.shape;
  const chosen = tf.gather(types, classes, 2);
  const mass = tf.where(tf.isFinite(chosen), chosen, tf.zerosLike(chosen)).maximum(least);
  let rowScale: tf.Tensor = tf.ones([B, N, 1]);
  let columnScale: tf.Tensor = columns;
  for (let round = 0; round < rounds; round++) {
    columnScale = columns.div(mass.mul(rowScale).sum(1, true));
    rowScale = tf.scalar(1).div(mass.mul(columnScale).sum(2, true));
  }
  const scaled = mass.mul(rowScale).mul(columnScale);
  const spread = tf.oneHot(classes.toInt(), C).toFloat();
  return tf.matMul(scaled.reshape<tf.Tensor2D>([B * N, -1]), spread as tf.Tensor2D).reshape([B, N, C]);
}
