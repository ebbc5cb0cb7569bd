import { PRECISION_BITS, triangleWeights } from "./triangle-weights.ts";

/** The two halves of the bilinear resize; every implementation gives the same bytes. */
export interface ResizePasses {
  /** [rows, from, 3] → [rows, to, 3], a new array. */
  rows(data: Uint8Array, rows: number, from: number, to: number): Uint8Array;
  /** [from, width, 3] → [to, width, 3], a new array. */
  columns(data: Uint8Array, width: number, from: number, to: number): Uint8Array;
}

const HALF = 1 << (PRECISION_BITS - 1);

// Bytes need no clamp in either pass: the triangle's weights are ≥ 0 and their sum is 1 but for rounding, which is
// below half a step of the result. Typed-array reads are in range, `| 0` keeps the arithmetic in int32 registers.

function resizeRows(data: Uint8Array, rows: number, from: number, to: number): Uint8Array {
  const { taps, starts, counts, values } = triangleWeights(from, to);
  const out = new Uint8Array(rows * to * 3);
  let write = 0;
  for (let row = 0; row < rows; row++) {
    const base = row * from * 3;
    for (let at = 0; at < to; at++) {
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      let read = (base + (starts[at] ?? 0) * 3) | 0;
      let weightAt = (at * taps) | 0;
      const end = (weightAt + (counts[at] ?? 0)) | 0;
      for (; weightAt < end; weightAt++) {
        const weight = values[weightAt] ?? 0;
        red = (red + (data[read] ?? 0) * weight) | 0;
        green = (green + (data[read + 1] ?? 0) * weight) | 0;
        blue = (blue + (data[read + 2] ?? 0) * weight) | 0;
        read = (read + 3) | 0;
      }
      out[write] = red >> PRECISION_BITS;
      out[write + 1] = green >> PRECISION_BITS;
      out[write + 2] = blue >> PRECISION_BITS;
      write += 3;
    }
  }
  return out;
}

function resizeColumns(data: Uint8Array, width: number, from: number, to: number): Uint8Array {
  const { taps, starts, counts, values } = triangleWeights(from, to);
  const stride = width * 3;
  const out = new Uint8Array(to * stride);
  for (let at = 0; at < to; at++) {
    const first = (starts[at] ?? 0) * stride;
    const weightAt = at * taps;
    const end = weightAt + (counts[at] ?? 0);
    const write = at * stride;
    for (let x = 0; x < stride; x++) {
      let sum = HALF;
      let read = (first + x) | 0;
      for (let tap = weightAt; tap < end; tap++) {
        sum = (sum + (data[read] ?? 0) * (values[tap] ?? 0)) | 0;
        read = (read + stride) | 0;
      }
      out[write + x] = sum >> PRECISION_BITS;
    }
  }
  return out;
}

/** In plain JavaScript, where there is no SIMD. */
export const PLAIN_PASSES: ResizePasses = { rows: resizeRows, columns: resizeColumns };
