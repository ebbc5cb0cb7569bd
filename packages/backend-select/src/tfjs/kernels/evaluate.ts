import type { Op } from "@graft/core";
import * as tf from "@tensorflow/tfjs-core";
import type { EngineTraits } from "../device.ts";
import * as convolution from "./convolution.ts";
import * as linear from "./linear.ts";
import * as loss from "./loss.ts";
import * as pooling from "./pooling.ts";
import { rank1 } from "./ranks.ts";

/**
 * One op of graph.ts on the active engine. Called inside `tf.tidy`, which frees what the op made on its way; the result
 * is a tensor of its own, never one of the inputs.
 */
export function evaluate(op: Op, inputs: readonly tf.Tensor[], traits: EngineTraits): tf.Tensor {
  const at = (index: number): tf.Tensor => {
    const input = inputs[index];
    if (!input) throw new TypeError(`${op.op} has no input ${index}`);
    return input;
  };
  switch (op.op) {
    case "scale":
      return linear.scale(op, at(0));
    case "conv2d":
      return convolution.conv2d(op, at(0), at(1), inputs[2]);
    case "batch-norm":
      return tf.batchNorm(at(0), rank1(at(2)), rank1(at(3)), rank1(at(1)), undefined, op.epsilon);
    case "max-pool":
      return pooling.maxPool(op, at(0));
    case "average-pool":
      return pooling.averagePool(op, at(0));
    case "concat":
      return inputs.length === 1 ? tf.clone(at(0)) : tf.concat([...inputs], -1);
    case "global-average-pool":
      return pooling.globalAveragePool(at(0));
    case "reshape":
      return tf.reshape(at(0), [at(0).shape[0] ?? 0, ...op.shape]);
    case "matmul":
      return linear.matmul(op, at(0), at(1), traits);
    case "add":
      return tf.add(at(0), at(1));
    case "subtract":
      return tf.sub(at(0), at(1));
    case "multiply":
      return tf.mul(at(0), at(1));
    case "divide":
      return tf.div(at(0), at(1));
    case "add-n":
      return inputs.length === 1 ? tf.clone(at(0)) : tf.addN([...inputs]);
    case "slice-last":
      return linear.sliceLast(op, at(0));
    case "pad-last":
      return linear.padLast(op, at(0));
    case "relu":
      return tf.relu(at(0));
    case "sigmoid":
      return tf.sigmoid(at(0));
    case "sqrt":
      return tf.sqrt(at(0));
    case "square":
      return tf.square(at(0));
    case "softmax":
      return tf.softmax(at(0), -1);
    case "sigmoid-cross-entropy":
      return loss.sigmoidCrossEntropy(at(0), at(1));
    case "softmax-cross-entropy":
      return loss.softmaxCrossEntropy(at(0), at(1));
    case "sum":
      return tf.sum(at(0));
    case "sum-to-last":
      return linear.sumToLast(at(0));
    case "fake-quantize":
      return linear.fakeQuantize(op, at(0));
    case "relu-gradient":
      return linear.reluGradient(at(0), at(1));
    case "global-average-pool-gradient":
      return pooling.globalAveragePoolGradient(op, at(0));
    case "sigmoid-cross-entropy-gradient":
      return loss.crossEntropyGradient(tf.sigmoid(at(0)), at(1), at(2));
    case "softmax-cross-entropy-gradient":
      return loss.crossEntropyGradient(tf.softmax(at(0), -1), at(1), at(2));
    case "conv2d-input-gradient":
      return convolution.conv2dInputGradient(op, at(0), at(1), traits);
    case "conv2d-kernel-gradient":
      return convolution.conv2dKernelGradient(op, at(0), at(1));
    case "max-pool-gradient":
      return pooling.maxPoolGradient(op, at(0), at(1), traits);
    case "average-pool-gradient":
      return pooling.averagePoolGradient(op, at(0));
    default:
      op satisfies never;
      throw new TypeError(`unknown op ${JSON.stringify(op)}`);
  }
}
