import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import type { Backend } from "../backend/backend.ts";
import { CoreError } from "../errors.ts";
import { writeHashed } from "../files/hashed-file-node.ts";
import { placeFile } from "../files/place-file-node.ts";
import { placeFolder } from "../files/place-folder-node.ts";
import { MODEL_FILES } from "../model/model-files.ts";
import { bytesOf, int8Bytes, modelNumbers } from "../model/model-numbers.ts";
import { headTensors } from "../model/model-tensors.ts";
import type { Model } from "../model/types.ts";
import { viewTensors, weightSpecs } from "../model/weights-manifest.ts";
import { compilePredictor } from "../predict/predict-graph.ts";
import { withHdf5 } from "../weights/hdf5.ts";
import { readKerasArchive } from "../weights/keras-archive-node.ts";
import { checkAgreement, type Reference } from "./agreement.ts";
import { type Columns, withColumns } from "./columns.ts";
import { checkLabels } from "./export-facts.ts";
import { KERAS_ENTRIES, kerasArchive } from "./keras-archive.ts";
import { type KerasFile, kerasHdf5, readKerasHdf5 } from "./keras-hdf5.ts";
import { layersGraph } from "./layers-graph.ts";
import { layersModelJson } from "./layers-model.ts";
import { parseLayersModel, parseNetwork } from "./network-config.ts";

export interface ExportOptions {
  /** What graft itself says of a few images: the written file must say the same. */
  readonly reference: Reference;
  /** Runs the network that is read back. */
  readonly backend: Backend;
  /** Replace an export that is there. @default false */
  readonly force?: boolean;
  /** Of the output, where the head has one sigmoid for two classes (`withColumns`). @default 2, one a class */
  readonly columns?: Columns;
}

export interface Exported {
  /** Absolute path of the file or folder. */
  readonly path: string;
  /** Largest difference of a probability between what was read back and the reference, at most 1e-4. */
  readonly largestDifference: number;
}

/** Where a model.json and a .keras's metadata.json have the labels. */
const labelledSchema = z.object({ userDefinedMetadata: z.object({ labels: z.unknown() }) });
const metadataSchema = z.object({ labels: z.unknown() });

/** Names of an exported LayersModel's files; the last one's only of a model that has learned its likeness. */
export const TFJS_FILES = [MODEL_FILES.topology, MODEL_FILES.weights, MODEL_FILES.likeness] as const;

/** Runs a network that was read from a file on the reference's images and holds it against them. */
async function checkNetwork(
  { network, tensors, labels }: KerasFile,
  { manifest }: Model,
  { reference, backend }: ExportOptions,
  noun: string,
): Promise<number> {
  checkLabels(labels, manifest, noun);
  const graph = layersGraph(network, tensors, manifest.weights.inputRange);
  const values = headTensors(manifest).map(({ name }) => {
    const data = tensors.get(name)?.data;
    if (data) return [name, data] as const;
    throw new CoreError("corrupt", { what: `The ${noun} that was written has no tensor ${name}.` });
  });
  using predictor = await compilePredictor({ graph, values: new Map(values), manifest, backend });
  return checkAgreement(reference, await predictor.predict(reference.images), noun);
}

async function readTfjs(folder: string): Promise<KerasFile> {
  const [topology, weights] = TFJS_FILES.map((name) => join(folder, name));
  if (topology === undefined || weights === undefined) throw new TypeError("a LayersModel has two files");
  const json: unknown = JSON.parse(await readFile(topology, "utf8"));
  const bytes = new Uint8Array(await readFile(weights)); // a copy, since a Buffer may lie anywhere in its memory
  return {
    network: parseLayersModel(json, topology),
    tensors: viewTensors(bytes, weightSpecs(json, topology), weights),
    labels: labelledSchema.safeParse(json).data?.userDefinedMetadata.labels,
  };
}

async function readKeras(path: string): Promise<KerasFile> {
  const bytes = await readFile(path);
  const config = await readKerasArchive(bytes, path, KERAS_ENTRIES.config);
  const weights = await readKerasArchive(bytes, path, KERAS_ENTRIES.weights);
  const metadata = await readKerasArchive(bytes, path, KERAS_ENTRIES.metadata);
  const network = parseNetwork(JSON.parse(config.toString("utf8")), path);
  const tensors = await withHdf5(weights, path, (found) =>
    found.map((tensor) => {
      const { layer, variable, shape } = tensor;
      return [`${layer}/${variable}`, { shape, data: tensor.read() }] as const;
    }),
  );
  const { labels } = metadataSchema.parse(JSON.parse(metadata.toString("utf8")));
  return { network, tensors: new Map(tensors), labels };
}

/**
 * Writes model.json and weights.bin, a tfjs LayersModel of the whole network, into a folder of their own. Its input is
 * floats in the weights' input range.
 * @throws CoreError `conflict`, `disk-full`, `bad-input`, `weights-mismatch`; `corrupt` when what is read back says something else.
 */
export async function exportTfjs(trained: Model, folder: string, options: ExportOptions): Promise<Exported> {
  const model = withColumns(trained, options.columns);
  const noun = "TensorFlow.js model";
  let largestDifference = Number.NaN;
  const fill = async (temporary: string): Promise<void> => {
    const tensors = modelNumbers(model);
    const topology = layersModelJson(model.manifest, tensors, MODEL_FILES.weights);
    await writeHashed(join(temporary, MODEL_FILES.weights), [...tensors.values()].map(bytesOf));
    await writeHashed(join(temporary, MODEL_FILES.topology), [new TextEncoder().encode(topology)]);
    if (model.directions)
      await writeHashed(join(temporary, MODEL_FILES.likeness), [int8Bytes(model.directions)]);
    largestDifference = await checkNetwork(await readTfjs(temporary), model, options, noun);
  };
  const path = await placeFolder(folder, { noun, known: TFJS_FILES, force: options.force ?? false, fill });
  return { path, largestDifference };
}

/** Writes one file, reads it again, compares, and only then gives it its name. */
async function exportFile(
  trained: Model,
  path: string,
  options: ExportOptions,
  format: {
    readonly noun: string;
    readonly pieces: (model: Model) => Promise<Iterable<Uint8Array> | AsyncIterable<Uint8Array>>;
    readonly read: (path: string) => Promise<KerasFile>;
  },
): Promise<Exported> {
  const { noun, pieces, read } = format;
  const model = withColumns(trained, options.columns);
  let largestDifference = Number.NaN;
  const fill = async (temporary: string): Promise<void> => {
    await writeHashed(temporary, await pieces(model));
    largestDifference = await checkNetwork(await read(temporary), model, options, noun);
  };
  const placed = await placeFile(path, { noun, force: options.force ?? false, fill });
  return { path: placed, largestDifference };
}

/** Writes a .keras archive, which Keras 3 opens. Input and errors as {@link exportTfjs}. */
export function exportKeras(model: Model, path: string, options: ExportOptions): Promise<Exported> {
  const format = { noun: "Keras archive", pieces: kerasArchive, read: readKeras };
  return exportFile(model, path, options, format);
}

/** Writes a .h5 file in Keras 2's layout, which Keras 2 and 3 open. Input and errors as {@link exportTfjs}. */
export function exportHdf5(model: Model, path: string, options: ExportOptions): Promise<Exported> {
  const pieces = async (written: Model) => [await kerasHdf5(written)];
  const read = async (written: string) => readKerasHdf5(await readFile(written), written);
  return exportFile(model, path, options, { noun: "Keras file", pieces, read });
}
