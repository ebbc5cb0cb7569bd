// As engines-node.ts: what writes ONNX files is loaded when one is asked for.
import type { Exported, Model } from "@graft/core";
import type { OnnxExportOptions, SnippetExportOptions } from "./onnx/write-onnx.ts";
import type { Int8Exported, Int8ExportOptions } from "./onnx/write-quantized.ts";

/**
 * Writes a model as one ONNX file: `images` uint8 [n, size, size, 3] → `probabilities` float32 [n, classes], labels and image
 * rule as metadata. It is run by ONNX Runtime and compared before it gets its name.
 * @throws CoreError `conflict`, `disk-full`, `bad-input`, `limit`; `corrupt` when the file says something else than graft.
 */
export async function exportOnnx(model: Model, path: string, options: OnnxExportOptions): Promise<Exported> {
  return (await import("./onnx/export-node.ts")).exportOnnx(model, path, options);
}

/**
 * As {@link exportOnnx} with convolutions on whole numbers of 8 bits, calibrated on images of the training. It is run by
 * ONNX Runtime before it gets its name, and its labels are compared with graft's.
 * @throws as {@link exportOnnx}; `corrupt` when it says something else than graft.
 */
export async function exportOnnxInt8(
  model: Model,
  path: string,
  options: Int8ExportOptions,
): Promise<Int8Exported> {
  return (await import("./onnx/export-node.ts")).exportOnnxInt8(model, path, options);
}

/**
 * Writes a folder for a Node or Python user: model.onnx, labels.json, a short program that predicts, a README.
 * @throws as {@link exportOnnx}.
 */
export async function exportSnippetFolder(
  model: Model,
  folder: string,
  options: SnippetExportOptions,
): Promise<Exported> {
  return (await import("./onnx/export-node.ts")).exportSnippetFolder(model, folder, options);
}

/** The metadata of an ONNX file: `labels`, `imageRule`, `inputRange` (JSON), `graftVersion`. */
export async function readOnnxMetadata(bytes: Uint8Array): Promise<ReadonlyMap<string, string>> {
  return (await import("./onnx/export-model.ts")).readOnnxMetadata(bytes);
}
