import type { Model } from "../model/types.ts";

/** What every program says of a picture that is like nothing in the training, as `graft predict` does. */
export const UNLIKE_TEXT = "like nothing it learned from";

/** What every program says of an answer below the model's `notSureBelow`. */
export const NOT_SURE_TEXT = "not sure";

/** A threshold for a program's text: as many digits as distances differ by between two engines. */
export const thresholdText = (threshold: number): string => threshold.toFixed(6);

/**
 * Lines of a TensorFlow.js page that compute `output` and, with likeness.bin beside model.json, how far the picture is from the
 * training: the share of its features (mean over height and width, each layer to length 1) that lies outside of the directions.
 */
export function tfjsLikeness({ likeness }: Pick<Model["manifest"], "likeness">): {
  readonly before: readonly string[];
  readonly after: readonly string[];
} {
  if (!likeness) return { before: ["const output = await model.predict(input).data();"], after: [] };
  const { layers, directions, threshold } = likeness;
  const blocks = layers.map((layer) => `model.getLayer("${layer}").output`).join(", ");
  return {
    before: [
      `const network = tf.model({ inputs: model.inputs, outputs: [model.outputs[0], ${blocks}] });`,
      "const [first, ...blocks] = network.predict(input);",
      "const output = await first.data();",
      "const unit = (x) => x.div(x.norm(2, 1, true));",
      "const features = unit(tf.concat(blocks.map((block) => unit(block.mean([1, 2]))), 1));",
      'const numbers = new Int8Array(await (await fetch("likeness.bin")).arrayBuffer());',
      `const directions = unit(tf.tensor2d(Float32Array.from(numbers), [${directions}, numbers.length / ${directions}]));`,
      "const [inside] = await features.matMul(directions, false, true).square().sum().data();",
    ],
    after: [`if (1 - inside > ${thresholdText(threshold)}) console.log("${UNLIKE_TEXT}");`],
  };
}
