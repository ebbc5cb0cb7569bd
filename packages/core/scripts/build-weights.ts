/**
 * Writes assets/weights: nsfwjs's InceptionV3 without its own head, a byte for each number as the npm package stores
 * it, in the order of the trunk's table.
 */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { crc32 } from "node:zlib";
import { numElements } from "../src/graph/graph.ts";
import { TRUNK_TENSORS } from "../src/trunk/tensors.ts";
import type { WeightTensor } from "../src/trunk/types.ts";
import { type BundledManifest, dequantise } from "../src/weights/bundled.ts";
import { BUNDLED_FILES } from "../src/weights/bundled-node.ts";
import { hashWeights } from "../src/weights/weights-hash.ts";
import { isUpToDate } from "./is-up-to-date.ts";
import { nsfwjsFiles, readNsfwjsModel } from "./nsfwjs-model.ts";

const SOURCES = [
  "./build-weights.ts",
  "./nsfwjs-model.ts",
  "../src/trunk/table.ts",
  "../src/weights/bundled.ts",
];

/** A reader never sees half a file. */
function place(path: string, content: string | Uint8Array): void {
  writeFileSync(`${path}.new`, content);
  renameSync(`${path}.new`, path);
}

/** @returns what was done, for the build's log. */
export async function buildWeights(): Promise<string> {
  const { data: dataFile, manifest: manifestFile, licence: licenceFile } = BUNDLED_FILES;
  const sources = SOURCES.map((path) => fileURLToPath(new URL(path, import.meta.url)));
  if (isUpToDate([dataFile, manifestFile, licenceFile], [...nsfwjsFiles(), ...sources])) {
    return "weights are up to date";
  }
  const { version, licence, model, shards } = readNsfwjsModel();
  const bytes = Buffer.concat(shards);
  const found = new Map<
    string,
    { scale: number; min: number; shape: readonly number[]; bytes: Uint8Array }
  >();
  let offset = 0;
  for (const { name, shape, quantization } of model.weightsManifest.flatMap(({ weights }) => weights)) {
    const end = offset + numElements(shape);
    found.set(name, { ...quantization, shape, bytes: bytes.subarray(offset, end) });
    offset = end;
  }
  if (offset !== bytes.length)
    throw new Error(`nsfwjs's shards hold ${bytes.length} bytes, its manifest ${offset}`);

  const tensors = new Map<string, WeightTensor>();
  const entries: BundledManifest["tensors"] = [];
  const pieces: Uint8Array[] = [];
  for (const { name, shape } of TRUNK_TENSORS) {
    const tensor = found.get(name);
    if (tensor?.shape.join() !== shape.join()) throw new Error(`nsfwjs has no tensor ${name} [${shape}]`);
    const { scale, min } = tensor;
    entries.push({ name, scale, min });
    pieces.push(tensor.bytes);
    tensors.set(name, { shape, data: dequantise(tensor.bytes, scale, min) });
  }
  const data = Buffer.concat(pieces);
  const manifest: BundledManifest = {
    formatVersion: 1,
    origin: `npm nsfwjs@${version}`,
    bytes: data.length,
    crc32: crc32(data),
    sha256: await hashWeights(tensors),
    tensors: entries,
  };
  mkdirSync(BUNDLED_FILES.folder, { recursive: true });
  place(licenceFile, licence);
  place(dataFile, data);
  place(manifestFile, `${JSON.stringify(manifest)}\n`);
  return `weights: ${(data.length / 1e6).toFixed(1)} MB from ${manifest.origin}`;
}
