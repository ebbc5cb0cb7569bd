import type { InferenceSession, Tensor, TensorConstructor } from "onnxruntime-common";

/** What this folder uses of an ONNX Runtime package, which is given to it: Node and browsers have one each. */
export interface OnnxRuntime {
  readonly Tensor: TensorConstructor;
  readonly InferenceSession: {
    create(bytes: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
}

/** A tensor of float32. @throws TypeError for any other, which no model of graft has as a parameter. */
export function floatsOf(tensor: Tensor): Float32Array {
  const { data } = tensor;
  if (!(data instanceof Float32Array)) throw new TypeError(`a tensor of ${tensor.type}`);
  return data;
}
