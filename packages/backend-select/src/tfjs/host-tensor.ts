import type { HostTensor } from "@graft/core";
import * as tf from "@tensorflow/tfjs-core";
import type { EngineTraits } from "./device.ts";

/**
 * A tensor on the active engine, float32 whatever came: bytes are widened on their way in, in one pass that costs less
 * than any engine's cast, and scaled by the graph's own `scale`. The array is the caller's again when this returns.
 */
export function upload({ shape, data }: HostTensor, traits: EngineTraits): tf.Tensor {
  const copied = data instanceof Uint8Array || traits.sharesHostArrays ? new Float32Array(data) : data;
  return tf.tensor(copied, [...shape], "float32");
}

/** Copies a tensor out of its engine and disposes of it; the array is the caller's own. */
export async function download(tensor: tf.Tensor, traits: EngineTraits): Promise<HostTensor> {
  try {
    const data = await tensor.data<"float32">();
    return { shape: [...tensor.shape], data: traits.sharesHostArrays ? new Float32Array(data) : data };
  } finally {
    tensor.dispose();
  }
}
