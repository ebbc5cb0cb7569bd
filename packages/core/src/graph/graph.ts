/**
 * The static description of a computation: what every pass reads and writes and every backend runs.
 *
 * A graph is plain data: nodes in topological order (a node's inputs have smaller ids), shapes known but for the
 * batch. Activations are NHWC [batch, height, width, channels], convolution kernels HWIO
 * [height, width, in, out], dense kernels [in, out]; flatten takes (height, width, channels) order, as Keras does.
 * Graphs are made with `GraphBuilder` (builder.ts), which checks shapes; nobody writes nodes by hand.
 */

/** `"batch"` is the one dimension that a compiled program leaves open. */
export type Dim = number | "batch";
export type Shape = readonly Dim[];
export type DType = "float32" | "uint8";
/** Index of a node in `Graph.nodes`. */
export type ValueId = number;
export type Padding = "same" | "valid";
/** [height, width] */
export type Pair = readonly [number, number];

/** Fed on every run by name. */
export interface InputNode {
  readonly kind: "input";
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** A frozen tensor, compiled into the program. */
export interface ConstantNode {
  readonly kind: "constant";
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: "float32";
  readonly data: Float32Array;
}

/** The rows `[start, start + rows)` of a logical parameter that passes/block-parameters.ts cut into pieces. */
export interface ParameterBlock {
  readonly of: string;
  readonly start: number;
  readonly rows: number;
}

/** A tensor that lives in a `State`: a trainable weight or an optimiser's slot. */
export interface ParameterNode {
  readonly kind: "parameter";
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: "float32";
  readonly role: "weight" | "slot";
  readonly block?: ParameterBlock;
}

/** All ops with their attributes. b = batch; unless said otherwise values are float32. */
export type Op =
  /** x · multiply + add, element by element; x uint8 or float32, any shape → float32. */
  | { readonly op: "scale"; readonly multiply: number; readonly add: number }
  /** x [b, h, w, c], kernel [kh, kw, c, o], optional bias [o] → [b, h', w', o]; 'same' pads as TensorFlow (more at the end). */
  | {
      readonly op: "conv2d";
      readonly strides: Pair;
      readonly padding: Padding;
      readonly activation: "none" | "relu";
    }
  /** Inference mode, no gamma: (x − mean) / sqrt(variance + epsilon) + beta; inputs x [.., c], beta [c], mean [c], variance [c]. */
  | { readonly op: "batch-norm"; readonly epsilon: number }
  /** 'same' padding never wins a maximum and is left out of an average, as in Keras. */
  | {
      readonly op: "max-pool" | "average-pool";
      readonly size: Pair;
      readonly strides: Pair;
      readonly padding: Padding;
    }
  /** n ≥ 1 inputs equal but for the last axis → joined along the last axis. */
  | { readonly op: "concat" }
  /** [b, h, w, c] → [b, c] */
  | { readonly op: "global-average-pool" }
  /** [b, …] → [b, shape…] with the same number of elements; `flatten` is reshape to one axis. */
  | { readonly op: "reshape"; readonly shape: readonly number[] }
  /** a [m, k], b [k, n] → [m, n]; a flag says that the operand is stored transposed. */
  | { readonly op: "matmul"; readonly transposeA: boolean; readonly transposeB: boolean }
  /** a ∘ b, element by element; b has a's shape, or is a scalar [], or is [c] over a's last axis. */
  | { readonly op: "add" | "subtract" | "multiply" | "divide" }
  /** n ≥ 1 inputs of one shape, summed. */
  | { readonly op: "add-n" }
  /** [.., c] → [.., size]: elements [start, start + size) of the last axis. */
  | { readonly op: "slice-last"; readonly start: number; readonly size: number }
  /** [.., c] → [.., before + c + after], zeros around: the gradient of slice-last. */
  | { readonly op: "pad-last"; readonly before: number; readonly after: number }
  | { readonly op: "relu" | "sigmoid" | "sqrt" | "square" }
  /** Over the last axis. */
  | { readonly op: "softmax" }
  /** logits [b, 1], labels [b, 1] in [0, 1] → [b]: max(z, 0) − z·y + ln(1 + e^−|z|). */
  | { readonly op: "sigmoid-cross-entropy" }
  /** logits [b, k], labels [b, k] (each row sums to 1) → [b]. */
  | { readonly op: "softmax-cross-entropy" }
  /** Sum of all elements → []. */
  | { readonly op: "sum" }
  /** Sum over all axes but the last: [.., c] → [c]. */
  | { readonly op: "sum-to-last" }
  /**
   * x to the nearest number that whole numbers of `type` stand for, same shape:
   * (clamp(round(x / scale) + zeroPoint) − zeroPoint) · scale, halves to the even number, clamped to the type's range.
   * `scales` is one number > 0 for all elements, or one for each of the last axis.
   */
  | {
      readonly op: "fake-quantize";
      readonly type: "uint8" | "int8" | "int32";
      readonly scales: readonly number[];
      readonly zeroPoint: number;
    }
  // ---- gradients: made by passes/differentiate.ts ----
  /** dy, y (relu's output), same shape → dy where y > 0, else 0. */
  | { readonly op: "relu-gradient" }
  /** dy [b, c] → [b, height, width, c]: dy / (height · width) everywhere. */
  | { readonly op: "global-average-pool-gradient"; readonly height: number; readonly width: number }
  /** logits [b, 1], labels [b, 1], dLoss [b] → (sigmoid(z) − y) · dLoss, [b, 1]. */
  | { readonly op: "sigmoid-cross-entropy-gradient" }
  /** logits [b, k], labels [b, k], dLoss [b] → (softmax(z) − y) · dLoss, [b, k]. */
  | { readonly op: "softmax-cross-entropy-gradient" }
  /** dy [b, h', w', o], kernel [kh, kw, c, o] → dx [b, height, width, c]. */
  | {
      readonly op: "conv2d-input-gradient";
      readonly strides: Pair;
      readonly padding: Padding;
      readonly height: number;
      readonly width: number;
    }
  /** x [b, h, w, c], dy [b, h', w', o] → [kernelHeight, kernelWidth, c, o]. */
  | {
      readonly op: "conv2d-kernel-gradient";
      readonly strides: Pair;
      readonly padding: Padding;
      readonly kernelHeight: number;
      readonly kernelWidth: number;
    }
  /** dy [b, h', w', c], x [b, h, w, c] → dx, to the first maximum of each window. */
  | {
      readonly op: "max-pool-gradient";
      readonly size: Pair;
      readonly strides: Pair;
      readonly padding: Padding;
    }
  /** dy [b, h', w', c] → dx [b, height, width, c], each share divided by its window's count without padding. */
  | {
      readonly op: "average-pool-gradient";
      readonly size: Pair;
      readonly strides: Pair;
      readonly padding: Padding;
      readonly height: number;
      readonly width: number;
    };

/** The whole numbers of each type, both ends included. */
export const QUANTIZED_RANGES = {
  uint8: [0, 255],
  int8: [-128, 127],
  int32: [-(2 ** 31), 2 ** 31 - 1],
} as const satisfies Record<Extract<Op, { readonly op: "fake-quantize" }>["type"], Pair>;

export type OpName = Op["op"];

/** The result of an op on earlier values. */
export interface OpNode {
  readonly kind: "op";
  readonly op: Op;
  readonly inputs: readonly ValueId[];
  readonly shape: Shape;
  readonly dtype: "float32";
}

export type Node = InputNode | ConstantNode | ParameterNode | OpNode;

/** After a run the parameter takes the value; all updates see the parameters as they were before the run. */
export interface Update {
  readonly parameter: ValueId;
  readonly value: ValueId;
}

export interface Graph {
  readonly nodes: readonly Node[];
  /** Read back after a run, by name. */
  readonly outputs: Readonly<Record<string, ValueId>>;
  readonly updates: readonly Update[];
}

/** Number of elements for a given batch size. */
export function numElements(shape: Shape, batch = 1): number {
  return shape.reduce<number>((product, dim) => product * (dim === "batch" ? batch : dim), 1);
}

/** The parameters of a graph, in node order. */
export function parametersOf(graph: Graph): ParameterNode[] {
  return graph.nodes.filter((node) => node.kind === "parameter");
}
