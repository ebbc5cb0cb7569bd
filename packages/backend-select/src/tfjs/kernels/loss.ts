import * as tf from "@tensorflow/tfjs-core";

/** logits, labels [b, 1] → [b]: max(z, 0) − z·y + ln(1 + e^−|z|) */
export function sigmoidCrossEntropy(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  const linear = tf.sub(tf.relu(logits), tf.mul(logits, labels));
  const loss = tf.add(linear, tf.log1p(tf.exp(tf.neg(tf.abs(logits)))));
  return tf.reshape(loss, [logits.shape[0] ?? 0]);
}

/** logits, labels [b, k] → [b]: −Σ y · ln softmax(z) */
export function softmaxCrossEntropy(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  return tf.neg(tf.sum(tf.mul(labels, tf.logSoftmax(logits, -1)), -1));
}

/** probabilities, labels [b, k], dLoss [b] → (p − y) · dLoss, [b, k] */
export function crossEntropyGradient(
  probabilities: tf.Tensor,
  labels: tf.Tensor,
  dLoss: tf.Tensor,
): tf.Tensor {
  return tf.mul(tf.sub(probabilities, labels), tf.reshape(dLoss, [dLoss.shape[0] ?? 0, 1]));
}
