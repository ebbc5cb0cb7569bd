import type { Folder, Place, PlaceRules } from "../files/folder.ts";
import { type HashInPieces, sha256InPieces } from "../files/hash-in-pieces.ts";
import { MODEL_FORMAT_VERSION } from "../model/manifest.ts";
import { MODEL_FILES } from "../model/model-files.ts";
import { bytesOf, int8Bytes, modelNumbers } from "../model/model-numbers.ts";
import type { Model, ModelManifest } from "../model/types.ts";
import { layersModelJson } from "./layers-model.ts";
import { modelCard } from "./model-card.ts";

export interface WriteModelOptions {
  /** Replace a model that is there. A folder that holds anything else is never replaced. @default false */
  readonly force?: boolean;
  /** The host's own sha256, where it has one that takes a file in pieces. @default the platform's, which needs a copy of it */
  readonly hash?: () => HashInPieces;
}

/** What a model's place may hold. */
export const MODEL_PLACE = {
  known: Object.values(MODEL_FILES),
  noun: "model",
} as const satisfies Partial<PlaceRules>;

/** Bytes that are hashed while the ones before are written: large enough for a disk, small beside the model. */
const CHUNK_BYTES = 4 * 2 ** 20;

function* hashed(pieces: Iterable<Uint8Array>, hash: HashInPieces): Iterable<Uint8Array> {
  for (const piece of pieces)
    for (let start = 0; start < piece.length; start += CHUNK_BYTES) {
      const chunk = piece.subarray(start, start + CHUNK_BYTES);
      hash.update(chunk);
      yield chunk;
    }
}

async function writeFiles(model: Model, folder: Folder, newHash: () => HashInPieces): Promise<void> {
  const tensors = modelNumbers(model);
  const encoder = new TextEncoder();
  const write = async (name: string, pieces: Iterable<Uint8Array>): Promise<readonly [string, string]> => {
    const hash = newHash();
    await folder.replace(name, hashed(pieces, hash));
    return [name, await hash.digest()];
  };
  const topology = layersModelJson(model.manifest, tensors, MODEL_FILES.weights);
  const files = Object.fromEntries([
    await write(MODEL_FILES.weights, [...tensors.values()].map(bytesOf)),
    await write(MODEL_FILES.topology, [encoder.encode(topology)]),
    ...(model.directions ? [await write(MODEL_FILES.likeness, [int8Bytes(model.directions)])] : []),
    await write(MODEL_FILES.card, [encoder.encode(modelCard(model.manifest))]),
  ]);
  const manifest: ModelManifest = { formatVersion: MODEL_FORMAT_VERSION, files, ...model.manifest };
  // the manifest last: a folder without it is no model
  await folder.replace(MODEL_FILES.manifest, [encoder.encode(`${JSON.stringify(manifest, null, 2)}\n`)]);
}

/**
 * Writes a model folder: model.json and weights.bin, a tfjs LayersModel of the whole network; likeness.bin where it was learned; graft.json; README.md.
 * The folder appears whole or not at all; weights are written as they lie in memory.
 * @returns where it is, for people.
 * @throws CoreError `conflict`, `disk-full`, `bad-input` for a place that cannot be written, `weights-mismatch`.
 */
export function writeModel(
  model: Model,
  { folder, path }: Place,
  { force = false, hash = sha256InPieces }: WriteModelOptions = {},
): Promise<string> {
  return folder.replaceFolder(path, { ...MODEL_PLACE, force }, (empty) => writeFiles(model, empty, hash));
}
