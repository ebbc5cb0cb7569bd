import { type Op, QUANTIZED_RANGES } from "../graph/graph.ts";
import { lastAxis, type Tensor64, zeros } from "./tensor.ts";

/** To the nearest whole number, halves to the even one, as IEEE 754 and every engine round. */
function roundHalfToEven(x: number): number {
  const up = Math.round(x);
  return up - x === 0.5 && up % 2 !== 0 ? up - 1 : up;
}

/** x on the grid that whole numbers of a type make. */
export function fakeQuantize(
  x: Tensor64,
  { type, scales, zeroPoint }: Extract<Op, { readonly op: "fake-quantize" }>,
): Tensor64 {
  const [low, high] = QUANTIZED_RANGES[type];
  const data = x.data.map((value, i) => {
    const scale = scales[i % scales.length] ?? Number.NaN;
    const whole = Math.min(high, Math.max(low, roundHalfToEven(value / scale) + zeroPoint));
    return (whole - zeroPoint) * scale;
  });
  return { shape: x.shape, data };
}

/** Joined along the last axis. */
export function concat(inputs: readonly Tensor64[], shape: readonly number[]): Tensor64 {
  const result = zeros(shape);
  const width = lastAxis(result);
  let offset = 0;
  for (const x of inputs) {
    const columns = lastAxis(x);
    for (let row = 0; row * columns < x.data.length; row++)
      result.data.set(x.data.subarray(row * columns, (row + 1) * columns), row * width + offset);
    offset += columns;
  }
  return result;
}

/** Columns [start, start + size) of the last axis. */
export function sliceLast(x: Tensor64, start: number, shape: readonly number[]): Tensor64 {
  const result = zeros(shape);
  const [from, to] = [lastAxis(x), lastAxis(result)];
  for (let row = 0; row * to < result.data.length; row++)
    result.data.set(x.data.subarray(row * from + start, row * from + start + to), row * to);
  return result;
}

/** The input at column `before` of a wider tensor of zeros. */
export function padLast(x: Tensor64, before: number, shape: readonly number[]): Tensor64 {
  const result = zeros(shape);
  const [from, to] = [lastAxis(x), lastAxis(result)];
  for (let row = 0; row * from < x.data.length; row++)
    result.data.set(x.data.subarray(row * from, (row + 1) * from), row * to + before);
  return result;
}

/** a [m, k] · b [k, n]; a flag says that the operand is stored transposed. */
export function matmul(
  a: Tensor64,
  b: Tensor64,
  { transposeA, transposeB }: { readonly transposeA: boolean; readonly transposeB: boolean },
): Tensor64 {
  const [a0 = 0, a1 = 0] = a.shape;
  const [b0 = 0, b1 = 0] = b.shape;
  const [m, inner] = transposeA ? [a1, a0] : [a0, a1];
  const n = transposeB ? b0 : b1;
  const result = zeros([m, n]);
  for (let row = 0; row < m; row++) {
    for (let k = 0; k < inner; k++) {
      const left = a.data[transposeA ? k * a1 + row : row * a1 + k] ?? 0;
      for (let column = 0; column < n; column++) {
        const right = b.data[transposeB ? column * b1 + k : k * b1 + column] ?? 0;
        result.data[row * n + column] = (result.data[row * n + column] ?? 0) + left * right;
      }
    }
  }
  return result;
}

export function sumAll(x: Tensor64): Tensor64 {
  return { shape: [], data: Float64Array.of(x.data.reduce((sum, value) => sum + value, 0)) };
}

/** [.., c] → [c] */
export function sumToLast(x: Tensor64): Tensor64 {
  const result = zeros([lastAxis(x)]);
  x.data.forEach((value, i) => {
    const column = i % result.data.length;
    result.data[column] = (result.data[column] ?? 0) + value;
  });
  return result;
}

export const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));

/** Over the last axis, the row's maximum subtracted first. */
export function softmax(x: Tensor64): Tensor64 {
  const result = zeros(x.shape);
  const columns = lastAxis(x);
  for (let start = 0; start < x.data.length; start += columns) {
    const row = x.data.subarray(start, start + columns);
    const top = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const powers = row.map((z) => Math.exp(z - top));
    const total = powers.reduce((sum, power) => sum + power, 0);
    result.data.set(
      powers.map((power) => power / total),
      start,
    );
  }
  return result;
}

/** [b]: max(z, 0) − z·y + ln(1 + e^−|z|) */
export function sigmoidCrossEntropy(logits: Tensor64, labels: Tensor64): Tensor64 {
  const losses = logits.data.map(
    (z, i) => Math.max(z, 0) - z * (labels.data[i] ?? 0) + Math.log1p(Math.exp(-Math.abs(z))),
  );
  return { shape: logits.shape.slice(0, 1), data: losses };
}

/** [b]: ln(Σ e^z)·Σ y − Σ z·y, row by row. */
export function softmaxCrossEntropy(logits: Tensor64, labels: Tensor64): Tensor64 {
  const result = zeros(logits.shape.slice(0, 1));
  const columns = lastAxis(logits);
  result.data.forEach((_, row) => {
    const z = logits.data.subarray(row * columns, (row + 1) * columns);
    const y = labels.data.subarray(row * columns, (row + 1) * columns);
    const top = z.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const logSum = top + Math.log(z.reduce((sum, value) => sum + Math.exp(value - top), 0));
    result.data[row] = z.reduce((sum, value, i) => sum + (logSum - value) * (y[i] ?? 0), 0);
  });
  return result;
}

/** (p − y) · dLoss, row by row, for either cross-entropy's p. */
export function crossEntropyGradient(p: Tensor64, labels: Tensor64, dLoss: Tensor64): Tensor64 {
  const columns = lastAxis(p);
  const data = p.data.map(
    (value, i) => (value - (labels.data[i] ?? 0)) * (dLoss.data[Math.floor(i / columns)] ?? 0),
  );
  return { shape: p.shape, data };
}
