import { CoreError } from "../errors.ts";
import { numElements } from "../graph/graph.ts";
import type { WeightTensor } from "../trunk/types.ts";
import { headTensors, trunkTensors } from "./model-tensors.ts";
import type { Model } from "./types.ts";

/**
 * All tensors of a model's network by name: the trunk's up to the cut in table order, then the head's. Views of the model's
 * own arrays.
 * @throws CoreError `weights-mismatch` for one that is absent or has another length.
 */
export function modelNumbers(model: Model): ReadonlyMap<string, WeightTensor> {
  const specs = [...trunkTensors(model.manifest), ...headTensors(model.manifest)];
  return new Map(
    specs.map(({ name, shape }) => {
      const data = model.weights.tensors.get(name)?.data ?? model.head.get(name);
      if (data?.length === numElements(shape)) return [name, { shape, data }];
      throw new CoreError("weights-mismatch", {
        what: `The model's tensor ${name} does not fit its network.`,
        received: data ? `${data.length} numbers` : "none",
        expected: `${numElements(shape)}`,
      });
    }),
  );
}

/** A tensor's numbers as they lie in memory: little-endian float32. */
export const bytesOf = ({ data }: WeightTensor): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

export const int8Bytes = ({ buffer, byteOffset, byteLength }: Int8Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
