import { CoreError } from "../../errors.ts";
import type { GraphBuilder } from "../builder.ts";
import type { Op, OpNode, ValueId } from "../graph.ts";
import { sameShape } from "../infer-shape.ts";

/**
 * What an op adds to the gradient of one of its inputs.
 * `ones` is never made into a tensor unless it has to be; `slice` is a gradient of columns [start, …) of the last axis
 * and zero elsewhere, kept apart so that the slices of one value are joined instead of padded and summed.
 */
export type Contribution =
  | { readonly kind: "value"; readonly id: ValueId }
  | { readonly kind: "ones" }
  | { readonly kind: "slice"; readonly id: ValueId; readonly start: number; readonly size: number };

/** One op on the way back from the loss. */
export interface GradientSite<T extends Op = Op> {
  readonly builder: GraphBuilder;
  readonly op: T;
  readonly inputs: readonly ValueId[];
  /** The op's result. */
  readonly y: ValueId;
  /** True when the gradient of y is 1 everywhere. */
  readonly dyIsOnes: boolean;
  /** The gradient of y as a value of the graph. */
  readonly dy: () => ValueId;
  /** The id of an input that the op is known to have. */
  readonly x: (index: number) => ValueId;
}

/** For each input a function that makes its gradient, called only for inputs that a weight leads to. */
type InputGradients = readonly (() => Contribution)[];

const value = (id: ValueId): Contribution => ({ kind: "value", id });

function notDifferentiable(op: Op, reason: string): never {
  throw new CoreError("unsupported", { what: `No gradient goes through ${op.op}: ${reason}.` });
}

/** The length of a fixed axis. */
function fixedAxis(builder: GraphBuilder, id: ValueId, axis: number): number {
  const dim = builder.shapeOf(id).at(axis);
  if (typeof dim !== "number") throw new TypeError(`axis ${axis} of the value ${id} is not fixed`);
  return dim;
}

/** Sums a gradient of a's shape down to the shape of b, which was broadcast. */
function reducedTo({ builder, x }: GradientSite, b: ValueId, gradient: ValueId): Contribution {
  const shape = builder.shapeOf(b);
  if (sameShape(shape, builder.shapeOf(x(0)))) return value(gradient);
  return value(builder.unary(shape.length === 0 ? "sum" : "sum-to-last", gradient));
}

/** A product dy · other, left out when dy is ones of the shape of `other`. */
function times({ builder, dy, dyIsOnes, y }: GradientSite, other: ValueId): ValueId {
  if (dyIsOnes && sameShape(builder.shapeOf(other), builder.shapeOf(y))) return other;
  return builder.multiply(dy(), other);
}

type Arithmetic = Extract<Op, { readonly op: "add" | "subtract" | "multiply" | "divide" }>;

function arithmeticGradients(site: GradientSite<Arithmetic>): InputGradients {
  const { builder, op, dy, y } = site;
  const [a, b] = [site.x(0), site.x(1)];
  const same: () => Contribution = () => (site.dyIsOnes ? { kind: "ones" } : value(dy()));
  switch (op.op) {
    case "add":
      return [same, () => reducedTo(site, b, dy())];
    case "subtract":
      return [same, () => reducedTo(site, b, builder.scale(dy(), -1, 0))];
    case "multiply":
      return [() => value(times(site, b)), () => reducedTo(site, b, times(site, a))];
    case "divide":
      return [
        () => value(builder.divide(dy(), b)),
        () => reducedTo(site, b, builder.scale(builder.divide(times(site, y), b), -1, 0)),
      ];
  }
}

type Convolution = Extract<Op, { readonly op: "conv2d" }>;

function convolutionGradients({ builder, op, dy, y, x }: GradientSite<Convolution>): InputGradients {
  const { strides, padding } = op;
  // the gradient before the fused relu; y itself tells where relu let values through
  let made: ValueId | undefined;
  const dSum = (): ValueId => {
    made ??= op.activation === "relu" ? builder.op({ op: "relu-gradient" }, [dy(), y]) : dy();
    return made;
  };
  const [image, kernel] = [x(0), x(1)];
  const [height, width] = [fixedAxis(builder, image, 1), fixedAxis(builder, image, 2)];
  const [kernelHeight, kernelWidth] = [fixedAxis(builder, kernel, 0), fixedAxis(builder, kernel, 1)];
  return [
    () =>
      value(builder.op({ op: "conv2d-input-gradient", strides, padding, height, width }, [dSum(), kernel])),
    () =>
      value(
        builder.op({ op: "conv2d-kernel-gradient", strides, padding, kernelHeight, kernelWidth }, [
          image,
          dSum(),
        ]),
      ),
    () => value(builder.unary("sum-to-last", dSum())),
  ];
}

type BatchNorm = Extract<Op, { readonly op: "batch-norm" }>;

/** With r = sqrt(variance + ε): dx = dy/r, dβ = Σ dy, dμ = −Σ dx, dσ² = −½ Σ dx·(x − μ) / r². */
function batchNormGradients({ builder, op, dy, x }: GradientSite<BatchNorm>): InputGradients {
  const [image, mean, variance] = [x(0), x(2), x(3)];
  const shifted = (): ValueId => builder.scale(variance, 1, op.epsilon);
  const dx = (): ValueId => builder.divide(dy(), builder.unary("sqrt", shifted()));
  return [
    () => value(dx()),
    () => value(builder.unary("sum-to-last", dy())),
    () => value(builder.scale(builder.unary("sum-to-last", dx()), -1, 0)),
    () => {
      const sum = builder.unary("sum-to-last", builder.multiply(dx(), builder.subtract(image, mean)));
      return value(builder.scale(builder.divide(sum, shifted()), -0.5, 0));
    },
  ];
}

type Matmul = Extract<Op, { readonly op: "matmul" }>;

/** C = A·B: dA = dC·Bᵀ, dB = Aᵀ·dC; a stored transpose swaps the product's sides instead of moving data. */
function matmulGradients({ builder, op, dy, x }: GradientSite<Matmul>): InputGradients {
  const { transposeA, transposeB } = op;
  const [a, b] = [x(0), x(1)];
  return [
    () =>
      value(
        transposeA
          ? builder.matmul(b, dy(), { transposeA: transposeB, transposeB: true })
          : builder.matmul(dy(), b, { transposeB: !transposeB }),
      ),
    () =>
      value(
        transposeB
          ? builder.matmul(dy(), a, { transposeA: true, transposeB: transposeA })
          : builder.matmul(a, dy(), { transposeA: !transposeA }),
      ),
  ];
}

/** dx = y · (dy − Σ_columns dy·y); the row sums, spread over the columns, are one product with a matrix of ones. */
function softmaxGradient({ builder, op, dy, y }: GradientSite): Contribution {
  if (builder.shapeOf(y).length !== 2)
    notDifferentiable(op, "only softmax of a matrix [batch, classes] has one");
  const columns = fixedAxis(builder, y, -1);
  const ones = builder.constant(`ones/${y}`, [columns, columns], new Float32Array(columns ** 2).fill(1));
  const rowSums = builder.matmul(builder.multiply(dy(), y), ones);
  return value(builder.multiply(y, builder.subtract(dy(), rowSums)));
}

function concatGradients({ builder, inputs, dy }: GradientSite): InputGradients {
  let offset = 0;
  return inputs.map((input) => {
    const start = offset;
    offset += fixedAxis(builder, input, -1);
    return () => value(builder.sliceLast(dy(), start, fixedAxis(builder, input, -1)));
  });
}

/** How the gradient of an op's result becomes gradients of its inputs, for each op of graph.ts that a loss may go through. */
export function inputGradients(site: GradientSite): InputGradients {
  const { builder, op, y, dy, x } = site;
  const same = (): Contribution => (site.dyIsOnes ? { kind: "ones" } : value(dy()));
  switch (op.op) {
    case "scale":
      return [() => (op.multiply === 1 ? same() : value(builder.scale(dy(), op.multiply, 0)))];
    case "conv2d":
      return convolutionGradients({ ...site, op });
    case "batch-norm":
      return batchNormGradients({ ...site, op });
    case "max-pool":
      return [() => value(builder.op({ ...op, op: "max-pool-gradient" }, [dy(), x(0)]))];
    case "average-pool": {
      const [height, width] = [fixedAxis(builder, x(0), 1), fixedAxis(builder, x(0), 2)];
      return [() => value(builder.op({ ...op, op: "average-pool-gradient", height, width }, [dy()]))];
    }
    case "concat":
      return concatGradients(site);
    case "global-average-pool": {
      const [height, width] = [fixedAxis(builder, x(0), 1), fixedAxis(builder, x(0), 2)];
      return [() => value(builder.op({ op: "global-average-pool-gradient", height, width }, [dy()]))];
    }
    case "reshape":
      return [() => value(builder.reshape(dy(), builder.shapeOf(x(0)).slice(1).map(Number)))];
    case "matmul":
      return matmulGradients({ ...site, op });
    case "add":
    case "subtract":
    case "multiply":
    case "divide":
      return arithmeticGradients({ ...site, op });
    case "add-n":
      return site.inputs.map(() => same);
    case "slice-last":
      return [() => ({ kind: "slice", id: dy(), start: op.start, size: op.size })];
    case "pad-last":
      return [() => value(builder.sliceLast(dy(), op.before, fixedAxis(builder, x(0), -1)))];
    case "relu":
      return [() => value(builder.op({ op: "relu-gradient" }, [dy(), y]))];
    case "sigmoid":
      return [() => value(builder.multiply(dy(), builder.multiply(y, builder.scale(y, -1, 1))))];
    case "sqrt":
      return [() => value(builder.divide(builder.scale(dy(), 0.5, 0), y))];
    case "square":
      return [() => value(builder.multiply(builder.scale(x(0), 2, 0), dy()))];
    case "softmax":
      return [() => softmaxGradient(site)];
    case "sigmoid-cross-entropy":
    case "softmax-cross-entropy":
      return [
        () => value(builder.op({ op: `${op.op}-gradient` }, [x(0), x(1), dy()])),
        () => notDifferentiable(op, "its labels are given, not trained"),
      ];
    case "sum":
    case "sum-to-last":
      return [
        () => (site.dyIsOnes ? { kind: "ones" } : value(builder.multiply(onesLike(builder, x(0)), dy()))),
      ];
    case "fake-quantize":
      return [() => notDifferentiable(op, "its result is constant between two steps")];
    case "relu-gradient":
    case "global-average-pool-gradient":
    case "sigmoid-cross-entropy-gradient":
    case "softmax-cross-entropy-gradient":
    case "conv2d-input-gradient":
    case "conv2d-kernel-gradient":
    case "max-pool-gradient":
    case "average-pool-gradient":
      return site.inputs.map(() => () => notDifferentiable(op, "it is itself a gradient"));
    default:
      op satisfies never;
      throw new TypeError(`unknown op ${JSON.stringify(op)}`);
  }
}

/** Ones of a value's shape. A value that is not finite gives NaN, which a training notices by its loss anyway. */
export function onesLike(builder: GraphBuilder, id: ValueId): ValueId {
  return builder.shapeOf(id).length === 0 ? builder.scalar(1) : builder.scale(id, 0, 1);
}

/** An op's node as a site. */
export function gradientSite(
  builder: GraphBuilder,
  { node, y, gradient }: { readonly node: OpNode; readonly y: ValueId; readonly gradient: ValueId | "ones" },
): GradientSite {
  let made = gradient === "ones" ? undefined : gradient;
  return {
    builder,
    op: node.op,
    inputs: node.inputs,
    y,
    dyIsOnes: gradient === "ones",
    dy: () => {
      made ??= onesLike(builder, y);
      return made;
    },
    x: (index) => {
      const id = node.inputs[index];
      if (id === undefined) throw new TypeError(`${node.op.op} has no input ${index}`);
      return id;
    },
  };
}
