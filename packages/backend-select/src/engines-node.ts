// Every engine behind a dynamic import: a command that computes nothing loads none, and one engine loads no other.
import type { Backend } from "@graft/core";
import type { OnnxOptions } from "./onnx/onnx-node.ts";
import type { TensorflowOptions } from "./tensorflow/tensorflow-device-node.ts";
import type { TfjsOptions } from "./tfjs/tfjs-node.ts";

/**
 * A backend that runs graphs by onnxruntime-node.
 * @throws CoreError `backend` whose message is the reason when the provider cannot be used here; never falls back.
 */
export async function createOnnxBackend(options: OnnxOptions): Promise<Backend> {
  const { openOnnxBackend } = await import("./onnx/onnx-node.ts");
  return openOnnxBackend(options);
}

/**
 * A backend that runs graphs op by op on one of tfjs's engines in Node.
 * @throws CoreError `backend` whose message is the reason when the device cannot be used here.
 */
export async function createTfjsBackend(options: TfjsOptions): Promise<Backend> {
  const { openTfjsBackend } = await import("./tfjs/tfjs-node.ts");
  return openTfjsBackend(options);
}

/**
 * A backend that runs graphs op by op on TensorFlow, when `installEngine` brought it.
 * @throws CoreError `backend` whose message is the reason when it cannot be used here.
 */
export async function createTensorflowBackend(options: TensorflowOptions): Promise<Backend> {
  const engine = await import("./tensorflow/tensorflow-node.ts");
  return engine.createTensorflowBackend(options);
}
