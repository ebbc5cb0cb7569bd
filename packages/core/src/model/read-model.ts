import { CoreError } from "../errors.ts";
import type { Folder } from "../files/folder.ts";
import { likenessWidth } from "../likeness/likeness-layers.ts";
import { sha256 as ofPlatform } from "../sha256.ts";
import type { TensorSpec } from "../trunk/tensors.ts";
import type { WeightTensor } from "../trunk/types.ts";
import { parseManifest } from "./manifest.ts";
import { MODEL_FILES } from "./model-files.ts";
import { headTensors, trunkTensors } from "./model-tensors.ts";
import type { Model, ModelManifest } from "./types.ts";
import { checkSpecs, viewTensors, weightSpecs } from "./weights-manifest.ts";

/** What of a folder a model is read through: a host may have its files elsewhere. */
export type ModelFolder = Pick<Folder, "name" | "nameOf" | "read">;

/** A folder's refusal to give a file as one of the model; any other error as it is. */
function unreadable(folder: ModelFolder, name: string, cause: unknown): unknown {
  if (!(cause instanceof CoreError) || typeof cause.facts.code !== "string") return cause;
  const what = `${folder.nameOf(name)} cannot be read.`;
  const fix = "Make it readable, or copy the model's folder to where you may read it.";
  const facts = { folder: folder.name, file: name };
  return new CoreError("bad-input", { what, received: cause.facts.code, fix }, { cause, facts });
}

function missing(folder: ModelFolder, name: string): CoreError {
  const what =
    name === MODEL_FILES.manifest
      ? `There is no model in ${folder.name}: it has no ${name}.`
      : `The model in ${folder.name} is incomplete: ${name} is missing.`;
  const fix =
    name === MODEL_FILES.manifest
      ? "Give the folder that `graft train` named, or a run's id."
      : "Copy the whole folder again from where it is complete, or train the model again.";
  return new CoreError("not-found", { what, fix }, { facts: { folder: folder.name, file: name } });
}

/** sha256 of bytes in hexadecimal digits. */
export type Sha256 = (bytes: Uint8Array<ArrayBuffer>) => string | Promise<string>;

export interface ReadModelOptions {
  /** The host's own, where it is quicker. */
  readonly sha256?: Sha256;
}

async function readFile(folder: ModelFolder, name: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await folder.read(name).catch((error: unknown) => {
    throw unreadable(folder, name, error);
  });
  if (bytes) return bytes;
  throw missing(folder, name);
}

async function readChecked(
  folder: ModelFolder,
  name: string,
  expected: string,
  sha256: Sha256,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readFile(folder, name);
  const found = await sha256(bytes);
  if (found === expected) return bytes;
  throw new CoreError("corrupt", {
    what: `${folder.nameOf(name)} is damaged: its content is not what was written.`,
    received: `sha256 ${found}`,
    expected,
    fix: "Copy the model's folder again from where it is undamaged, or train the model again.",
  });
}

/** The checked content of every file in the folder but its card, by name: people edit that, and nothing depends on it. */
async function readFiles(
  folder: ModelFolder,
  files: ModelManifest["files"],
  sha256: Sha256,
): Promise<ReadonlyMap<string, Uint8Array<ArrayBuffer>>> {
  const contents = await Promise.all(
    Object.entries(files)
      .filter(([name]) => name !== MODEL_FILES.card)
      .map(async ([name, hash]) => [name, await readChecked(folder, name, hash, sha256)] as const),
  );
  return new Map(contents);
}

/** @throws CoreError `corrupt` */
function parseJson(bytes: Uint8Array, where: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new CoreError(
      "corrupt",
      { what: `${where} is not JSON.`, fix: "Train the model again." },
      { cause },
    );
  }
}

/** @throws CoreError `corrupt` for another count of numbers than the manifest says. */
function directionsOf(
  bytes: Uint8Array<ArrayBuffer>,
  { likeness, rule }: Pick<ModelManifest, "likeness" | "rule">,
  path: string,
): Int8Array<ArrayBuffer> {
  const expected = likeness ? likeness.directions * likenessWidth(likeness, rule.size) : 0;
  if (bytes.length === expected) return new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  throw new CoreError("corrupt", {
    what: `${MODEL_FILES.likeness} does not have the numbers that ${path} describes.`,
    received: `${bytes.length} bytes`,
    expected: `${expected}`,
    fix: "Train the model again.",
  });
}

/**
 * Reads a model folder; every file but the model card is checked against its sha256 and every tensor against the network's shapes.
 * @returns the model, with the trunk's tensors up to its cut; all numbers are views of one buffer.
 * @throws CoreError `not-found` for a missing folder or file, `bad-input` for one that cannot be read, `unsupported` for another format version, `corrupt` for
 * content that is not what was written.
 */
export async function readModel(
  folder: ModelFolder,
  { sha256 = ofPlatform }: ReadModelOptions = {},
): Promise<Model> {
  const path = folder.nameOf(MODEL_FILES.manifest);
  const text = new TextDecoder().decode(await readFile(folder, MODEL_FILES.manifest));
  const { files, formatVersion, ...manifest } = parseManifest(text, path);
  const contents = await readFiles(folder, files, sha256);
  const content = (name: string): Uint8Array<ArrayBuffer> => {
    const bytes = contents.get(name);
    if (bytes) return bytes;
    const what = `${path} does not name ${name} among the model's files.`;
    throw new CoreError("corrupt", { what, fix: "Train the model again." });
  };
  const topologyPath = folder.nameOf(MODEL_FILES.topology);
  const specs = weightSpecs(parseJson(content(MODEL_FILES.topology), topologyPath), topologyPath);
  const ofTrunk = trunkTensors(manifest);
  const ofHead = headTensors(manifest);
  checkSpecs(specs, [...ofTrunk, ...ofHead], topologyPath);
  const tensors = viewTensors(content(MODEL_FILES.weights), specs, folder.nameOf(MODEL_FILES.weights));
  const pick = (wanted: readonly TensorSpec[]): ReadonlyMap<string, WeightTensor> =>
    new Map(
      wanted.flatMap(({ name }) => {
        const tensor = tensors.get(name);
        return tensor ? [[name, tensor] as const] : [];
      }),
    );
  const { likeness } = manifest;
  return {
    manifest,
    ...(likeness ? { directions: directionsOf(content(MODEL_FILES.likeness), manifest, path) } : {}),
    weights: { ...manifest.weights, tensors: pick(ofTrunk) },
    head: new Map([...pick(ofHead)].map(([name, { data }]) => [name, data])),
  };
}
