import { join } from "node:path";
import { checkPlace } from "../files/check-place-node.ts";
import { nodeFolder } from "../files/folder-node.ts";
import { writeHashed } from "../files/hashed-file-node.ts";
import { placeFolder } from "../files/place-folder-node.ts";
import { MODEL_FORMAT_VERSION } from "../model/manifest.ts";
import { MODEL_FILES } from "../model/model-files.ts";
import { bytesOf, int8Bytes, modelNumbers } from "../model/model-numbers.ts";
import type { Model, ModelManifest } from "../model/types.ts";
import { sha256 } from "../sha256-node.ts";
import { layersModelJson } from "./layers-model.ts";
import { modelCard } from "./model-card.ts";
import { type VerifyOptions, verifyModel } from "./verify-model.ts";

async function writeFiles(model: Model, folder: string): Promise<void> {
  const tensors = modelNumbers(model);
  const encoder = new TextEncoder();
  const write = async (name: string, pieces: Iterable<Uint8Array>): Promise<readonly [string, string]> => [
    name,
    await writeHashed(join(folder, name), pieces),
  ];
  const topology = layersModelJson(model.manifest, tensors, MODEL_FILES.weights);
  const files = Object.fromEntries([
    await write(MODEL_FILES.weights, [...tensors.values()].map(bytesOf)),
    await write(MODEL_FILES.topology, [encoder.encode(topology)]),
    ...(model.directions ? [await write(MODEL_FILES.likeness, [int8Bytes(model.directions)])] : []),
    await write(MODEL_FILES.card, [encoder.encode(modelCard(model.manifest))]),
  ]);
  const manifest: ModelManifest = { formatVersion: MODEL_FORMAT_VERSION, files, ...model.manifest };
  // the manifest last: a folder without it is no model
  await write(MODEL_FILES.manifest, [encoder.encode(`${JSON.stringify(manifest, null, 2)}\n`)]);
}

const PLACE = { known: Object.values(MODEL_FILES), noun: "model" } as const;

/** Looks whether a model may be written there, before it is trained. @throws as `writeModelFolder`. */
export function checkModelFolder(folder: string, options: { readonly force?: boolean } = {}): Promise<void> {
  return checkPlace(folder, { ...PLACE, force: options.force ?? false });
}

/**
 * Writes a model folder: model.json and weights.bin, a tfjs LayersModel of the whole network; likeness.bin where it was learned; graft.json; README.md.
 * The folder appears whole or not at all; weights are written as they lie in memory, without a copy of the model.
 * @param options.force replace a model that is there. A folder that holds anything else is never replaced. @default false
 * @returns the folder's absolute path.
 * @throws CoreError `conflict`, `disk-full`, `bad-input` for a place that cannot be written, `weights-mismatch`.
 */
export function writeModelFolder(
  model: Model,
  folder: string,
  options: { readonly force?: boolean } = {},
): Promise<string> {
  return placeFolder(folder, {
    ...PLACE,
    force: options.force ?? false,
    fill: (temporary) => writeFiles(model, temporary),
  });
}

/** `verifyModel` of a directory. */
export const verifyModelFolder = (
  folder: string,
  model: Model,
  options: Omit<VerifyOptions, "sha256">,
): Promise<number> => verifyModel(nodeFolder(folder), model, { ...options, sha256 });
