import type { HostTensor, Op } from "@graft/core";

// Deterministic values in (-1, 1) without a generator: enough to tell any two positions apart.
const values = (count: number, phase: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(i * 12.9898 + phase * 78.233 + 1) * 0.97);
const tensor = (shape: readonly number[], phase = 0, map = (x: number) => x): HostTensor => ({
  shape,
  data: values(
    shape.reduce((a, b) => a * b, 1),
    phase,
  ).map(map),
});
const bytes = (shape: readonly number[]): HostTensor => ({
  shape,
  data: Uint8Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i * 37) % 256),
});
const labels = (rows: number, columns: number): HostTensor => ({
  shape: [rows, columns],
  data: Float32Array.from({ length: rows * columns }, (_, i) =>
    columns === 1 ? i % 2 : Number(i % columns === (i * 7) % columns) / 1,
  ),
});
/** Rows that sum to 1, none of them one-hot. */
const softLabels = (rows: number, columns: number): HostTensor => ({
  shape: [rows, columns],
  data: Float32Array.from(
    { length: rows * columns },
    (_, i) => (2 * ((i % columns) + 1)) / (columns * (columns + 1)),
  ),
});

export type OpCase = readonly [name: string, op: Op, inputs: readonly HostTensor[]];
const positive = (x: number): number => Math.abs(x) + 0.1;
/** Few distinct values, so that windows have several maxima. */
const coarse = (x: number): number => Math.round(x * 2) / 2;

const conv = (strides: [number, number], padding: "same" | "valid", activation: "none" | "relu" = "none") =>
  ({ op: "conv2d", strides, padding, activation }) as const;
const elementwise = (["add", "subtract", "multiply", "divide"] as const).flatMap((op): OpCase[] => [
  [`${op}, equal shapes`, { op }, [tensor([3, 4, 2, 5]), tensor([3, 4, 2, 5], 1, positive)]],
  [`${op}, a scalar`, { op }, [tensor([3, 7]), tensor([], 1, positive)]],
  [`${op}, a row`, { op }, [tensor([3, 4, 2, 5]), tensor([5], 1, positive)]],
]);

const windows = [
  { size: [3, 3], strides: [2, 2], padding: "same", image: [7, 8], result: [4, 4] },
  { size: [3, 3], strides: [2, 2], padding: "valid", image: [7, 9], result: [3, 4] },
  { size: [3, 3], strides: [1, 1], padding: "same", image: [5, 6], result: [5, 6] },
  { size: [2, 3], strides: [1, 2], padding: "same", image: [5, 6], result: [5, 3] },
  { size: [2, 2], strides: [2, 2], padding: "same", image: [6, 6], result: [3, 3] },
] as const;
const pooling = windows.flatMap(({ size, strides, padding, image, result }): OpCase[] => {
  const window = { size, strides, padding };
  const [height, width] = image;
  const text = `${size} by ${strides} ${padding}`;
  const x = [2, ...image, 3];
  const dy = tensor([2, ...result, 3], 4);
  return [
    [`max-pool ${text}`, { op: "max-pool", ...window }, [tensor(x, 1, (v) => v - 3)]],
    [`average-pool ${text}`, { op: "average-pool", ...window }, [tensor(x, 2)]],
    [`max-pool-gradient ${text}`, { op: "max-pool-gradient", ...window }, [dy, tensor(x, 1)]],
    [
      `max-pool-gradient ${text}, with ties`,
      { op: "max-pool-gradient", ...window },
      [dy, tensor(x, 1, coarse)],
    ],
    [
      `max-pool-gradient ${text}, all negative`,
      { op: "max-pool-gradient", ...window },
      [dy, tensor(x, 1, (v) => coarse(v) - 2)],
    ],
    [`average-pool-gradient ${text}`, { op: "average-pool-gradient", ...window, height, width }, [dy]],
  ];
});

const convolutions = [
  { kernel: [3, 3], strides: [1, 1], padding: "same", image: [6, 5], result: [6, 5] },
  { kernel: [1, 7], strides: [1, 1], padding: "same", image: [5, 8], result: [5, 8] },
  { kernel: [7, 1], strides: [1, 1], padding: "same", image: [8, 5], result: [8, 5] },
  { kernel: [1, 1], strides: [1, 1], padding: "valid", image: [5, 6], result: [5, 6] },
  { kernel: [3, 3], strides: [1, 1], padding: "valid", image: [5, 6], result: [3, 4] },
  { kernel: [2, 4], strides: [1, 1], padding: "same", image: [5, 6], result: [5, 6] },
  { kernel: [3, 3], strides: [2, 2], padding: "same", image: [8, 7], result: [4, 4] },
  { kernel: [3, 3], strides: [2, 2], padding: "valid", image: [8, 7], result: [3, 3] },
  { kernel: [5, 5], strides: [2, 1], padding: "same", image: [6, 6], result: [3, 6] },
] as const;
const convolving = convolutions.flatMap(({ kernel, strides, padding, image, result }): OpCase[] => {
  const text = `${kernel} by ${strides} ${padding}`;
  const [height, width] = image;
  const [kernelHeight, kernelWidth] = kernel;
  const x = tensor([2, ...image, 3]);
  const filter = tensor([...kernel, 3, 5], 1);
  const dy = tensor([2, ...result, 5], 2);
  return [
    [`conv2d ${text}`, conv([...strides], padding), [x, filter]],
    [`conv2d ${text}, bias and relu`, conv([...strides], padding, "relu"), [x, filter, tensor([5], 3)]],
    [
      `conv2d-input-gradient ${text}`,
      { op: "conv2d-input-gradient", strides, padding, height, width },
      [dy, filter],
    ],
    [
      `conv2d-kernel-gradient ${text}`,
      { op: "conv2d-kernel-gradient", strides, padding, kernelHeight, kernelWidth },
      [x, dy],
    ],
  ];
});

const matmuls = [false, true].flatMap((transposeA) =>
  [false, true].map((transposeB): OpCase => {
    const a = transposeA ? [6, 4] : [4, 6];
    const b = transposeB ? [3, 6] : [6, 3];
    return [
      `matmul ${transposeA ? "aT" : "a"} ${transposeB ? "bT" : "b"}`,
      { op: "matmul", transposeA, transposeB },
      [tensor(a), tensor(b, 1)],
    ];
  }),
);

const extreme = (x: number): number => x * 40;
/** Every op at least once, and where engines are known to differ: ties, uneven padding, strides, far from zero. */
export const OP_CASES: readonly OpCase[] = [
  ["scale of bytes", { op: "scale", multiply: 2 / 255, add: -1 }, [bytes([2, 5, 4, 3])]],
  ["scale by nothing", { op: "scale", multiply: 1, add: 0 }, [bytes([2, 5, 4, 3])]],
  ...convolving,
  [
    "batch-norm",
    { op: "batch-norm", epsilon: 0.001 },
    [tensor([2, 3, 4, 5]), tensor([5], 1), tensor([5], 2), tensor([5], 3, positive)],
  ],
  ...pooling,
  [
    "concat of three",
    { op: "concat" },
    [tensor([2, 3, 3, 4]), tensor([2, 3, 3, 1], 1), tensor([2, 3, 3, 5], 2)],
  ],
  ["concat of one", { op: "concat" }, [tensor([2, 3])]],
  ["global-average-pool", { op: "global-average-pool" }, [tensor([3, 4, 5, 6])]],
  ["reshape", { op: "reshape", shape: [12] }, [tensor([5, 2, 3, 2])]],
  ...matmuls,
  ...elementwise,
  ["add-n", { op: "add-n" }, [tensor([3, 4]), tensor([3, 4], 1), tensor([3, 4], 2)]],
  ["add-n of one", { op: "add-n" }, [tensor([3, 4])]],
  ["slice-last", { op: "slice-last", start: 2, size: 3 }, [tensor([2, 2, 2, 6])]],
  ["pad-last", { op: "pad-last", before: 2, after: 1 }, [tensor([2, 2, 2, 3])]],
  [
    "fake-quantize of activations",
    { op: "fake-quantize", type: "uint8", scales: [0.017], zeroPoint: 40 },
    [tensor([2, 3, 3, 4])],
  ],
  [
    "fake-quantize of a kernel, by column",
    { op: "fake-quantize", type: "int8", scales: [0.003, 0.017, 0.011], zeroPoint: 0 },
    [tensor([3, 3, 2, 3])],
  ],
  ["relu", { op: "relu" }, [tensor([3, 7])]],
  ["sigmoid, far from 0 too", { op: "sigmoid" }, [tensor([3, 7], 0, extreme)]],
  ["sqrt", { op: "sqrt" }, [tensor([3, 7], 0, positive)]],
  ["square", { op: "square" }, [tensor([3, 7])]],
  ["softmax, far from 0 too", { op: "softmax" }, [tensor([3, 7], 0, extreme)]],
  ["sigmoid-cross-entropy", { op: "sigmoid-cross-entropy" }, [tensor([9, 1], 0, extreme), labels(9, 1)]],
  ["softmax-cross-entropy", { op: "softmax-cross-entropy" }, [tensor([6, 4], 0, extreme), softLabels(6, 4)]],
  ["sum", { op: "sum" }, [tensor([4, 6, 3])]],
  ["sum-to-last", { op: "sum-to-last" }, [tensor([4, 3, 2, 6])]],
  ["sum-to-last of a row", { op: "sum-to-last" }, [tensor([6])]],
  ["relu-gradient", { op: "relu-gradient" }, [tensor([3, 7]), tensor([3, 7], 1, (x) => Math.max(0, x))]],
  [
    "global-average-pool-gradient",
    { op: "global-average-pool-gradient", height: 3, width: 4 },
    [tensor([2, 5])],
  ],
  [
    "sigmoid-cross-entropy-gradient",
    { op: "sigmoid-cross-entropy-gradient" },
    [tensor([9, 1], 0, extreme), labels(9, 1), tensor([9], 2)],
  ],
  [
    "softmax-cross-entropy-gradient",
    { op: "softmax-cross-entropy-gradient" },
    [tensor([6, 4], 0, extreme), softLabels(6, 4), tensor([6], 2)],
  ],
];
