import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  CoreError,
  checkAgreement,
  checkDistances,
  exportTexts,
  type Model,
  type Reference,
  SNIPPET_FILES,
  type SnippetLanguage,
  snippetFiles,
} from "@graft/core";
import { type Exported, placeFile, placeFolder, writeHashed } from "@graft/core/node";
import { ONNX_NAMES, onnxFile, readOnnxMetadata } from "./export-model.ts";

export interface OnnxExportOptions {
  /** What graft itself says of a few images: the written file must say the same. */
  readonly reference: Reference;
  /** Replace an export that is there. @default false */
  readonly force?: boolean;
}

export interface SnippetExportOptions extends OnnxExportOptions {
  readonly language: SnippetLanguage;
}

const NOUN = "ONNX model";

/** Runs an ONNX file by ONNX Runtime on images [size, size, 3]. @throws CoreError `corrupt` for a file that does not run. */
export async function runOnnxFile(
  path: string,
  images: readonly Uint8Array[],
  size: number,
): Promise<{ readonly probabilities: Float32Array; readonly distance?: number }[]> {
  const { ort } = await import("./runtime-node.ts");
  const session = await ort.InferenceSession.create(path).catch((cause: unknown) => {
    const received = cause instanceof Error ? cause.message : String(cause);
    throw new CoreError(
      "corrupt",
      { what: `The ${NOUN} that was written does not open.`, received },
      { cause },
    );
  });
  try {
    const rows: { probabilities: Float32Array; distance?: number }[] = [];
    // one by one: batches of one size say nothing about the open dimension, and few images are asked about
    for (const image of images) {
      const feeds = { [ONNX_NAMES.images]: new ort.Tensor("uint8", image, [1, size, size, 3]) };
      const outputs = await session.run(feeds);
      const data = outputs[ONNX_NAMES.probabilities]?.data;
      const distance = outputs[ONNX_NAMES.distance]?.data[0];
      rows.push({
        probabilities: data instanceof Float32Array ? data : new Float32Array(),
        ...(typeof distance === "number" ? { distance } : {}),
      });
    }
    return rows;
  } finally {
    await session.release();
  }
}

/** Reads an ONNX file again: its labels and rule, and what ONNX Runtime says of the reference's images. */
async function checkOnnxFile(path: string, { manifest }: Model, reference: Reference): Promise<number> {
  const metadata = readOnnxMetadata(await readFile(path));
  for (const [key, expected] of exportTexts(manifest)) {
    const received = metadata.get(key) ?? "none";
    if (received === expected) continue;
    const what = `The ${NOUN} that was written has other metadata (${key}) than the model.`;
    throw new CoreError("corrupt", { what, received, expected });
  }
  const found = await runOnnxFile(path, reference.images, manifest.rule.size);
  checkDistances(reference, found, NOUN);
  return checkAgreement(reference, found, NOUN);
}

/** See exports-node.ts. */
export async function exportOnnx(model: Model, path: string, options: OnnxExportOptions): Promise<Exported> {
  const { reference, force = false } = options;
  let largestDifference = Number.NaN;
  const fill = async (temporary: string): Promise<void> => {
    await writeHashed(temporary, [onnxFile(model)]);
    largestDifference = await checkOnnxFile(temporary, model, reference);
  };
  return { path: await placeFile(path, { noun: NOUN, force, fill }), largestDifference };
}

/** See exports-node.ts. */
export async function exportSnippetFolder(
  model: Model,
  folder: string,
  options: SnippetExportOptions,
): Promise<Exported> {
  const { reference, language, force = false } = options;
  let largestDifference = Number.NaN;
  const fill = async (temporary: string): Promise<void> => {
    const file = join(temporary, "model.onnx");
    await writeHashed(file, [onnxFile(model)]);
    largestDifference = await checkOnnxFile(file, model, reference);
    for (const [name, text] of snippetFiles(model.manifest, language))
      await writeHashed(join(temporary, name), [new TextEncoder().encode(text)]);
  };
  const noun = language === "node" ? "folder for Node" : "folder for Python";
  const known = SNIPPET_FILES[language];
  return { path: await placeFolder(folder, { noun, known, force, fill }), largestDifference };
}
