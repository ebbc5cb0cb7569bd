import { type Padding, type Pair, paddingOf } from "@graft/core";
import * as tf from "@tensorflow/tfjs-core";
import { rank4 } from "./ranks.ts";

export interface Window {
  readonly size: Pair;
  readonly strides: Pair;
  readonly padding: Padding;
}

type Around = readonly [number, number];
const NONE: Around = [0, 0];

/** Padding before and after the axes height and width of an image. */
export const paddings = (height: number, width: number, { size, strides, padding }: Window) =>
  ({
    rows: paddingOf(height, size[0], strides[0], padding),
    columns: paddingOf(width, size[1], strides[1], padding),
  }) as const;

/** tfjs wants mutable pairs; a pad of nothing gives x itself. */
export function padImage(x: tf.Tensor, rows: Around, columns: Around, value = 0): tf.Tensor {
  if ([...rows, ...columns].every((count) => count === 0)) return x;
  return tf.pad(x, [[...NONE], [...rows], [...columns], [...NONE]], value);
}

/** The kernel positions [row, column] of a window, in row order. */
export const positionsOf = ([height, width]: Pair): Pair[] =>
  Array.from({ length: height * width }, (_, i) => [Math.floor(i / width), i % width]);

/** Length that `count` positions with a stride between them take. */
export const span = (count: number, stride: number): number => (count - 1) * stride + 1;

/**
 * Puts zeros between the pixels: [b, h, w, c] → [b, (h − 1)·sh + 1, (w − 1)·sw + 1, c], what a strided convolution's
 * gradient is convolved with. Built from pads of rank 3, which every engine does fast.
 */
export function dilate(x: tf.Tensor, [strideHeight, strideWidth]: Pair): tf.Tensor {
  if (strideHeight === 1 && strideWidth === 1) return x;
  const [batch, height, width, channels] = rank4(x).shape;
  const behind = (rows: tf.Tensor, stride: number): tf.Tensor =>
    tf.pad(rows, [
      [0, 0],
      [0, stride - 1],
      [0, 0],
    ]);
  const wide = behind(tf.reshape(x, [batch * height * width, 1, channels]), strideWidth);
  const high = behind(tf.reshape(wide, [batch * height, 1, width * strideWidth * channels]), strideHeight);
  const spread = tf.reshape(high, [batch, height * strideHeight, width * strideWidth, channels]);
  return tf.slice(spread, 0, [batch, span(height, strideHeight), span(width, strideWidth), channels]);
}
