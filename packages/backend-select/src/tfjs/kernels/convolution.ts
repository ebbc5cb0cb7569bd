import { type Op, paddingOf } from "@graft/core";
import * as tf from "@tensorflow/tfjs-core";
import type { EngineTraits } from "../device.ts";
import { rank1, rank4 } from "./ranks.ts";
import { dilate, positionsOf, span } from "./windows.ts";

type OpOf<Name extends Op["op"]> = Extract<Op, { readonly op: Name }>;
/** tfjs wants a mutable pair. */
const pair = ([height, width]: readonly [number, number]): [number, number] => [height, width];

/** x [b, h, w, c], kernel [kh, kw, c, o], bias [o]? → [b, h', w', o]; bias and relu inside the engine's one kernel. */
export function conv2d(op: OpOf<"conv2d">, x: tf.Tensor, kernel: tf.Tensor, bias?: tf.Tensor): tf.Tensor {
  const convolution = {
    x: rank4(x),
    filter: rank4(kernel),
    strides: pair(op.strides),
    pad: op.padding,
    ...(bias ? { bias: rank1(bias) } : {}),
  };
  return tf.fused.conv2d(op.activation === "relu" ? { ...convolution, activation: "relu" } : convolution);
}

/** dy [b, h', w', o], kernel [kh, kw, c, o] → dx [b, height, width, c] */
export function conv2dInputGradient(
  op: OpOf<"conv2d-input-gradient">,
  dy: tf.Tensor,
  kernel: tf.Tensor,
  traits: EngineTraits,
): tf.Tensor {
  if (traits.convolvesBackward) return turnedConvolution(op, dy, kernel);
  const { strides, padding, height, width } = op;
  return tf.engine().runKernel<tf.Tensor>(
    tf.Conv2DBackpropInput,
    { dy, filter: kernel },
    {
      strides: pair(strides),
      pad: padding,
      dataFormat: "NHWC",
      inputShape: [rank4(dy).shape[0], height, width, rank4(kernel).shape[2]],
    },
  );
}

/** dx as a forward convolution: dy, zeros between its pixels, with the kernel turned by 180° and its channels swapped. */
function turnedConvolution(
  { strides, padding, height, width }: OpOf<"conv2d-input-gradient">,
  dy: tf.Tensor,
  kernel: tf.Tensor,
): tf.Tensor {
  const [kernelHeight, kernelWidth] = rank4(kernel).shape;
  const [, rows, columns] = rank4(dy).shape;
  const around = (length: number, window: number, stride: number, count: number): [number, number] => {
    const [before] = paddingOf(length, window, stride, padding);
    return [window - 1 - before, length - span(count, stride) + before];
  };
  const turned = tf.transpose(tf.reverse(rank4(kernel), [0, 1]), [0, 1, 3, 2]);
  return tf.conv2d(rank4(dilate(dy, strides)), rank4(turned), 1, [
    [0, 0],
    around(height, kernelHeight, strides[0], rows),
    around(width, kernelWidth, strides[1], columns),
    [0, 0],
  ]);
}

/** x [b, h, w, c], dy [b, h', w', o] → [kernelHeight, kernelWidth, c, o] */
export function conv2dKernelGradient(
  op: OpOf<"conv2d-kernel-gradient">,
  x: tf.Tensor,
  dy: tf.Tensor,
): tf.Tensor {
  if (!tf.getKernel(tf.Conv2DBackpropFilter, tf.getBackend())) return kernelGradientByMatmul(op, x, dy);
  const { strides, padding, kernelHeight, kernelWidth } = op;
  return tf.engine().runKernel<tf.Tensor>(
    tf.Conv2DBackpropFilter,
    { x, dy },
    {
      strides: pair(strides),
      pad: padding,
      dataFormat: "NHWC",
      filterShape: [kernelHeight, kernelWidth, rank4(x).shape[3], rank4(dy).shape[3]],
    },
  );
}

/**
 * The same from slices and one matrix product [c, b·h'·w'] · [b·h'·w', o] for each kernel position. x is turned to
 * [c, b, h, w] once, so that every slice is already the left matrix.
 */
function kernelGradientByMatmul(op: OpOf<"conv2d-kernel-gradient">, x: tf.Tensor, dy: tf.Tensor): tf.Tensor {
  const { strides, padding, kernelHeight, kernelWidth } = op;
  const [batch, height, width, channels] = rank4(x).shape;
  const [, rows, columns, outputs] = rank4(dy).shape;
  const pixels = batch * rows * columns;
  const padded = tf.pad(tf.transpose(rank4(x), [3, 0, 1, 2]), [
    [0, 0],
    [0, 0],
    [...paddingOf(height, kernelHeight, strides[0], padding)],
    [...paddingOf(width, kernelWidth, strides[1], padding)],
  ]);
  const right = tf.reshape(dy, [pixels, outputs]);
  const at = (row: number, column: number): tf.Tensor => {
    const end = [row + span(rows, strides[0]), column + span(columns, strides[1])];
    const window = tf.stridedSlice(
      padded,
      [0, 0, row, column],
      [channels, batch, ...end],
      [1, 1, ...strides],
    );
    return tf.matMul(tf.reshape(window, [channels, pixels]), right);
  };
  const products = positionsOf([kernelHeight, kernelWidth]).map(([row, column]) =>
    tf.tidy(() => at(row, column)),
  );
  return tf.reshape(tf.concat(products, 0), [kernelHeight, kernelWidth, channels, outputs]);
}
