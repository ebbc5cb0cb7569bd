import { CoreError, type Exported, type Model } from "@graft/core";
import { placeOnDisk } from "@graft/core/node";
import { ONNX_NAMES } from "./export-model.ts";
import {
  type OnnxAnswer,
  type OnnxExportOptions,
  type SnippetExportOptions,
  writeOnnx,
  writeSnippetFolder,
} from "./write-onnx.ts";
import { type Int8Exported, type Int8ExportOptions, writeOnnxInt8 } from "./write-quantized.ts";

/**
 * Runs an ONNX file by ONNX Runtime on images [size, size, 3].
 * @throws CoreError `corrupt` for a file that does not run.
 */
async function runOnnxFile(
  file: Uint8Array,
  images: readonly Uint8Array[],
  size: number,
): Promise<OnnxAnswer[]> {
  const { ort } = await import("./runtime-node.ts");
  const session = await ort.InferenceSession.create(file).catch((cause: unknown) => {
    const received = cause instanceof Error ? cause.message : String(cause);
    const what = "The ONNX model that was written cannot be opened.";
    throw new CoreError("corrupt", { what, received }, { cause });
  });
  try {
    const answers: OnnxAnswer[] = [];
    // one by one: batches of one size say nothing about the open dimension, and few images are asked about
    for (const image of images) {
      const feeds = { [ONNX_NAMES.images]: new ort.Tensor("uint8", image, [1, size, size, 3]) };
      const outputs = await session.run(feeds);
      const data = outputs[ONNX_NAMES.probabilities]?.data;
      const distance = outputs[ONNX_NAMES.distance]?.data[0];
      answers.push({
        probabilities: data instanceof Float32Array ? data : new Float32Array(),
        ...(typeof distance === "number" ? { distance } : {}),
      });
    }
    return answers;
  } finally {
    await session.release();
  }
}

/** See exports-node.ts. */
export const exportOnnx = (model: Model, path: string, options: OnnxExportOptions): Promise<Exported> =>
  writeOnnx(model, placeOnDisk(path), options, runOnnxFile);

/** See exports-node.ts. */
export const exportOnnxInt8 = (
  model: Model,
  path: string,
  options: Int8ExportOptions,
): Promise<Int8Exported> => writeOnnxInt8(model, placeOnDisk(path), options, runOnnxFile);

/** See exports-node.ts. */
export const exportSnippetFolder = (
  model: Model,
  folder: string,
  options: SnippetExportOptions,
): Promise<Exported> => writeSnippetFolder(model, placeOnDisk(folder), options, runOnnxFile);
