import { CoreError } from "../errors.ts";
import { headTensors } from "../model/model-tensors.ts";
import type { Model } from "../model/types.ts";
import { compilePredictor } from "../predict/predict-graph.ts";
import { checkAgreement } from "./agreement.ts";
import { checkLabels } from "./export-facts.ts";
import type { KerasFile } from "./keras-hdf5.ts";
import { layersGraph } from "./layers-graph.ts";
import type { ExportOptions } from "./types.ts";

/**
 * Runs a network that was read from a file on the reference's images and holds it against them.
 * @returns the largest difference of a probability.
 * @throws CoreError `corrupt` for other labels, tensors or probabilities, `bad-input` without an image.
 */
export async function checkNetwork(
  { network, tensors, labels }: KerasFile,
  { manifest }: Model,
  { reference, backend }: Pick<ExportOptions, "reference" | "backend">,
  noun: string,
): Promise<number> {
  checkLabels(labels, manifest, noun);
  const graph = layersGraph(network, tensors, manifest.weights.inputRange);
  const values = headTensors(manifest).map(({ name }) => {
    const data = tensors.get(name)?.data;
    if (data) return [name, data] as const;
    throw new CoreError("corrupt", { what: `The ${noun} that was written has no tensor ${name}.` });
  });
  using predictor = await compilePredictor({ graph, values: new Map(values), manifest, backend });
  return checkAgreement(reference, await predictor.predict(reference.images), noun);
}
