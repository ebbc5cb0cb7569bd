import { createRandom, type Graph, GraphBuilder, type HostTensor } from "@graft/core";

/** One convolution, as wide as the trunk's: [batch, 24, 24, 96] → [batch, 22, 22, 96]. */
const SIDE = 24;
const CHANNELS = 96;
const KERNEL = 3;
const RESULT_SIDE = SIDE - KERNEL + 1;
const WEIGHTS = KERNEL * KERNEL * CHANNELS * CHANNELS;

/** Two weights next to each other are at most ± 128 together, as in graft's own kernels (core's `kernelScales`). */
const MOST_WEIGHT = 64;
/** Sums of 864 products of numbers up to 255 and 64 lie mostly within ± 3e6: most results are inside of 8 bits. */
const SUM_STEP = 20_000;
const ZERO_POINT = 128;

export interface Int8Problem {
  /** `x` → `y`, on whole numbers. */
  readonly quantized: Graph;
  /** The same convolution in float32. */
  readonly plain: Graph;
  readonly inputs: Record<string, HostTensor>;
  /** y of the quantised graph as whole numbers, for output pixels by their number. */
  readonly expected: ReadonlyMap<number, Int32Array>;
}

/** Half of them from the ends of their range, where two products next to each other just fit in 16 bits. */
function wholeNumbers(name: string, count: number, [low, high]: readonly [number, number]): Int32Array {
  const random = createRandom("int8-check", name);
  return Int32Array.from({ length: count }, () => {
    const far = random() < 0.5;
    const share = far ? Math.round(random()) : random();
    return Math.round(low + (high - low) * share);
  });
}

/** One output pixel's sums, in whole numbers. */
function sumsAt(pixel: number, x: Int32Array, kernel: Int32Array): Int32Array {
  const [row, column] = [Math.floor(pixel / RESULT_SIDE), pixel % RESULT_SIDE];
  const sums = new Int32Array(CHANNELS);
  for (let ky = 0; ky < KERNEL; ky++)
    for (let kx = 0; kx < KERNEL; kx++)
      for (let c = 0; c < CHANNELS; c++) {
        const value = x[((row + ky) * SIDE + column + kx) * CHANNELS + c] ?? 0;
        const weights = ((ky * KERNEL + kx) * CHANNELS + c) * CHANNELS;
        for (let o = 0; o < CHANNELS; o++) sums[o] = (sums[o] ?? 0) + value * (kernel[weights + o] ?? 0);
      }
  return sums;
}

function convolutionGraph(weights: Float32Array, quantized: boolean): Graph {
  const b = new GraphBuilder();
  const input = b.input("x", ["batch", SIDE, SIDE, CHANNELS]);
  const constant = b.constant("kernel", [KERNEL, KERNEL, CHANNELS, CHANNELS], weights);
  const [x, kernel] = quantized
    ? [
        b.op({ op: "fake-quantize", type: "uint8", scales: [1], zeroPoint: 0 }, [input]),
        b.op({ op: "fake-quantize", type: "int8", scales: Array<number>(CHANNELS).fill(1), zeroPoint: 0 }, [
          constant,
        ]),
      ]
    : [input, constant];
  const y = b.conv2d(x, kernel, { strides: [1, 1], padding: "valid", activation: "none" });
  const grid = { op: "fake-quantize", type: "uint8", scales: [SUM_STEP], zeroPoint: ZERO_POINT } as const;
  b.output("y", quantized ? b.op(grid, [y]) : y);
  return b.build();
}

/** @param pixels output pixels whose results are computed here, one by one. */
export function int8Problem(pixels: readonly number[]): Int8Problem {
  const x = wholeNumbers("x", SIDE * SIDE * CHANNELS, [0, 255]);
  const kernel = wholeNumbers("kernel", WEIGHTS, [-MOST_WEIGHT, MOST_WEIGHT]);
  const weights = Float32Array.from(kernel);
  const expected = pixels.map((pixel) => {
    const sums = sumsAt(pixel, x, kernel);
    const steps = sums.map((sum) => Math.min(255, Math.max(0, Math.round(sum / SUM_STEP) + ZERO_POINT)));
    return [pixel, steps] as const;
  });
  return {
    quantized: convolutionGraph(weights, true),
    plain: convolutionGraph(weights, false),
    inputs: { x: { shape: [1, SIDE, SIDE, CHANNELS], data: Float32Array.from(x) } },
    expected: new Map(expected),
  };
}

/** The step of a result of the quantised graph. */
export const stepOf = (y: HostTensor, pixel: number, channel: number): number =>
  (y.data[pixel * CHANNELS + channel] ?? Number.NaN) / SUM_STEP + ZERO_POINT;
