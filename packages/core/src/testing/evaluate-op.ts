import type { Op } from "../graph/graph.ts";
import * as rows from "./rows.ts";
import { combined, mapped, type Tensor64 } from "./tensor.ts";
import * as windows from "./windows.ts";

const relu = (value: number): number => (value > 0 || Number.isNaN(value) ? value : 0);

/**
 * One op in float64, by the definitions beside `Op` (graph/graph.ts).
 * @param shape the result's, as `inferShape` gives it, with the batch put in.
 */
export function evaluateOp(op: Op, inputs: readonly Tensor64[], shape: readonly number[]): Tensor64 {
  const at = (index: number): Tensor64 => {
    const input = inputs[index];
    if (!input) throw new TypeError(`${op.op} has no input ${index}`);
    return input;
  };
  switch (op.op) {
    case "scale":
      return mapped(at(0), (x) => x * op.multiply + op.add);
    case "conv2d": {
      const sums = windows.conv2d(at(0), at(1), op, shape);
      const biased = inputs[2] ? combined(sums, inputs[2], (x, bias) => x + bias) : sums;
      return op.activation === "relu" ? mapped(biased, relu) : biased;
    }
    case "batch-norm": {
      const centred = combined(at(0), at(2), (x, mean) => x - mean);
      const normal = combined(centred, at(3), (x, variance) => x / Math.sqrt(variance + op.epsilon));
      return combined(normal, at(1), (x, beta) => x + beta);
    }
    case "max-pool":
      return windows.maxPool(at(0), op, shape);
    case "average-pool":
      return windows.averagePool(at(0), op, shape);
    case "concat":
      return rows.concat(inputs, shape);
    case "global-average-pool":
      return windows.globalAveragePool(at(0));
    case "reshape":
      return { shape, data: at(0).data };
    case "matmul":
      return rows.matmul(at(0), at(1), op);
    case "add":
      return combined(at(0), at(1), (a, b) => a + b);
    case "subtract":
      return combined(at(0), at(1), (a, b) => a - b);
    case "multiply":
      return combined(at(0), at(1), (a, b) => a * b);
    case "divide":
      return combined(at(0), at(1), (a, b) => a / b);
    case "add-n":
      return inputs.reduce((sum, x) => combined(sum, x, (a, b) => a + b));
    case "slice-last":
      return rows.sliceLast(at(0), op.start, shape);
    case "pad-last":
      return rows.padLast(at(0), op.before, shape);
    case "relu":
      return mapped(at(0), relu);
    case "sigmoid":
      return mapped(at(0), rows.sigmoid);
    case "sqrt":
      return mapped(at(0), Math.sqrt);
    case "square":
      return mapped(at(0), (x) => x * x);
    case "softmax":
      return rows.softmax(at(0));
    case "sigmoid-cross-entropy":
      return rows.sigmoidCrossEntropy(at(0), at(1));
    case "softmax-cross-entropy":
      return rows.softmaxCrossEntropy(at(0), at(1));
    case "sum":
      return rows.sumAll(at(0));
    case "sum-to-last":
      return rows.sumToLast(at(0));
    case "fake-quantize":
      return rows.fakeQuantize(at(0), op);
    case "relu-gradient":
      return combined(at(0), at(1), (dy, y) => (y > 0 ? dy : 0));
    case "global-average-pool-gradient":
      return windows.globalAveragePoolGradient(at(0), shape);
    case "sigmoid-cross-entropy-gradient":
      return rows.crossEntropyGradient(mapped(at(0), rows.sigmoid), at(1), at(2));
    case "softmax-cross-entropy-gradient":
      return rows.crossEntropyGradient(rows.softmax(at(0)), at(1), at(2));
    case "conv2d-input-gradient":
      return windows.conv2dInputGradient(at(0), at(1), op, shape);
    case "conv2d-kernel-gradient":
      return windows.conv2dKernelGradient(at(0), at(1), op, shape);
    case "max-pool-gradient":
      return windows.maxPoolGradient(at(0), at(1), op);
    case "average-pool-gradient":
      return windows.averagePoolGradient(at(0), op, shape);
    default:
      op satisfies never;
      throw new TypeError(`unknown op ${JSON.stringify(op)}`);
  }
}
