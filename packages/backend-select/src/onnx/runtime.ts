import type { InferenceSession, TensorConstructor } from "onnxruntime-common";

/** What this folder uses of an ONNX Runtime package, which is given to it: Node and browsers have one each. */
export interface OnnxRuntime {
  readonly Tensor: TensorConstructor;
  readonly InferenceSession: {
    create(bytes: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
}
