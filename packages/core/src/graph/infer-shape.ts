import { CoreError } from "../errors.ts";
import { type Dim, numElements, type Op, type Padding, type Shape } from "./graph.ts";

/** "[batch, 7, 7, 768]" */
export const shapeText = (shape: Shape): string => `[${shape.join(", ")}]`;

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((dim, i) => dim === b[i]);

/** Length of a windowed axis, as TensorFlow counts: 'same' ceil(n / stride), 'valid' ceil((n − window + 1) / stride). */
export function windowedLength(length: number, window: number, stride: number, padding: Padding): number {
  return padding === "same" ? Math.ceil(length / stride) : Math.ceil((length - window + 1) / stride);
}

/** Zeros before and after an axis under 'same'; an odd zero goes after. */
export function paddingOf(
  length: number,
  window: number,
  stride: number,
  padding: Padding,
): readonly [number, number] {
  if (padding === "valid") return [0, 0];
  const total = Math.max(0, (Math.ceil(length / stride) - 1) * stride + window - length);
  return [Math.floor(total / 2), total - Math.floor(total / 2)];
}

function fail(op: Op, inputs: readonly Shape[], expected: string): never {
  throw new CoreError("bad-input", {
    what: `The op ${op.op} cannot take these inputs.`,
    received: inputs.map(shapeText).join(", "),
    expected,
  });
}

/**
 * The shape of an op's result.
 * @throws CoreError `bad-input` when the inputs do not fit the op; its text names the op and both shapes.
 */
export function inferShape(op: Op, inputs: readonly Shape[]): Shape {
  const first = inputs[0] ?? fail(op, inputs, "at least one input");
  const need = (count: number): void => {
    if (inputs.length !== count) fail(op, inputs, `${count} inputs`);
  };
  const at = (index: number): Shape => inputs[index] ?? fail(op, inputs, `an input ${index}`);
  const spatial = (shape: Shape): readonly [Dim, number, number, number] => {
    const [b, h, w, c] = shape;
    if (
      shape.length !== 4 ||
      b === undefined ||
      typeof h !== "number" ||
      typeof w !== "number" ||
      typeof c !== "number"
    ) {
      return fail(op, inputs, "a tensor [batch, height, width, channels]");
    }
    return [b, h, w, c];
  };
  const lastOf = (shape: Shape): number => {
    const last = shape.at(-1);
    return typeof last === "number" ? last : fail(op, inputs, "a last axis of fixed length");
  };
  switch (op.op) {
    case "scale":
    case "relu":
    case "sigmoid":
    case "sqrt":
    case "square":
    case "softmax":
      need(1);
      return first;
    case "conv2d": {
      const [b, h, w, c] = spatial(first);
      const [kh, kw, kc, o] = spatial(at(1));
      if (kc !== c || typeof kh !== "number") return fail(op, inputs, `a kernel [height, width, ${c}, out]`);
      if (inputs.length > 3 || (inputs[2] && !sameShape(inputs[2], [o]))) fail(op, inputs, `a bias [${o}]`);
      const shape = [
        windowedLength(h, kh, op.strides[0], op.padding),
        windowedLength(w, kw, op.strides[1], op.padding),
      ];
      if (shape.some((length) => length < 1)) fail(op, inputs, "an image at least as large as the kernel");
      return [b, ...shape, o];
    }
    case "batch-norm": {
      need(4);
      const channels = lastOf(first);
      if (!inputs.slice(1).every((shape) => sameShape(shape, [channels])))
        fail(op, inputs, `beta, mean, variance [${channels}]`);
      return first;
    }
    case "max-pool":
    case "average-pool": {
      need(1);
      const [b, h, w, c] = spatial(first);
      const shape = [
        windowedLength(h, op.size[0], op.strides[0], op.padding),
        windowedLength(w, op.size[1], op.strides[1], op.padding),
      ];
      if (shape.some((length) => length < 1)) fail(op, inputs, "an image at least as large as the window");
      return [b, ...shape, c];
    }
    case "concat":
      if (!inputs.every((shape) => sameShape(shape.slice(0, -1), first.slice(0, -1))))
        fail(op, inputs, "equal axes but the last");
      return [...first.slice(0, -1), inputs.reduce((sum, shape) => sum + lastOf(shape), 0)];
    case "global-average-pool": {
      need(1);
      const [b, , , c] = spatial(first);
      return [b, c];
    }
    case "reshape":
      need(1);
      if (first[0] !== "batch" || numElements(first) !== numElements(op.shape))
        fail(op, inputs, `[batch, …] with ${numElements(op.shape)} elements a row`);
      return ["batch", ...op.shape];
    case "matmul": {
      need(2);
      const second = at(1);
      const [m, k] = op.transposeA ? [first[1], first[0]] : first;
      const [k2, n] = op.transposeB ? [second[1], second[0]] : second;
      if (first.length !== 2 || second.length !== 2 || k !== k2 || m === undefined || n === undefined) {
        return fail(op, inputs, "two matrices with an equal inner dimension");
      }
      return [m, n];
    }
    case "add":
    case "subtract":
    case "multiply":
    case "divide": {
      need(2);
      const second = at(1);
      const fits =
        sameShape(first, second) ||
        second.length === 0 ||
        (second.length === 1 && second[0] === first.at(-1));
      if (!fits)
        fail(op, inputs, "a second input of the same shape, a scalar [], or [last axis of the first]");
      return first;
    }
    case "add-n":
      if (!inputs.every((shape) => sameShape(shape, first))) fail(op, inputs, "inputs of one shape");
      return first;
    case "slice-last":
      need(1);
      if (op.start < 0 || op.size < 1 || op.start + op.size > lastOf(first))
        fail(op, inputs, `a last axis of at least ${op.start + op.size}`);
      return [...first.slice(0, -1), op.size];
    case "pad-last":
      need(1);
      return [...first.slice(0, -1), op.before + lastOf(first) + op.after];
    case "sigmoid-cross-entropy":
    case "softmax-cross-entropy": {
      need(2);
      const columns = lastOf(first);
      if (
        first.length !== 2 ||
        !sameShape(first, at(1)) ||
        (op.op === "sigmoid-cross-entropy") !== (columns === 1)
      ) {
        fail(
          op,
          inputs,
          op.op === "sigmoid-cross-entropy"
            ? "logits and labels [batch, 1]"
            : "logits and labels [batch, classes ≥ 2]",
        );
      }
      return first.slice(0, 1);
    }
    case "sum":
      need(1);
      return [];
    case "sum-to-last":
      need(1);
      return [lastOf(first)];
    case "fake-quantize":
      need(1);
      if (op.scales.length !== 1 && op.scales.length !== first.at(-1))
        fail(op, inputs, `a last axis of ${op.scales.length}, one for each scale`);
      return first;
    case "relu-gradient":
    case "max-pool-gradient":
      need(2);
      if (op.op === "relu-gradient" && !sameShape(first, at(1))) fail(op, inputs, "two inputs of one shape");
      return at(1);
    case "global-average-pool-gradient": {
      need(1);
      return [first[0] ?? fail(op, inputs, "[batch, channels]"), op.height, op.width, lastOf(first)];
    }
    case "sigmoid-cross-entropy-gradient":
    case "softmax-cross-entropy-gradient":
      need(3);
      if (!sameShape(first, at(1)) || !sameShape(at(2), first.slice(0, 1)))
        fail(op, inputs, "logits, labels [batch, classes] and [batch]");
      return first;
    case "conv2d-input-gradient": {
      need(2);
      const [, , c, o] = spatial(at(1));
      if (spatial(first)[3] !== o) fail(op, inputs, `a gradient with ${o} channels`);
      return [spatial(first)[0], op.height, op.width, c];
    }
    case "conv2d-kernel-gradient":
      need(2);
      return [op.kernelHeight, op.kernelWidth, spatial(first)[3], spatial(at(1))[3]];
    case "average-pool-gradient": {
      need(1);
      const [b, , , c] = spatial(first);
      return [b, op.height, op.width, c];
    }
    default:
      op satisfies never;
      throw new TypeError(`unknown op ${JSON.stringify(op)}`);
  }
}
