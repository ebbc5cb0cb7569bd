// The engines in Node, their probes and the choice between them.
export { createOnnxBackend, type OnnxOptions, type OnnxProvider } from "./onnx/onnx-node.ts";
export { createTfjsBackend, type TfjsDeviceName } from "./tfjs/tfjs-node.ts";
export type * from "./types.ts";
