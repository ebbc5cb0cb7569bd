import { numElements } from "../graph/graph.ts";

/** What the reference computes with: row-major float64. */
export interface Tensor64 {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export const zeros = (shape: readonly number[]): Tensor64 => ({
  shape,
  data: new Float64Array(numElements(shape)),
});

/** Length of the last axis; 1 for a scalar. */
export const lastAxis = (tensor: Tensor64): number => tensor.shape.at(-1) ?? 1;

/** The four axes of an activation [batch, height, width, channels] or a kernel [height, width, in, out]. */
export function fourAxes(shape: readonly number[]): readonly [number, number, number, number] {
  const [a, b, c, d] = shape;
  if (a === undefined || b === undefined || c === undefined || d === undefined)
    throw new TypeError(`not a 4-D shape: ${shape.join(", ")}`);
  return [a, b, c, d];
}

export function mapped(x: Tensor64, f: (value: number) => number): Tensor64 {
  return { shape: x.shape, data: x.data.map(f) };
}

/** f of the elements of two tensors; b is broadcast as `Op` says: same shape, scalar, or along a's last axis. */
export function combined(a: Tensor64, b: Tensor64, f: (a: number, b: number) => number): Tensor64 {
  const length = b.data.length;
  return { shape: a.shape, data: a.data.map((value, i) => f(value, b.data[i % length] ?? 0)) };
}
