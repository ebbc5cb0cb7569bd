import { join } from "node:path";
import { CoreError } from "../errors.ts";
import { numElements } from "../graph/graph.ts";
import type { TensorSpec } from "../trunk/tensors.ts";
import { checkPlace } from "./check-place-node.ts";
import { writeHashed } from "./hashed-file-node.ts";
import { layersModelJson } from "./layers-model.ts";
import { MODEL_FORMAT_VERSION } from "./manifest.ts";
import { modelCard } from "./model-card.ts";
import { MODEL_FILES } from "./model-files.ts";
import { headTensors, trunkTensors } from "./model-tensors.ts";
import { placeFolder } from "./place-folder-node.ts";
import type { Model, ModelManifest } from "./types.ts";

const bytesOf = (numbers: Float32Array): Uint8Array =>
  new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);

/** Numbers of the tensors, in order. @throws CoreError `weights-mismatch` for one that is absent or has another length. */
function numbersOf(model: Model, specs: readonly TensorSpec[]): Float32Array[] {
  return specs.map(({ name, shape }) => {
    const data = model.weights.tensors.get(name)?.data ?? model.head.get(name);
    if (data?.length === numElements(shape)) return data;
    throw new CoreError("weights-mismatch", {
      what: `The model's tensor ${name} does not fit its network.`,
      received: data ? `${data.length} numbers` : "none",
      expected: `${numElements(shape)}`,
    });
  });
}

async function writeFiles(model: Model, folder: string): Promise<void> {
  const specs = [...trunkTensors(model.manifest), ...headTensors(model.manifest)];
  const numbers = numbersOf(model, specs);
  const encoder = new TextEncoder();
  const write = async (name: string, pieces: Iterable<Uint8Array>): Promise<readonly [string, string]> => [
    name,
    await writeHashed(join(folder, name), pieces),
  ];
  const topology = layersModelJson(model.manifest, specs, MODEL_FILES.weights);
  const files = Object.fromEntries([
    await write(MODEL_FILES.weights, numbers.map(bytesOf)),
    await write(MODEL_FILES.topology, [encoder.encode(topology)]),
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
 * Writes a model folder: model.json and weights.bin, a tfjs LayersModel of the whole network; graft.json; README.md.
 * The folder appears whole or not at all; weights are written as they lie in memory, without a copy of the model.
 * @param options.force replace a model that is there. A folder that holds anything else is never replaced. @default false
 * @returns the folder's absolute path.
 * @throws CoreError `conflict`, `disk-full`, `bad-input` for a place that can not be written, `weights-mismatch`.
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
