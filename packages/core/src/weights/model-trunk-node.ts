import { readModelFolder } from "../model/read-model-node.ts";
import type { CutLayer } from "../trunk/cut-layers.ts";
import { namedTensor } from "./found-tensor.ts";
import { matchTensors } from "./match-tensors.ts";
import type { HashedTensors } from "./weights-cache-node.ts";
import { hashWeights } from "./weights-hash.ts";

/**
 * The trunk of a model of graft as it was trained, its last blocks fine-tuned or not, up to the model's cut; the pixels' range
 * is the model's. The hash is that of these numbers: the manifest names the weights that the training began with.
 * @param cut the last block that is needed. @default the whole trunk
 * @throws CoreError as `readModelFolder`; `weights-mismatch` for a model that is cut before.
 */
export async function readModelTrunk(folder: string, cut?: CutLayer): Promise<HashedTensors> {
  const { manifest, weights } = await readModelFolder(folder);
  const found = Array.from(weights.tensors, ([name, { shape, data }]) => ({
    ...namedTensor(name.split("/")),
    shape,
    read: () => data,
  }));
  const matched = matchTensors(found, folder, cut);
  return {
    ...matched,
    stated: { range: manifest.weights.inputRange, by: [], inFront: [] },
    sha256: await hashWeights(matched.tensors, matched.cut),
  };
}
