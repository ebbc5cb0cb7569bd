import type { Model } from "../model/types.ts";
import type { WeightTensor } from "../trunk/types.ts";
import { columnsText } from "./columns.ts";
import { functionalConfig, kerasLayers } from "./keras-layers.ts";

/**
 * model.json: the whole network as a Keras functional model, the way `tf.loadLayersModel` reads it. Input: floats in the
 * weights' input range, [batch, size, size, 3]; output: [batch, units].
 * @param tensors what `weightsFile` holds, in its order.
 */
export function layersModelJson(
  manifest: Model["manifest"],
  tensors: ReadonlyMap<string, WeightTensor>,
  weightsFile: string,
): string {
  const { labels, rule, weights, head, likeness, notSureBelow } = manifest;
  return JSON.stringify({
    format: "layers-model",
    generatedBy: "graft",
    convertedBy: null,
    modelTopology: {
      keras_version: "tfjs-layers 4.22.0",
      backend: "tensorflow",
      model_config: functionalConfig(kerasLayers(manifest)),
    },
    weightsManifest: [
      {
        paths: [weightsFile],
        weights: Array.from(tensors, ([name, { shape }]) => ({ name, shape, dtype: "float32" })),
      },
    ],
    userDefinedMetadata: {
      labels,
      output: columnsText(manifest),
      activation: head.activation,
      inputRange: weights.inputRange,
      imageRule: rule,
      ...(likeness ? { likeness } : {}),
      ...(notSureBelow === undefined ? {} : { notSureBelow }),
    },
  });
}
