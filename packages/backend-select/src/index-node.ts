// The engines in Node, their probes and the choice between them.
export { createOnnxBackend, type OnnxOptions, type OnnxProvider } from "./onnx/onnx-node.ts";
export type { EngineName } from "./tensorflow/engine-folder-node.ts";
export { type InstallOptions, installEngine } from "./tensorflow/install-node.ts";
export type { TensorflowOptions } from "./tensorflow/tensorflow-device-node.ts";
export { createTensorflowBackend } from "./tensorflow/tensorflow-node.ts";
export { createTfjsBackend, type TfjsDeviceName } from "./tfjs/tfjs-node.ts";
export type * from "./types.ts";
