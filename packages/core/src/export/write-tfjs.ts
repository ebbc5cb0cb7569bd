import * as z from "zod";
import { CoreError } from "../errors.ts";
import type { Folder, Place } from "../files/folder.ts";
import { MODEL_FILES } from "../model/model-files.ts";
import { bytesOf, int8Bytes, modelNumbers } from "../model/model-numbers.ts";
import type { Model } from "../model/types.ts";
import { viewTensors, weightSpecs } from "../model/weights-manifest.ts";
import { checkNetwork } from "./check-network.ts";
import { withColumns } from "./columns.ts";
import type { KerasFile } from "./keras-hdf5.ts";
import { layersModelJson } from "./layers-model.ts";
import { parseLayersModel } from "./network-config.ts";
import type { Exported, ExportOptions } from "./types.ts";

/** Names of an exported LayersModel's files; the last one's only of a model that has learned its likeness. */
export const TFJS_FILES = [MODEL_FILES.topology, MODEL_FILES.weights, MODEL_FILES.likeness] as const;

const NOUN = "TensorFlow.js model";

/** Where a model.json has the labels. */
const labelledSchema = z.object({ userDefinedMetadata: z.object({ labels: z.unknown() }) });

async function writeFiles(model: Model, folder: Folder): Promise<void> {
  const tensors = modelNumbers(model);
  const topology = layersModelJson(model.manifest, tensors, MODEL_FILES.weights);
  await folder.replace(MODEL_FILES.weights, [...tensors.values()].map(bytesOf));
  await folder.replace(MODEL_FILES.topology, [new TextEncoder().encode(topology)]);
  if (model.directions) await folder.replace(MODEL_FILES.likeness, [int8Bytes(model.directions)]);
}

async function readFiles(folder: Folder): Promise<KerasFile> {
  const read = async (name: string): Promise<Uint8Array<ArrayBuffer>> => {
    const bytes = await folder.read(name);
    if (bytes) return bytes;
    throw new CoreError("corrupt", { what: `The ${NOUN} that was written has no ${name}.` });
  };
  const { topology, weights } = MODEL_FILES;
  const json: unknown = JSON.parse(new TextDecoder().decode(await read(topology)));
  return {
    network: parseLayersModel(json, folder.nameOf(topology)),
    tensors: viewTensors(
      await read(weights),
      weightSpecs(json, folder.nameOf(topology)),
      folder.nameOf(weights),
    ),
    labels: labelledSchema.safeParse(json).data?.userDefinedMetadata.labels,
  };
}

/**
 * Writes model.json and weights.bin, a tfjs LayersModel of the whole network, into a folder of their own. Its input is
 * floats in the weights' input range.
 * @throws CoreError `conflict`, `disk-full`, `bad-input`, `weights-mismatch`; `corrupt` when what is read back says something else.
 */
export async function writeTfjs(trained: Model, place: Place, options: ExportOptions): Promise<Exported> {
  const model = withColumns(trained, options.columns);
  const rules = { noun: NOUN, known: TFJS_FILES, force: options.force ?? false };
  let largestDifference = Number.NaN;
  const path = await place.folder.replaceFolder(place.path, rules, async (folder) => {
    await writeFiles(model, folder);
    largestDifference = await checkNetwork(await readFiles(folder), model, options, NOUN);
  });
  return { path, largestDifference };
}
