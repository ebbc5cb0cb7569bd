import { numElements, type Op, type OpName, type Padding, type Pair, type Shape } from "../graph/graph.ts";
import { windowedLength } from "../graph/infer-shape.ts";
import type { TestRandom } from "./random.ts";

/** One operand of an op in a test. */
export interface Operand {
  readonly shape: Shape;
  readonly data: Float32Array | Uint8Array;
  /** Where it comes from in a real graph: only then must an engine take it from there. */
  readonly source: "input" | "weight";
}

/** An op with random attributes and operands that fit it. */
export interface OpCase {
  readonly op: Op;
  readonly operands: readonly Operand[];
  readonly batch: number;
}

export interface CaseOptions {
  readonly random: TestRandom;
  readonly batch: number;
  /** True: values of windows repeat, so that the choice among equal maxima shows. */
  readonly ties: boolean;
}

type Spread = { readonly low: number; readonly high: number };
const AROUND_ZERO: Spread = { low: -2, high: 2 };
/** Far enough from 0 for roots and quotients. */
const POSITIVE: Spread = { low: 0.5, high: 2 };

/** Makes operands and attributes for one case. */
class CaseMaker {
  readonly random: TestRandom;
  readonly batch: number;
  readonly ties: boolean;

  constructor({ random, batch, ties }: CaseOptions) {
    this.random = random;
    this.batch = batch;
    this.ties = ties;
  }

  values(shape: Shape, { low, high }: Spread = AROUND_ZERO): Float32Array {
    return Float32Array.from(
      { length: numElements(shape, this.batch) },
      () => low + (high - low) * this.random.next(),
    );
  }
  input(shape: Shape, spread?: Spread): Operand {
    return { shape, data: this.values(shape, spread), source: "input" };
  }
  weight(shape: readonly number[], spread?: Spread): Operand {
    return { shape, data: this.values(shape, spread), source: "weight" };
  }
  of(op: Op, ...operands: Operand[]): OpCase {
    return { op, operands, batch: this.batch };
  }
  small(): number {
    return this.random.int(1, 5);
  }
  /** [batch, …] of rank 2 or 4. */
  anyShape(): Shape {
    return this.random.bool()
      ? ["batch", this.small() + 1]
      : ["batch", this.small(), this.small(), this.small()];
  }
  padding(): Padding {
    return this.random.pick(["same", "valid"]);
  }
  windowed(): { size: Pair; strides: Pair; padding: Padding; height: number; width: number } {
    const size = this.random.pick<Pair>([
      [1, 1],
      [2, 2],
      [3, 3],
      [5, 5],
      [1, 7],
      [7, 1],
      [3, 2],
    ]);
    const strides = this.random.pick<Pair>([
      [1, 1],
      [1, 1],
      [2, 2],
      [1, 2],
      [3, 3],
    ]);
    const [height, width] = [size[0] + this.random.int(0, 5), size[1] + this.random.int(0, 5)];
    return { size, strides, padding: this.padding(), height, width };
  }
  /** Integers from 0 to 3, or numbers that hardly repeat. */
  image(shape: Shape): Operand {
    const { data } = this.input(shape);
    return { shape, data: this.ties ? data.map((x) => Math.floor(x + 2)) : data, source: "input" };
  }
  labels(columns: number): Operand {
    const data = new Float32Array(this.batch * columns);
    for (let row = 0; row < this.batch; row++) {
      if (columns === 1) data[row] = this.random.pick([0, 1, 0.1]);
      else data[row * columns + this.random.int(0, columns - 1)] = 1;
    }
    return { shape: ["batch", columns], data, source: "input" };
  }
}

type Makers = { readonly [Name in OpName]: (maker: CaseMaker, name: Name) => OpCase };

const elementwise = (m: CaseMaker, op: "add" | "subtract" | "multiply" | "divide"): OpCase => {
  const shape = m.anyShape();
  const last = Number(shape.at(-1));
  const b = m.random.pick<() => Operand>([
    () => m.input(shape, POSITIVE),
    () => m.input([], POSITIVE),
    () => m.weight([last], POSITIVE),
  ])();
  return m.of({ op }, m.input(shape), b);
};

const unary = (m: CaseMaker, op: "relu" | "sigmoid" | "square" | "sum" | "sum-to-last"): OpCase =>
  m.of({ op }, m.input(m.anyShape()));

/** An image, a kernel and the shape of their convolution. */
function convolution(m: CaseMaker) {
  const { size, strides, padding, height, width } = m.windowed();
  const [channels, out] = [m.small(), m.small()];
  return {
    size,
    strides,
    padding,
    height,
    width,
    image: ["batch", height, width, channels] satisfies Shape,
    kernel: [size[0], size[1], channels, out],
    result: [
      "batch",
      windowedLength(height, size[0], strides[0], padding),
      windowedLength(width, size[1], strides[1], padding),
      out,
    ] satisfies Shape,
  };
}

function pool(m: CaseMaker) {
  const { image, result, size, strides, padding, height, width } = convolution(m);
  return {
    attributes: { size, strides, padding },
    height,
    width,
    image,
    result: [...result.slice(0, 3), image[3] ?? 1],
  };
}

const MAKERS: Makers = {
  scale: (m, op) => {
    const shape = m.anyShape();
    const attributes = m.random.pick<{ multiply: number; add: number }>([
      { multiply: 2 / 255, add: -1 },
      { multiply: 0.9, add: 0 },
      { multiply: 1, add: 1e-3 },
    ]);
    if (m.random.bool()) return m.of({ op, ...attributes }, m.input(shape));
    const pixels = Uint8Array.from({ length: numElements(shape, m.batch) }, () => m.random.int(0, 255));
    return m.of({ op, ...attributes }, { shape, data: pixels, source: "input" });
  },
  conv2d: (m, op) => {
    const { strides, padding, image, kernel, result } = convolution(m);
    const activation = m.random.pick(["none", "relu"] as const);
    const operands = [m.input(image), m.weight(kernel)];
    if (m.random.bool()) operands.push(m.weight([Number(result[3])]));
    return m.of({ op, strides, padding, activation }, ...operands);
  },
  "batch-norm": (m, op) => {
    const shape = m.anyShape();
    const channels = [Number(shape.at(-1))];
    const statistics = [m.weight(channels), m.weight(channels), m.weight(channels, POSITIVE)];
    return m.of({ op, epsilon: 1e-3 }, m.input(shape), ...statistics);
  },
  "max-pool": (m, op) => {
    const { attributes, image } = pool(m);
    return m.of({ op, ...attributes }, m.image(image));
  },
  "average-pool": (m, op) => {
    const { attributes, image } = pool(m);
    return m.of({ op, ...attributes }, m.input(image));
  },
  concat: (m, op) => {
    const shape = m.anyShape();
    const inputs = Array.from({ length: m.random.int(1, 4) }, () =>
      m.input([...shape.slice(0, -1), m.small()]),
    );
    return m.of({ op }, ...inputs);
  },
  "global-average-pool": (m, op) => m.of({ op }, m.input(["batch", m.small(), m.small(), m.small()])),
  reshape: (m, op) => {
    const [h, w, c] = [m.small(), m.small(), m.small()];
    const [from, to] = m.random.pick<readonly [from: number[], to: number[]]>([
      [[h, w, c], [h * w * c]],
      [[h * w * c], [h, w, c]],
      [
        [h, w, c],
        [c, w, h],
      ],
    ]);
    return m.of({ op, shape: to }, m.input(["batch", ...from]));
  },
  matmul: (m, op) => {
    const [k, n] = [m.small() + 1, m.small()];
    return m.random.pick<() => OpCase>([
      () => m.of({ op, transposeA: false, transposeB: false }, m.input(["batch", k]), m.weight([k, n])),
      () => m.of({ op, transposeA: false, transposeB: true }, m.input(["batch", k]), m.weight([n, k])),
      () => m.of({ op, transposeA: true, transposeB: false }, m.input(["batch", k]), m.input(["batch", n])),
      () => m.of({ op, transposeA: true, transposeB: true }, m.weight([k, n]), m.input(["batch", k])),
    ])();
  },
  add: elementwise,
  subtract: elementwise,
  multiply: elementwise,
  divide: elementwise,
  "add-n": (m, op) => {
    const shape = m.anyShape();
    return m.of({ op }, ...Array.from({ length: m.random.int(1, 5) }, () => m.input(shape)));
  },
  "slice-last": (m, op) => {
    const [start, size, after] = [m.random.int(0, 4), m.small(), m.random.int(0, 4)];
    return m.of({ op, start, size }, m.input([...m.anyShape().slice(0, -1), start + size + after]));
  },
  "pad-last": (m, op) => {
    const [before, after] = [m.random.int(0, 4), m.random.int(0, 4)];
    return m.of({ op, before, after }, m.input(m.anyShape()));
  },
  relu: unary,
  sigmoid: unary,
  square: unary,
  sqrt: (m, op) => m.of({ op }, m.input(m.anyShape(), POSITIVE)),
  softmax: (m, op) => m.of({ op }, m.input(["batch", m.random.int(2, 6)])),
  "sigmoid-cross-entropy": (m, op) => m.of({ op }, m.input(["batch", 1]), m.labels(1)),
  "softmax-cross-entropy": (m, op) => {
    const columns = m.random.int(2, 6);
    return m.of({ op }, m.input(["batch", columns]), m.labels(columns));
  },
  sum: unary,
  "sum-to-last": unary,
  "fake-quantize": (m, op) => {
    const shape = m.anyShape();
    const channels = Number(shape.at(-1));
    const scale = (): number => 0.01 + 0.02 * m.random.next();
    const attributes = m.random.pick<() => Omit<Extract<Op, { op: "fake-quantize" }>, "op">>([
      () => ({ type: "uint8", scales: [scale()], zeroPoint: m.random.int(0, 255) }),
      () => ({ type: "int8", scales: Array.from({ length: channels }, scale), zeroPoint: 0 }),
      () => ({ type: "int32", scales: Array.from({ length: channels }, () => scale() / 1000), zeroPoint: 0 }),
    ])();
    const from = attributes.type === "uint8" ? m.input : m.weight;
    const fixed = attributes.type === "uint8" ? shape : [m.small(), m.small(), m.small(), channels];
    const data = m.values(fixed);
    // no value lies where rounding goes either way: float32 and float64 differ there by a whole step
    const kept = data.map((x, i) => {
      const size = attributes.scales[i % attributes.scales.length] ?? 1;
      return (Math.floor(x / size) + 0.25 + 0.5 * Math.round(x / size - Math.floor(x / size))) * size;
    });
    return m.of({ op, ...attributes }, { ...from.call(m, fixed), data: kept });
  },
  "relu-gradient": (m, op) => {
    const shape = m.anyShape();
    const y = m.values(shape).map((value) => Math.max(0, value));
    return m.of({ op }, m.input(shape), { shape, data: y, source: "input" });
  },
  "global-average-pool-gradient": (m, op) =>
    m.of({ op, height: m.small(), width: m.small() }, m.input(["batch", m.small()])),
  "sigmoid-cross-entropy-gradient": (m, op) =>
    m.of({ op }, m.input(["batch", 1]), m.labels(1), m.input(["batch"])),
  "softmax-cross-entropy-gradient": (m, op) => {
    const columns = m.random.int(2, 6);
    return m.of({ op }, m.input(["batch", columns]), m.labels(columns), m.input(["batch"]));
  },
  "conv2d-input-gradient": (m, op) => {
    const { strides, padding, height, width, kernel, result } = convolution(m);
    return m.of({ op, strides, padding, height, width }, m.input(result), m.weight(kernel));
  },
  "conv2d-kernel-gradient": (m, op) => {
    const { size, strides, padding, image, result } = convolution(m);
    const [kernelHeight, kernelWidth] = size;
    return m.of({ op, strides, padding, kernelHeight, kernelWidth }, m.input(image), m.input(result));
  },
  "max-pool-gradient": (m, op) => {
    const { attributes, image, result } = pool(m);
    return m.of({ op, ...attributes }, m.input(result), m.image(image));
  },
  "average-pool-gradient": (m, op) => {
    const { attributes, height, width, result } = pool(m);
    return m.of({ op, ...attributes, height, width }, m.input(result));
  },
};

/** Every op of graph.ts. */
export const OP_NAMES: readonly OpName[] = Object.keys(MAKERS).filter(isOpName);

function isOpName(name: string): name is OpName {
  return name in MAKERS;
}

/** A random case of an op: small shapes, all forms that its definition allows. */
export function randomOpCase<Name extends OpName>(name: Name, options: CaseOptions): OpCase {
  return MAKERS[name](new CaseMaker(options), name);
}
