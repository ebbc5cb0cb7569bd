import {
  CoreError,
  checkAgreement,
  checkDistances,
  type Exported,
  type ExportOptions,
  exportTexts,
  type Model,
  type Place,
  type Reference,
  SNIPPET_FILES,
  type SnippetLanguage,
  snippetFiles,
} from "@graft/core";
import { onnxFile, readOnnxMetadata } from "./export-model.ts";

export type OnnxExportOptions = Pick<ExportOptions, "reference" | "force">;

export interface SnippetExportOptions extends OnnxExportOptions {
  readonly language: SnippetLanguage;
}

/** What an ONNX file says of an image. */
export interface OnnxAnswer {
  readonly probabilities: Float32Array;
  /** Where the model has learned its likeness. */
  readonly distance?: number;
}

/** Runs an ONNX file on images [size, size, 3] uint8. @throws CoreError `corrupt` for a file that does not run. */
export type RunOnnx = (
  file: Uint8Array,
  images: readonly Uint8Array[],
  size: number,
) => Promise<OnnxAnswer[]>;

const NOUN = "ONNX model";
/** The file's name in a folder for people who write programs. */
const IN_FOLDER = "model.onnx";

/** Holds an ONNX file that was read again against the model: its labels and rule, and what it says of the reference's images. */
async function checkOnnxFile(
  file: Uint8Array,
  { manifest }: Model,
  reference: Reference,
  run: RunOnnx,
): Promise<number> {
  const metadata = readOnnxMetadata(file);
  for (const [key, expected] of exportTexts(manifest)) {
    const received = metadata.get(key) ?? "none";
    if (received === expected) continue;
    const what = `The ${NOUN} that was written has different metadata (${key}) from the model's.`;
    throw new CoreError("corrupt", { what, received, expected });
  }
  const found = await run(file, reference.images, manifest.rule.size);
  checkDistances(reference, found, NOUN);
  return checkAgreement(reference, found, NOUN);
}

/** `exportOnnx` (exports-node.ts) in any folder. */
export async function writeOnnx(
  model: Model,
  place: Place,
  { reference, force = false }: OnnxExportOptions,
  run: RunOnnx,
): Promise<Exported> {
  let largestDifference = Number.NaN;
  const check = async (file: Uint8Array): Promise<void> => {
    largestDifference = await checkOnnxFile(file, model, reference, run);
  };
  // made when it is asked for: a place that is taken costs no work
  const pieces = function* () {
    yield onnxFile(model);
  };
  const path = await place.folder.replaceFile(place.path, { noun: NOUN, force }, pieces(), check);
  return { path, largestDifference };
}

/** `exportSnippetFolder` (exports-node.ts) in any folder. */
export async function writeSnippetFolder(
  model: Model,
  place: Place,
  { reference, language, force = false }: SnippetExportOptions,
  run: RunOnnx,
): Promise<Exported> {
  const noun = language === "node" ? "folder for Node" : "folder for Python";
  const rules = { noun, known: SNIPPET_FILES[language], force };
  let largestDifference = Number.NaN;
  const path = await place.folder.replaceFolder(place.path, rules, async (folder) => {
    await folder.replace(IN_FOLDER, [onnxFile(model)]);
    const file = (await folder.read(IN_FOLDER)) ?? new Uint8Array();
    largestDifference = await checkOnnxFile(file, model, reference, run);
    for (const [name, text] of snippetFiles(model.manifest, language))
      await folder.replace(name, [new TextEncoder().encode(text)]);
  });
  return { path, largestDifference };
}
