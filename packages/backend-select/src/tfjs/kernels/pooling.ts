import type { Op } from "@graft/core";
import * as tf from "@tensorflow/tfjs-core";
import type { EngineTraits } from "../device.ts";
import { rank4 } from "./ranks.ts";
import { dilate, paddings, padImage, positionsOf, span, type Window } from "./windows.ts";

type OpOf<Name extends Op["op"]> = Extract<Op, { readonly op: Name }>;

/** Below every activation; −∞ would be NaN once an engine multiplies it by a mask of 0. */
const LOWEST = -3.4e38;

/** [b, h, w, c] → [b, h', w', c] */
export function maxPool({ size, strides, padding }: Window, x: tf.Tensor): tf.Tensor {
  return tf.maxPool(rank4(x), [size[0], size[1]], [strides[0], strides[1]], padding);
}

/** [b, h, w, c] → [b, h', w', c]; tfjs leaves 'same' padding out of the count, like Keras. */
export function averagePool({ size, strides, padding }: Window, x: tf.Tensor): tf.Tensor {
  return tf.avgPool(rank4(x), [size[0], size[1]], [strides[0], strides[1]], padding);
}

/** dy [b, h', w', c], x [b, h, w, c] → [b, h, w, c] */
export function maxPoolGradient(
  op: OpOf<"max-pool-gradient">,
  dy: tf.Tensor,
  x: tf.Tensor,
  traits: EngineTraits,
): tf.Tensor {
  if (traits.slicesMaxPoolGradient) return maxPoolGradientBySlices(op, dy, x);
  const { size, strides, padding } = op;
  return tf
    .engine()
    .runKernel<tf.Tensor>(
      tf.MaxPoolGrad,
      { dy, input: x, output: maxPool(op, x) },
      { filterSize: [...size], strides: [...strides], pad: padding },
    );
}

/**
 * The same from other ops: for each window position in row order, the pixels that equal their window's maximum take
 * its dy, unless an earlier position of that window did.
 */
function maxPoolGradientBySlices(op: OpOf<"max-pool-gradient">, dy: tf.Tensor, x: tf.Tensor): tf.Tensor {
  const { size, strides } = op;
  const [batch, height, width, channels] = rank4(x).shape;
  const { rows, columns } = paddings(height, width, op);
  const padded = padImage(x, rows, columns, LOWEST);
  const [, paddedHeight = 0, paddedWidth = 0] = padded.shape;
  const [, outHeight = 0, outWidth = 0] = dy.shape;
  const spanHeight = span(outHeight, strides[0]);
  const spanWidth = span(outWidth, strides[1]);
  const maximum = maxPool(op, x);
  let open = tf.onesLike(maximum);
  let dx: tf.Tensor = tf.zerosLike(padded);
  for (const [row, column] of positionsOf(size)) {
    const next = tf.tidy(() => {
      const pixels = tf.stridedSlice(
        padded,
        [0, row, column, 0],
        [batch, row + spanHeight, column + spanWidth, channels],
        [1, strides[0], strides[1], 1],
      );
      const won = tf.mul(tf.cast(tf.equal(pixels, maximum), "float32"), open);
      const shares = dilate(tf.mul(dy, won), strides);
      const placed = padImage(
        shares,
        [row, paddedHeight - row - spanHeight],
        [column, paddedWidth - column - spanWidth],
      );
      return { dx: tf.add(dx, placed), open: tf.sub(open, won) };
    });
    tf.dispose([dx, open]);
    ({ dx, open } = next);
  }
  return tf.slice(dx, [0, rows[0], columns[0], 0], [batch, height, width, channels]);
}

/**
 * dy [b, h', w', c] → [b, height, width, c]. tfjs's own kernel divides by the whole window also where padding was left
 * out of the average, TensorFlow's does not: so padding is made part of the image (each window is then whole), dy is
 * weighted by whole window / counted pixels, and the padding's share is cut off.
 */
export function averagePoolGradient(op: OpOf<"average-pool-gradient">, dy: tf.Tensor): tf.Tensor {
  const { size, strides, height, width } = op;
  const [batch, outHeight, outWidth, channels] = rank4(dy).shape;
  const { rows, columns } = paddings(height, width, op);
  const counted = (length: number, window: number, stride: number, before: number) => (position: number) =>
    Math.min(position * stride - before + window, length) - Math.max(position * stride - before, 0);
  const rowCount = counted(height, size[0], strides[0], rows[0]);
  const columnCount = counted(width, size[1], strides[1], columns[0]);
  const weights = Float32Array.from(
    { length: outHeight * outWidth },
    (_, i) => (size[0] * size[1]) / (rowCount(Math.floor(i / outWidth)) * columnCount(i % outWidth)),
  );
  const weighted = tf.mul(dy, tf.tensor(weights, [1, outHeight, outWidth, 1]));
  // the kernel reads its input's shape alone
  const input = tf.zeros([batch, height + rows[0] + rows[1], width + columns[0] + columns[1], channels]);
  const dx = tf
    .engine()
    .runKernel<tf.Tensor>(
      tf.AvgPoolGrad,
      { dy: weighted, input },
      { filterSize: [...size], strides: [...strides], pad: "valid" },
    );
  return tf.slice(dx, [0, rows[0], columns[0], 0], [batch, height, width, channels]);
}

/** [b, h, w, c] → [b, c] */
export const globalAveragePool = (x: tf.Tensor): tf.Tensor => tf.mean(x, [1, 2]);

/** dy [b, c] → [b, height, width, c] */
export function globalAveragePoolGradient(
  { height, width }: OpOf<"global-average-pool-gradient">,
  dy: tf.Tensor,
): tf.Tensor {
  const [batch = 0, channels = 0] = dy.shape;
  const share = tf.div(tf.reshape(dy, [batch, 1, 1, channels]), height * width);
  return tf.tile(share, [1, height, width, 1]);
}
