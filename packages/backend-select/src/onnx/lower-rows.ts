import type { Op, OpNode, ValueId } from "@graft/core";
import type { ValueName } from "./onnx-model.ts";
import type { Layout, Values } from "./values.ts";

/** What differs between providers in the ops they know; data, so that no op asks for a name. */
export interface ProviderTraits {
  /** True when MaxPool gives the offsets of its maxima as a second result. */
  readonly maxPoolTellsOffsets: boolean;
  /** True when a convolution whose kernel trains, and its gradients, are fastest as matrix products. */
  readonly trainsByGemm: boolean;
}

/** One op of the graph while it is written as ONNX nodes. */
export interface LowerSite<T extends Op = Op> {
  readonly values: Values;
  readonly traits: ProviderTraits;
  readonly node: OpNode;
  readonly op: T;
  /** The id of an input that the op is known to have. */
  readonly x: (index: number) => ValueId;
}

/** The result of an op: a value of the model and how it lies. */
export interface Placed {
  readonly layout: Layout;
  readonly name: ValueName;
}

export const placed = (layout: Layout, name: ValueName): Placed => ({ layout, name });

/** An op by its name. */
export type OpOf<Name extends Op["op"]> = Extract<Op, { readonly op: Name }>;

/** x · multiply + add in x's layout; whole numbers of 8 bits are moved before they are widened. */
export function lowerScale({ values, op, x }: LowerSite<OpOf<"scale">>): Placed {
  const { model } = values;
  const layout = values.shared([x(0)]);
  let name = values.get(x(0), layout);
  if (values.node(x(0)).dtype === "uint8") name = model.node("Cast", [name], { to: 1 });
  if (op.multiply !== 1) name = model.node("Mul", [name, model.scalar(op.multiply)]);
  if (op.add !== 0) name = model.node("Add", [name, model.scalar(op.add)]);
  return placed(layout, name);
}

const ARITHMETIC = { add: "Add", subtract: "Sub", multiply: "Mul", divide: "Div" } as const;

export function lowerArithmetic({
  values,
  op,
  x,
}: LowerSite<OpOf<"add" | "subtract" | "multiply" | "divide">>): Placed {
  const layout = values.shared([x(0), x(1)]);
  const inputs = [values.get(x(0), layout), values.operand(x(1), layout)];
  return placed(layout, values.model.node(ARITHMETIC[op.op], inputs));
}

export function lowerAddN({ values, node }: LowerSite<OpOf<"add-n">>): Placed {
  const layout = values.shared(node.inputs);
  const names = node.inputs.map((input) => values.get(input, layout));
  return placed(layout, names.length === 1 ? (names[0] ?? "") : values.model.node("Sum", names));
}

const UNARY = { relu: "Relu", sigmoid: "Sigmoid", sqrt: "Sqrt" } as const;

export function lowerUnary({
  values,
  op,
  x,
}: LowerSite<OpOf<"relu" | "sigmoid" | "sqrt" | "square">>): Placed {
  const layout = values.shared([x(0)]);
  const name = values.get(x(0), layout);
  const { model } = values;
  return placed(
    layout,
    op.op === "square" ? model.node("Mul", [name, name]) : model.node(UNARY[op.op], [name]),
  );
}

/** (x − mean) / √(variance + ε) + beta, for batch norms that no convolution could take in. */
export function lowerBatchNorm({ values, op, x }: LowerSite<OpOf<"batch-norm">>): Placed {
  const { model } = values;
  const layout = values.shared([x(0)]);
  const [beta, mean, variance] = [1, 2, 3].map((index) => values.operand(x(index), layout));
  const deviation = model.node("Sqrt", [model.node("Add", [variance ?? "", model.scalar(op.epsilon)])]);
  const centred = model.node("Sub", [values.get(x(0), layout), mean ?? ""]);
  return placed(layout, model.node("Add", [model.node("Div", [centred, deviation]), beta ?? ""]));
}

/** The channels are axis 1 of channels-first, the last of rows. */
const lastAxis = (layout: "rows" | "channels-first", rank: number): number =>
  layout === "channels-first" ? 1 : rank - 1;

export function lowerConcat({ values, node }: LowerSite<OpOf<"concat">>): Placed {
  const layout = values.shared(node.inputs);
  const names = node.inputs.map((input) => values.get(input, layout));
  const axis = lastAxis(layout, node.shape.length);
  return placed(layout, names.length === 1 ? (names[0] ?? "") : values.model.node("Concat", names, { axis }));
}

export function lowerSliceLast({ values, node, op, x }: LowerSite<OpOf<"slice-last">>): Placed {
  const { model } = values;
  const layout = values.shared([x(0)]);
  const range = [op.start, op.start + op.size, lastAxis(layout, node.shape.length)];
  const inputs = [values.get(x(0), layout), ...range.map((value) => model.integers([value]))];
  return placed(layout, model.node("Slice", inputs));
}

export function lowerPadLast({ values, node, op, x }: LowerSite<OpOf<"pad-last">>): Placed {
  const { model } = values;
  const layout = values.shared([x(0)]);
  const rank = node.shape.length;
  const pads = new Array<number>(2 * rank).fill(0);
  pads[lastAxis(layout, rank)] = op.before;
  pads[rank + lastAxis(layout, rank)] = op.after;
  return placed(layout, model.node("Pad", [values.get(x(0), layout), model.integers(pads)]));
}

/** The batch axis is copied (0), the rest is as the graph says. */
export function lowerReshape({ values, op, x }: LowerSite<OpOf<"reshape">>): Placed {
  const shape = values.model.integers([0, ...op.shape]);
  return placed("rows", values.model.node("Reshape", [values.get(x(0)), shape]));
}

export function lowerMatmul({ values, op, x }: LowerSite<OpOf<"matmul">>): Placed {
  const inputs = [values.get(x(0)), values.get(x(1))];
  const transposed = { transA: op.transposeA ? 1 : 0, transB: op.transposeB ? 1 : 0 };
  const plain = !op.transposeA && !op.transposeB;
  const { model } = values;
  return placed("rows", plain ? model.node("MatMul", inputs) : model.node("Gemm", inputs, transposed));
}

export function lowerSum({ values, x }: LowerSite<OpOf<"sum">>): Placed {
  const layout = values.shared([x(0)]);
  return placed("rows", values.model.node("ReduceSum", [values.get(x(0), layout)], { keepdims: 0 }));
}

export function lowerSumToLast({ values, x }: LowerSite<OpOf<"sum-to-last">>): Placed {
  const { model } = values;
  const layout = values.shared([x(0)]);
  const rank = values.node(x(0)).shape.length;
  const name = values.get(x(0), layout);
  const axes = Array.from({ length: rank }, (_, axis) => axis).filter(
    (axis) => axis !== lastAxis(layout, rank),
  );
  const sum =
    axes.length === 0 ? name : model.node("ReduceSum", [name, model.integers(axes)], { keepdims: 0 });
  return placed("rows", sum);
}

/** dy where y > 0, else 0, whatever dy is there (0 · ∞ would be no number). */
export function lowerReluGradient({ values, x }: LowerSite<OpOf<"relu-gradient">>): Placed {
  const { model } = values;
  const layout = values.shared([x(0), x(1)]);
  const passed = model.node("Greater", [values.get(x(1), layout), model.scalar(0)]);
  return placed(layout, model.node("Where", [passed, values.get(x(0), layout), model.scalar(0)]));
}

export function lowerSoftmax({ values, x }: LowerSite<OpOf<"softmax">>): Placed {
  const layout = values.shared([x(0)]);
  const axis = lastAxis(layout, values.node(x(0)).shape.length);
  return placed(layout, values.model.node("Softmax", [values.get(x(0), layout)], { axis }));
}

/** The sum of all elements of each row: [b, k] → [b]. */
const rowSums = ({ model }: Values, name: ValueName): ValueName =>
  model.node("ReduceSum", [name, model.integers([1])], { keepdims: 0 });

/** max(z, 0) − z·y + ln(1 + e^−|z|): no exponent grows. */
export function lowerSigmoidCrossEntropy({ values, x }: LowerSite<OpOf<"sigmoid-cross-entropy">>): Placed {
  const { model } = values;
  const [z, y] = [values.get(x(0)), values.get(x(1))];
  const linear = model.node("Sub", [model.node("Relu", [z]), model.node("Mul", [z, y])]);
  const power = model.node("Exp", [model.node("Neg", [model.node("Abs", [z])])]);
  const rest = model.node("Log", [model.node("Add", [power, model.scalar(1)])]);
  return placed("rows", rowSums(values, model.node("Add", [linear, rest])));
}

/** −Σ y · log softmax(z) */
export function lowerSoftmaxCrossEntropy({ values, x }: LowerSite<OpOf<"softmax-cross-entropy">>): Placed {
  const { model } = values;
  const logarithm = model.node("LogSoftmax", [values.get(x(0))], { axis: 1 });
  const sum = rowSums(values, model.node("Mul", [logarithm, values.get(x(1))]));
  return placed("rows", model.node("Neg", [sum]));
}

/** (p − y) · dLoss, p = sigmoid or softmax of the logits. */
export function lowerCrossEntropyGradient({
  values,
  op,
  x,
}: LowerSite<OpOf<"sigmoid-cross-entropy-gradient" | "softmax-cross-entropy-gradient">>): Placed {
  const { model } = values;
  const z = values.get(x(0));
  const p = op.op.startsWith("sigmoid")
    ? model.node("Sigmoid", [z])
    : model.node("Softmax", [z], { axis: 1 });
  const column = model.node("Unsqueeze", [values.get(x(2)), model.integers([1])]);
  const difference = model.node("Sub", [p, values.get(x(1))]);
  return placed("rows", model.node("Mul", [difference, column]));
}
