import { type Op, QUANTIZED_RANGES } from "@graft/core";
import * as tf from "@tensorflow/tfjs-core";
import type { EngineTraits } from "../device.ts";

type OpOf<Name extends Op["op"]> = Extract<Op, { readonly op: Name }>;

/** x · multiply + add; steps that change nothing are left out. */
export function scale({ multiply, add }: OpOf<"scale">, x: tf.Tensor): tf.Tensor {
  const scaled = multiply === 1 ? x : tf.mul(x, multiply);
  return add === 0 ? tf.clone(scaled) : tf.add(scaled, add);
}

/** x on the grid of whole numbers; tfjs's round takes halves to the even number. */
export function fakeQuantize({ type, scales, zeroPoint }: OpOf<"fake-quantize">, x: tf.Tensor): tf.Tensor {
  const [low, high] = QUANTIZED_RANGES[type];
  const scale = scales.length === 1 ? tf.scalar(scales[0] ?? 1) : tf.tensor1d([...scales]);
  const whole = tf.clipByValue(tf.round(tf.div(x, scale)), low - zeroPoint, high - zeroPoint);
  return tf.mul(whole, scale);
}

/** a [m, k], b [k, n], either stored transposed → [m, n] */
export function matmul(
  { transposeA, transposeB }: OpOf<"matmul">,
  a: tf.Tensor,
  b: tf.Tensor,
  traits: EngineTraits,
): tf.Tensor {
  if (!traits.transposesFirst) return tf.matMul(a, b, transposeA, transposeB);
  return tf.matMul(transposeA ? tf.transpose(a) : a, transposeB ? tf.transpose(b) : b);
}

/** [.., c] → [.., size] */
export function sliceLast({ start, size }: OpOf<"slice-last">, x: tf.Tensor): tf.Tensor {
  const leading = x.shape.slice(0, -1);
  return tf.slice(x, [...leading.map(() => 0), start], [...leading, size]);
}

/** [.., c] → [.., before + c + after] */
export function padLast({ before, after }: OpOf<"pad-last">, x: tf.Tensor): tf.Tensor {
  const leading = x.shape.slice(0, -1).map((): [number, number] => [0, 0]);
  return tf.pad(x, [...leading, [before, after]]);
}

/** [.., c] → [c] */
export function sumToLast(x: tf.Tensor): tf.Tensor {
  return tf.sum(tf.reshape(x, [-1, x.shape.at(-1) ?? 1]), 0);
}

/** dy, y of one shape → dy where y > 0, else 0 (also where dy is not finite) */
export function reluGradient(dy: tf.Tensor, y: tf.Tensor): tf.Tensor {
  return tf.where(tf.greater(y, 0), dy, tf.zerosLike(dy));
}
