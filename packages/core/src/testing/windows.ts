import type { Padding, Pair } from "../graph/graph.ts";
import { paddingOf } from "../graph/infer-shape.ts";
import { fourAxes, type Tensor64, zeros } from "./tensor.ts";

interface Window {
  readonly size: Pair;
  readonly strides: Pair;
  readonly padding: Padding;
}
/** One meeting of an image position with a window position; all numbers are offsets of pixels, not of elements. */
type Visit = (imagePixel: number, windowPixel: number, resultPixel: number) => void;

/** Calls `visit` for every window over [batch, height, width], window positions in row order, padding left out. */
function slide(image: readonly number[], result: readonly number[], window: Window, visit: Visit): void {
  const [batch, height, width] = fourAxes(image);
  const [, resultHeight, resultWidth] = fourAxes(result);
  const [kernelHeight, kernelWidth] = window.size;
  const [top] = paddingOf(height, kernelHeight, window.strides[0], window.padding);
  const [left] = paddingOf(width, kernelWidth, window.strides[1], window.padding);
  for (let resultPixel = 0; resultPixel < batch * resultHeight * resultWidth; resultPixel++) {
    const sample = Math.floor(resultPixel / (resultHeight * resultWidth));
    const row = (Math.floor(resultPixel / resultWidth) % resultHeight) * window.strides[0] - top;
    const column = (resultPixel % resultWidth) * window.strides[1] - left;
    for (let windowPixel = 0; windowPixel < kernelHeight * kernelWidth; windowPixel++) {
      const y = row + Math.floor(windowPixel / kernelWidth);
      const x = column + (windowPixel % kernelWidth);
      if (y < 0 || y >= height || x < 0 || x >= width) continue;
      visit((sample * height + y) * width + x, windowPixel, resultPixel);
    }
  }
}

interface ConvolutionParts {
  readonly image: Tensor64;
  readonly kernel: Tensor64;
  readonly result: Tensor64;
}

/** What a convolution and its two gradients share: visits every product image · kernel that goes into a result. */
function convolve(
  parts: ConvolutionParts,
  { strides, padding }: { readonly strides: Pair; readonly padding: Padding },
  visitRow: (image: number, kernelRow: number, resultRow: number) => void,
): void {
  const [kernelHeight, kernelWidth, inputs, outputs] = fourAxes(parts.kernel.shape);
  const window = { size: [kernelHeight, kernelWidth], strides, padding } as const;
  slide(parts.image.shape, parts.result.shape, window, (imagePixel, windowPixel, resultPixel) => {
    for (let input = 0; input < inputs; input++)
      visitRow(imagePixel * inputs + input, (windowPixel * inputs + input) * outputs, resultPixel * outputs);
  });
}

type Strided = { readonly strides: Pair; readonly padding: Padding };

/** x [b, h, w, c], kernel [kh, kw, c, o] → [b, h', w', o] */
export function conv2d(
  x: Tensor64,
  kernel: Tensor64,
  attributes: Strided,
  shape: readonly number[],
): Tensor64 {
  const result = zeros(shape);
  const outputs = kernel.shape[3] ?? 0;
  convolve({ image: x, kernel, result }, attributes, (image, kernelRow, resultRow) => {
    const value = x.data[image] ?? 0;
    for (let o = 0; o < outputs; o++)
      result.data[resultRow + o] =
        (result.data[resultRow + o] ?? 0) + value * (kernel.data[kernelRow + o] ?? 0);
  });
  return result;
}

/** dy [b, h', w', o], kernel [kh, kw, c, o] → [b, h, w, c] */
export function conv2dInputGradient(
  dy: Tensor64,
  kernel: Tensor64,
  attributes: Strided,
  shape: readonly number[],
): Tensor64 {
  const dx = zeros(shape);
  const outputs = kernel.shape[3] ?? 0;
  convolve({ image: dx, kernel, result: dy }, attributes, (image, kernelRow, resultRow) => {
    let sum = 0;
    for (let o = 0; o < outputs; o++)
      sum += (dy.data[resultRow + o] ?? 0) * (kernel.data[kernelRow + o] ?? 0);
    dx.data[image] = (dx.data[image] ?? 0) + sum;
  });
  return dx;
}

/** x [b, h, w, c], dy [b, h', w', o] → [kh, kw, c, o] */
export function conv2dKernelGradient(
  x: Tensor64,
  dy: Tensor64,
  attributes: Strided,
  shape: readonly number[],
): Tensor64 {
  const gradient = zeros(shape);
  const outputs = shape[3] ?? 0;
  convolve({ image: x, kernel: gradient, result: dy }, attributes, (image, kernelRow, resultRow) => {
    const value = x.data[image] ?? 0;
    for (let o = 0; o < outputs; o++)
      gradient.data[kernelRow + o] =
        (gradient.data[kernelRow + o] ?? 0) + value * (dy.data[resultRow + o] ?? 0);
  });
  return gradient;
}

/** The element of x that each element of a max pool comes from: the first maximum of its window. */
function winners(x: Tensor64, window: Window, shape: readonly number[]): Int32Array {
  const channels = shape[3] ?? 0;
  const winner = new Int32Array(zeros(shape).data.length).fill(-1);
  slide(x.shape, shape, window, (imagePixel, _, resultPixel) => {
    for (let c = 0; c < channels; c++) {
      const best = winner[resultPixel * channels + c] ?? -1;
      const candidate = imagePixel * channels + c;
      if (best < 0 || (x.data[candidate] ?? 0) > (x.data[best] ?? 0))
        winner[resultPixel * channels + c] = candidate;
    }
  });
  return winner;
}

export function maxPool(x: Tensor64, window: Window, shape: readonly number[]): Tensor64 {
  return { shape, data: Float64Array.from(winners(x, window, shape), (from) => x.data[from] ?? Number.NaN) };
}

/** dy [b, h', w', c], x [b, h, w, c] → [b, h, w, c] */
export function maxPoolGradient(dy: Tensor64, x: Tensor64, window: Window): Tensor64 {
  const dx = zeros(x.shape);
  winners(x, window, dy.shape).forEach((from, i) => {
    dx.data[from] = (dx.data[from] ?? 0) + (dy.data[i] ?? 0);
  });
  return dx;
}

/** For each window its number of pixels inside the image. */
function pixelCounts(image: readonly number[], window: Window, shape: readonly number[]): Float64Array {
  const [batch, height, width] = fourAxes(shape);
  const counts = new Float64Array(batch * height * width);
  slide(image, shape, window, (_, __, resultPixel) => {
    counts[resultPixel] = (counts[resultPixel] ?? 0) + 1;
  });
  return counts;
}

export function averagePool(x: Tensor64, window: Window, shape: readonly number[]): Tensor64 {
  const result = zeros(shape);
  const channels = shape[3] ?? 0;
  const counts = pixelCounts(x.shape, window, shape);
  slide(x.shape, shape, window, (imagePixel, _, resultPixel) => {
    for (let c = 0; c < channels; c++)
      result.data[resultPixel * channels + c] =
        (result.data[resultPixel * channels + c] ?? 0) +
        (x.data[imagePixel * channels + c] ?? 0) / (counts[resultPixel] ?? 1);
  });
  return result;
}

/** dy [b, h', w', c] → [b, h, w, c] */
export function averagePoolGradient(dy: Tensor64, window: Window, shape: readonly number[]): Tensor64 {
  const dx = zeros(shape);
  const channels = shape[3] ?? 0;
  const counts = pixelCounts(shape, window, dy.shape);
  slide(shape, dy.shape, window, (imagePixel, _, resultPixel) => {
    for (let c = 0; c < channels; c++)
      dx.data[imagePixel * channels + c] =
        (dx.data[imagePixel * channels + c] ?? 0) +
        (dy.data[resultPixel * channels + c] ?? 0) / (counts[resultPixel] ?? 1);
  });
  return dx;
}

/** [b, h, w, c] → [b, c] */
export function globalAveragePool(x: Tensor64): Tensor64 {
  const [batch, height, width, channels] = fourAxes(x.shape);
  const result = zeros([batch, channels]);
  x.data.forEach((value, i) => {
    const at = Math.floor(i / (height * width * channels)) * channels + (i % channels);
    result.data[at] = (result.data[at] ?? 0) + value / (height * width);
  });
  return result;
}

/** dy [b, c] → [b, height, width, c] */
export function globalAveragePoolGradient(dy: Tensor64, shape: readonly number[]): Tensor64 {
  const [, height, width, channels] = fourAxes(shape);
  const dx = zeros(shape);
  const data = dx.data.map((_, i) => {
    const at = Math.floor(i / (height * width * channels)) * channels + (i % channels);
    return (dy.data[at] ?? 0) / (height * width);
  });
  return { shape, data };
}
