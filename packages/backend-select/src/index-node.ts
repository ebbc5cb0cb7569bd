// The engines in Node, their probes and the choice between them. Nothing here loads an engine before it is opened.
export { createOnnxBackend, createTensorflowBackend, createTfjsBackend } from "./engines-node.ts";
export { type FormatWriter, formatWriter } from "./export-writers-node.ts";
export { exportOnnx, exportOnnxInt8, exportSnippetFolder, readOnnxMetadata } from "./exports-node.ts";
export type { OnnxOptions, OnnxProvider } from "./onnx/onnx-node.ts";
export { usableThreads } from "./onnx/threads-node.ts";
export type { OnnxExportOptions, SnippetExportOptions } from "./onnx/write-onnx.ts";
export { checkBackendName, probeBackends, selectBackend, usableBackends } from "./select-node.ts";
export { checkInt8, type Int8Check } from "./self-check/int8-check.ts";
export { selfCheck } from "./self-check/self-check.ts";
export type { EngineName } from "./tensorflow/engine-folder-node.ts";
export { type InstallOptions, installEngine } from "./tensorflow/install-node.ts";
export type { TensorflowOptions } from "./tensorflow/tensorflow-device-node.ts";
export type { TfjsDeviceName, TfjsOptions } from "./tfjs/tfjs-node.ts";
export type * from "./types.ts";
